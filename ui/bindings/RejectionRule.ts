export type RejectionRule = "existing_customer" | "open_opportunity" | "named_account" | "public_tender" | "not_qualified";
