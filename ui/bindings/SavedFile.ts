export type SavedFile = {
  path: string;
  size: number;
};
