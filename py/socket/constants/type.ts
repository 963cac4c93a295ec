/**
 * Socket types: the second argument of `socket()`.
 *
 * @module
 */

/** A two-way stream of bytes over a connection, reliable and in order. */
export const SOCK_STREAM = 1;
/** Datagrams: each one whole, but it may be lost or overtaken. */
export const SOCK_DGRAM = 2;
/** Packets below the transport layer, headers and all; privileged. */
export const SOCK_RAW = 3;
/** Reliable datagrams that may come out of order. */
export const SOCK_RDM = 4;
/** Whole messages over a connection, reliable and in order. */
export const SOCK_SEQPACKET = 5;
/** Or-ed into the type: the new descriptor does not block. */
export const SOCK_NONBLOCK = 2048;
/** Or-ed into the type: the new descriptor is closed across exec. */
export const SOCK_CLOEXEC = 524288;
