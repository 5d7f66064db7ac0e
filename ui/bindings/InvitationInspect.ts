export type InvitationInspect = {
  link: string;
};
