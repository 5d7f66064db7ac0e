import type { Money } from "./Money";

export type DealForm = {
  program: string;
  deal: string | null;
  customer: string;
  domain: string;
  title: string;
  amount: Money;
  close_date: string;
  country: string;
  product: string;
  region: string;
  need: string;
  submit: boolean;
};
