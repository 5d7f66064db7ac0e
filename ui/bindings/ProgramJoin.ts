export type ProgramJoin = {
  link: string;
  your_name: string;
  device_name: string;
  program_name: string;
  company_name: string;
};
