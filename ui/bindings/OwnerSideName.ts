export type OwnerSideName = "vendor" | "partner" | "customer";
