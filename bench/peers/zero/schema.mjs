// What Zero knows of the table of bench/peers/zero/zero.mjs, for its server and its clients.
import { ANYONE_CAN_DO_ANYTHING, createSchema, definePermissions, number, string, table } from '@rocicorp/zero';

export const schema = createSchema({
  tables: [table('message').columns({ id: string(), room: string(), body: string(), at: number() }).primaryKey('id')],
});
export const permissions = definePermissions(schema, () => ({ message: ANYONE_CAN_DO_ANYTHING }));
