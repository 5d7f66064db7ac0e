import type { Lens } from "./Lens";

export type Through = {
  lens: Lens;
};
