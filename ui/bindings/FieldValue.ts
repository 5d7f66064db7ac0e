import type { Money } from "./Money";
import type { OwnerSideName } from "./OwnerSideName";
import type { Person } from "./Person";
import type { StageName } from "./StageName";
export type FieldValue = { "kind": "text", text: string, } | { "kind": "money", money: Money, } | { "kind": "day", day: string | null, } | { "kind": "stage", stage: StageName, } | { "kind": "owner", side: OwnerSideName, person: Person | null, };
