/**
 * UDP-Lite: the options at the level `IPPROTO_UDPLITE`.
 *
 * A coverage is a number of bytes from the start of the datagram, whose first 8
 * are its header; 0 stands for the whole datagram.
 *
 * @module
 */

/** Coverage of the checksum of each datagram sent, 0 or 8 to 65535. */
export const UDPLITE_SEND_CSCOV = 10;
/** Least coverage to receive, 0 or 8 to 65535: less is dropped. */
export const UDPLITE_RECV_CSCOV = 11;
