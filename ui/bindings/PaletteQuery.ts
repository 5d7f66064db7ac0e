import type { Lens } from "./Lens";

export type PaletteQuery = {
  text: string;
  lens: Lens;
};
