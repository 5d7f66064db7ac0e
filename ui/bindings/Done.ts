export type Done = {
  id: string | null;
  undo: string | null;
};
