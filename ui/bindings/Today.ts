import type { TodayItem } from "./TodayItem";

export type Today = {
  on_you: Array<TodayItem>;
  they_owe_you: Array<TodayItem>;
  later: Array<TodayItem>;
};
