export type RoomRead = {
  program: string;
  deal: string;
  position: number;
};
