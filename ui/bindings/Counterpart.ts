export type Counterpart = {
  id: string;
  name: string;
};
