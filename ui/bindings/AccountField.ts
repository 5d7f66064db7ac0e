export type AccountField = "name" | "domain" | "country" | "industry" | "owner";
