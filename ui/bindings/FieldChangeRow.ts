import type { FieldName } from "./FieldName";
import type { FieldValue } from "./FieldValue";
import type { Person } from "./Person";
export type FieldChangeRow = { id: string, field: FieldName, milestone: string | null, milestone_title: string | null, by: Person, at: number, was: FieldValue, now: FieldValue, unseen: boolean, restorable: boolean, };
