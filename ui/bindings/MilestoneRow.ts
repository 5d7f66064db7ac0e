import type { Court } from "./Court";
import type { OwnerSideName } from "./OwnerSideName";
import type { Person } from "./Person";
import type { SyncMark } from "./SyncMark";

export type MilestoneRow = {
  id: string;
  title: string;
  owner: Court;
  owner_side: OwnerSideName;
  owner_person: Person | null;
  due: string | null;
  days_left: number | null;
  done_condition: string;
  done_at: number | null;
  done_by: Person | null;
  mark: SyncMark;
};
