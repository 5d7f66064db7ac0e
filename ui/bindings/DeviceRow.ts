export type DeviceRow = {
  id: string;
  name: string;
  is_this: boolean;
  joined_at: number;
};
