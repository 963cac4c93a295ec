/**
 * What `shutdown()` ends.
 *
 * @module
 */

/** Receiving. */
export const SHUT_RD = 0;
/** Sending: the peer reads what is queued, then the end of the stream. */
export const SHUT_WR = 1;
/** Both receiving and sending. */
export const SHUT_RDWR = 2;
