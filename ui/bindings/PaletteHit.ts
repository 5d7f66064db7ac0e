import type { PaletteKind } from "./PaletteKind";

export type PaletteHit = {
  kind: PaletteKind;
  program: string;
  id: string;
  title: string;
  detail: string;
};
