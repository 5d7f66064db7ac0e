export type TodayKind = "decision" | "reply" | "milestone" | "draft" | "rejected";
