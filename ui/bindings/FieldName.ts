export type FieldName = "title" | "amount" | "close_date" | "stage" | "need" | "customer" | "product" | "region" | "owner" | "due" | "done_condition";
