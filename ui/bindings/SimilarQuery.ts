export type SimilarQuery = {
  program: string;
  customer: string;
  domain: string;
};
