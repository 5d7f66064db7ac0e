export type RowError = {
  row: number;
  message: string;
  value: string;
};
