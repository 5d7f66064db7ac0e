import type { Lens } from "./Lens";

export type AccountQuery = {
  lens: Lens;
  text: string;
  offset: number;
  limit: number;
};
