export type StageName = "prospect" | "qualified" | "technical_validation" | "business_validation" | "committed" | "launched" | "closed_lost";
