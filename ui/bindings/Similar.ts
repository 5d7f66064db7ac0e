import type { RegistrationStatus } from "./RegistrationStatus";

export type Similar = {
  deal: string | null;
  title: string;
  customer: string;
  domain: string;
  country: string;
  status: RegistrationStatus | null;
  reason: string;
};
