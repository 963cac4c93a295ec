/**
 * Options of every socket, at the level `SOL_SOCKET`, and `listen()`'s limit.
 *
 * An option is an integer, 0 for off and 1 for on, unless its line says more.
 *
 * @module
 */

/** Record debugging information; needs CAP_NET_ADMIN. */
export const SO_DEBUG = 1;
/** Bind to an address that is in use, unless a socket listens there. */
export const SO_REUSEADDR = 2;
/** The socket's type, a `SOCK_*` number. Read only. */
export const SO_TYPE = 3;
/** The pending error, an errno, which reading clears. Read only. */
export const SO_ERROR = 4;
/** Send to directly connected hosts only, past any gateway. */
export const SO_DONTROUTE = 5;
/** Allow datagrams to a broadcast address. */
export const SO_BROADCAST = 6;
/** Send buffer in bytes; the kernel doubles what is set. */
export const SO_SNDBUF = 7;
/** Receive buffer in bytes; the kernel doubles what is set. */
export const SO_RCVBUF = 8;
/** Probe an idle connection, to notice a peer that is gone. */
export const SO_KEEPALIVE = 9;
/** Leave urgent data in the stream, without MSG_OOB. */
export const SO_OOBINLINE = 10;
/** Priority of what is sent, 0 to 6; others need CAP_NET_ADMIN. */
export const SO_PRIORITY = 12;
/** Whether and how long, in seconds, close waits: a `struct linger`. */
export const SO_LINGER = 13;
/** Share the address with other sockets of this user, and its load. */
export const SO_REUSEPORT = 15;
/** Receive the sender's process, user and group with SCM_CREDENTIALS. */
export const SO_PASSCRED = 16;
/** Process, user and group of the local peer: a `struct ucred`. Read only. */
export const SO_PEERCRED = 17;
/** Least number of bytes that makes a receive return. */
export const SO_RCVLOWAT = 18;
/** Least number of bytes to send at once: always 1. Read only. */
export const SO_SNDLOWAT = 19;
/** How long a receive may block: a `struct timeval`; 0: for ever. */
export const SO_RCVTIMEO = 20;
/** How long a send may block: a `struct timeval`; 0: for ever. */
export const SO_SNDTIMEO = 21;
/** Name of the one network device to use; empty: any. */
export const SO_BINDTODEVICE = 25;
/** 1 for a socket that listens, else 0. Read only. */
export const SO_ACCEPTCONN = 30;
/** Security context of the peer, a string. Read only. */
export const SO_PEERSEC = 31;
/** Receive the sender's security context as ancillary data. */
export const SO_PASSSEC = 34;
/** Mark of each packet sent, for routing and filters; CAP_NET_ADMIN. */
export const SO_MARK = 36;
/** The socket's protocol, such as `IPPROTO_TCP`. Read only. */
export const SO_PROTOCOL = 38;
/** The socket's address family, an `AF_*` number. Read only. */
export const SO_DOMAIN = 39;
/** The CPU that handles this socket's packets, or should. */
export const SO_INCOMING_CPU = 49;
/** Index of the one network device to use; 0: any. */
export const SO_BINDTOIFINDEX = 62;

/** Default of net.core.somaxconn, which caps listen's backlog. */
export const SOMAXCONN = 4096;
