export type MessageSend = {
  program: string;
  deal: string;
  body: string;
  reply_to: string | null;
};
