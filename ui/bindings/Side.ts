export type Side = "vendor" | "partner";
