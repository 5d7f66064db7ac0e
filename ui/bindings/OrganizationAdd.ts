export type OrganizationAdd = {
  program: string;
  name: string;
};
