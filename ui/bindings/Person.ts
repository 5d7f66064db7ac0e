import type { Court } from "./Court";

export type Person = {
  id: string;
  name: string;
  organization: string;
  organization_name: string;
  side: Court;
};
