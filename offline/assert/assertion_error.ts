/** An assertion does not hold. */
export class AssertionError extends Error {
  /** @param message The failed expectation. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Makes the error "Statement." or "Statement: msg". */
export function failure(statement: string, msg?: string): AssertionError {
  return new AssertionError(msg ? `${statement}: ${msg}` : `${statement}.`);
}
