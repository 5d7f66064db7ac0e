export type Lens = {
  program: string | null;
  counterpart: string | null;
};
