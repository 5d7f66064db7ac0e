export type Court = "us" | "them" | "customer" | "nobody";
