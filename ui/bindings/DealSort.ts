export type DealSort = "activity" | "close_date" | "amount" | "title";
