export type InvitationKind = "found" | "member" | "device";
