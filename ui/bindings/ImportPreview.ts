import type { ColumnMapping } from "./ColumnMapping";
import type { RowError } from "./RowError";

export type ImportPreview = {
  format: string;
  sheets: Array<string>;
  headers: Array<string>;
  mapping: Array<ColumnMapping>;
  sample: Array<Array<string>>;
  rows: number;
  good: number;
  duplicates: number;
  errors: Array<RowError>;
  bad: number;
  blocked: string | null;
  notes: Array<string>;
};
