export type RegistrationStatus = "draft" | "submitted" | "in_review" | "approved" | "rejected" | "duplicate" | "withdrawn";
