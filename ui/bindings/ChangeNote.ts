import type { Tag } from "./Tag";

export type ChangeNote = {
  tags: Array<Tag>;
  ids: Array<string>;
};
