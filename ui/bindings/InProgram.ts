export type InProgram = {
  program: string;
};
