export type ImportOf = {
  job: string;
};
