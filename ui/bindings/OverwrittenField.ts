import type { FieldName } from "./FieldName";
import type { FieldSide } from "./FieldSide";
export type OverwrittenField = { id: string, deal: string, deal_title: string, milestone: string | null, milestone_title: string | null, field: FieldName, mine: FieldSide, theirs: FieldSide, mine_stands: boolean, };
