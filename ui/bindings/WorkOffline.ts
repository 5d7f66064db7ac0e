export type WorkOffline = {
  on: boolean;
};
