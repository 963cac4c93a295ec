/**
 * Flags of one send or receive, and kinds of ancillary message.
 *
 * @module
 */

/** Send or receive urgent (out-of-band) data. */
export const MSG_OOB = 0x1;
/** Receive without taking the data off the queue. */
export const MSG_PEEK = 0x2;
/** Send to directly connected hosts only, past any gateway. */
export const MSG_DONTROUTE = 0x4;
/** Result: ancillary data was cut off, its buffer was too small. */
export const MSG_CTRUNC = 0x8;
/** Result: the datagram was cut off. As a flag: return its full length. */
export const MSG_TRUNC = 0x20;
/** This one call does not block: EAGAIN instead. */
export const MSG_DONTWAIT = 0x40;
/** The end of a record, where the socket type has records. */
export const MSG_EOR = 0x80;
/** Block until all that was asked for has come. */
export const MSG_WAITALL = 0x100;
/** The neighbour answered: its ARP entry need not be probed again. */
export const MSG_CONFIRM = 0x800;
/** Receive a queued error, with the packet that caused it. */
export const MSG_ERRQUEUE = 0x2000;
/** Raise no SIGPIPE when the peer is gone, only EPIPE. */
export const MSG_NOSIGNAL = 0x4000;
/** More follows: hold back a partial segment or datagram. */
export const MSG_MORE = 0x8000;
/** Connect and send in one step, the data in the SYN. */
export const MSG_FASTOPEN = 0x20000000;
/** Received descriptors are closed across exec. */
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** Ancillary message: open file descriptors, an array of `int`. */
export const SCM_RIGHTS = 1;
/** Ancillary message: the sender's pid, uid and gid, a `struct ucred`. */
export const SCM_CREDENTIALS = 2;
