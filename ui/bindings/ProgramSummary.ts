import type { Connection } from "./Connection";
import type { Counterpart } from "./Counterpart";
import type { Person } from "./Person";
import type { RoleName } from "./RoleName";
import type { Side } from "./Side";

export type ProgramSummary = {
  id: string;
  name: string;
  vendor_name: string;
  me: Person;
  side: Side;
  role: RoleName;
  counterparts: Array<Counterpart>;
  connection: Connection;
};
