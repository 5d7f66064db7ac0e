import type { Person } from "./Person";
import type { TodayKind } from "./TodayKind";

export type TodayItem = {
  key: string;
  kind: TodayKind;
  program: string;
  deal: string;
  title: string;
  subject: string;
  why: string;
  due: string | null;
  days_left: number | null;
  person: Person | null;
  milestone: string | null;
};
