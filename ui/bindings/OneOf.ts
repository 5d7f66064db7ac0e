export type OneOf = {
  program: string;
  id: string;
};
