export type RegisterOptions = {
  products: Array<string>;
  regions: Array<string>;
  currency: string;
  protection_days: number;
  decision_days: number;
};
