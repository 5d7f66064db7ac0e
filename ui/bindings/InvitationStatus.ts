export type InvitationStatus = "queued" | "open" | "accepted" | "revoked" | "expired";
