/** Calls by the public name of the function, method or getter that each makes. */
export type Calls = Readonly<Record<string, () => unknown>>;
