export type Connection = "online" | "catching_up" | "connecting" | "offline" | "revoked" | "read_only";
