import type { Court } from "./Court";
import type { DealSort } from "./DealSort";
import type { Lens } from "./Lens";
import type { RegistrationStatus } from "./RegistrationStatus";
import type { StageName } from "./StageName";

export type DealQuery = {
  lens: Lens;
  text: string;
  stage: StageName | null;
  court: Court | null;
  status: RegistrationStatus | null;
  include_closed: boolean;
  sort: DealSort;
  offset: number;
  limit: number;
};
