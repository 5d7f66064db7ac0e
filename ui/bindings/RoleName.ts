export type RoleName = "admin" | "seller" | "channel_manager" | "member";
