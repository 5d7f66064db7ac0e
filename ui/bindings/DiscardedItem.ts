export type DiscardedItem = { id: string, title: string, at: number, parked: number, };
