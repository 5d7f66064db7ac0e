import type { ColumnMapping } from "./ColumnMapping";

export type ImportRequest = {
  program: string;
  upload: string;
  sheet: string | null;
  mapping: Array<ColumnMapping> | null;
};
