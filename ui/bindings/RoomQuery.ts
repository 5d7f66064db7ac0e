export type RoomQuery = {
  program: string;
  deal: string;
  before: number | null;
  limit: number;
};
