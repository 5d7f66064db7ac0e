import type { AccountField } from "./AccountField";

export type ColumnMapping = {
  column: number;
  field: AccountField | null;
};
