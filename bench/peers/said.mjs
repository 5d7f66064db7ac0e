// What the scripts of the peers have in common.

/** The text of a message or a document. */
export const text = (n) => `${n} the port wants a pilot before summer and their board meets in two weeks, we should send our numbers first`;

/** Prints what was measured. A pipe takes 64 KiB at a time: whoever ends waits for the rest. */
export const say = (value) => new Promise((said) => process.stdout.write(`${JSON.stringify(value)}\n`, said));
