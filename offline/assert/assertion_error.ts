/** An assertion does not hold. */
export class AssertionError extends Error {
  /** @param message What was expected. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The error that says "Statement." or "Statement: why it matters". */
export function failure(statement: string, msg?: string): AssertionError {
  return new AssertionError(msg ? `${statement}: ${msg}` : `${statement}.`);
}
