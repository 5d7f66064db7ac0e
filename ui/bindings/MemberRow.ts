import type { Person } from "./Person";
import type { RoleName } from "./RoleName";

export type MemberRow = {
  person: Person;
  role: RoleName;
  is_me: boolean;
};
