export type DealMay = {
  submit: boolean;
  edit: boolean;
  start_review: boolean;
  decide: boolean;
  withdraw: boolean;
  talk: boolean;
  plan: boolean;
};
