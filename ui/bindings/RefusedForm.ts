import type { Money } from "./Money";
import type { StageName } from "./StageName";
export type RefusedForm = { "kind": "registration" } | { "kind": "message", body: string, } | { "kind": "milestone", title: string | null, due: string | null, done_condition: string | null, } | { "kind": "deal", title: string | null, amount: Money | null, close_date: string | null, stage: StageName | null, need: string | null, };
