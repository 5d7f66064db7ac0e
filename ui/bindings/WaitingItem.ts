export type WaitingItem = {
  id: string;
  title: string;
  at: number;
  sent: boolean;
  deal: string | null;
};
