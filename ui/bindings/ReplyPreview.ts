export type ReplyPreview = {
  id: string;
  author: string;
  text: string;
};
