export type OverwrittenKeep = { program: string, id: string, mine: boolean, };
