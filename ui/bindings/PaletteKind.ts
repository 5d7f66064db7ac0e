export type PaletteKind = "deal" | "account" | "person" | "organization";
