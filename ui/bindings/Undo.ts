export type Undo = {
  token: string;
};
