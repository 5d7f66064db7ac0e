export type Uploaded = {
  upload: string;
  name: string;
  size: number;
};
