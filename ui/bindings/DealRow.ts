import type { Court } from "./Court";
import type { Money } from "./Money";
import type { RegistrationStatus } from "./RegistrationStatus";
import type { StageName } from "./StageName";
import type { SyncMark } from "./SyncMark";

export type DealRow = {
  program: string;
  id: string;
  number: number | null;
  title: string;
  customer: string;
  counterpart: string;
  amount: Money;
  stage: StageName;
  status: RegistrationStatus;
  court: Court;
  court_reason: string;
  close_date: string;
  activity_at: number;
  unread: number;
  mark: SyncMark;
};
