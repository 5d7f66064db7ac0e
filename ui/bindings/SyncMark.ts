export type SyncMark = "synced" | "queued" | "sending" | "awaiting_decision" | "needs_you";
