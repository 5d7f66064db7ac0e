import type { FieldValue } from "./FieldValue";
import type { Person } from "./Person";
export type FieldSide = { person: Person, at: number | null, value: FieldValue, };
