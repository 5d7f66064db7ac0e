import type { Person } from "./Person";
import type { ReplyPreview } from "./ReplyPreview";
import type { SyncMark } from "./SyncMark";

export type MessageRow = {
  id: string;
  author: Person;
  mine: boolean;
  body: string;
  reply_to: ReplyPreview | null;
  position: number | null;
  at: number;
  mark: SyncMark;
};
