import type { RefusedForm } from "./RefusedForm";
export type RefusalResend = { program: string, id: string, form: RefusedForm, };
