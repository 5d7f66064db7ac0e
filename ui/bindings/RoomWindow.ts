import type { MessageRow } from "./MessageRow";

export type RoomWindow = {
  messages: Array<MessageRow>;
  has_older: boolean;
  unread_from: number | null;
};
