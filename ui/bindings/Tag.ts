export type Tag = "app" | "people" | "accounts" | "deals" | "messages" | "plans" | "sync" | "imports";
