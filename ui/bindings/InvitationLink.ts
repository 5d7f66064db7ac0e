export type InvitationLink = {
  id: string;
  link: string;
  expires_at: number;
};
