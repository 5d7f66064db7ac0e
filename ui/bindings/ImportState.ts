export type ImportState = "running" | "finished" | "cancelled" | "failed";
