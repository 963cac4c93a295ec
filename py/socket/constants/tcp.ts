/**
 * TCP: the options at the level `IPPROTO_TCP`.
 *
 * An option is an integer, 0 for off and 1 for on, unless its line says more.
 *
 * @module
 */

/** Send small segments at once, without Nagle's delay. */
export const TCP_NODELAY = 1;
/** Largest segment to send, in bytes. */
export const TCP_MAXSEG = 2;
/** Hold back partial segments until it is off, for 200 ms at most. */
export const TCP_CORK = 3;
/** Seconds of idleness before the first keep-alive probe. */
export const TCP_KEEPIDLE = 4;
/** Seconds between keep-alive probes. */
export const TCP_KEEPINTVL = 5;
/** Unanswered keep-alive probes before the connection is dropped. */
export const TCP_KEEPCNT = 6;
/** How often the SYN is sent again before connect gives up. */
export const TCP_SYNCNT = 7;
/** Seconds that a closed connection stays in FIN_WAIT2. */
export const TCP_LINGER2 = 8;
/** Listener: seconds to wait for data before accept sees a newcomer. */
export const TCP_DEFER_ACCEPT = 9;
/** Upper bound of the advertised window, in bytes. */
export const TCP_WINDOW_CLAMP = 10;
/** State and figures of the connection: a `struct tcp_info`. Read only. */
export const TCP_INFO = 11;
/** Acknowledge at once; the kernel may turn it off again by itself. */
export const TCP_QUICKACK = 12;
/** Name of the congestion control algorithm, a string. */
export const TCP_CONGESTION = 13;
/** Key of MD5 signatures (RFC 2385) for a peer: a `struct tcp_md5sig`. */
export const TCP_MD5SIG = 14;
/** A thin stream's retransmissions do not back off exponentially. */
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
/** A thin stream resends after one duplicate ACK; unused since 4.11. */
export const TCP_THIN_DUPACK = 17;
/** Milliseconds sent data may go unacknowledged; 0: as the system. */
export const TCP_USER_TIMEOUT = 18;
/** Repair mode, to save and restore a connection; CAP_NET_ADMIN. */
export const TCP_REPAIR = 19;
/** Repair mode: the queue meant, 0 none, 1 receive, 2 send. */
export const TCP_REPAIR_QUEUE = 20;
/** Repair mode: the queue's next sequence number. */
export const TCP_QUEUE_SEQ = 21;
/** Repair mode: negotiated options, each a `struct tcp_repair_opt`. */
export const TCP_REPAIR_OPTIONS = 22;
/** Listener takes data in SYNs: how many such connections may pend. */
export const TCP_FASTOPEN = 23;
/** Clock of its timestamps, in milliseconds; set in repair mode. */
export const TCP_TIMESTAMP = 24;
/** Unsent bytes from which on the socket is no longer writable. */
export const TCP_NOTSENT_LOWAT = 25;
/** Figures of the congestion control: a `union tcp_cc_info`. Read only. */
export const TCP_CC_INFO = 26;
/** Listener keeps the headers of each SYN for TCP_SAVED_SYN. */
export const TCP_SAVE_SYN = 27;
/** Headers of the connection's SYN, as bytes, once. Read only. */
export const TCP_SAVED_SYN = 28;
/** Repair mode: the windows: a `struct tcp_repair_window`. */
export const TCP_REPAIR_WINDOW = 29;
/** Connect defers its SYN to the first write, which it then carries. */
export const TCP_FASTOPEN_CONNECT = 30;
/** Name of an upper layer protocol to attach, such as "tls". */
export const TCP_ULP = 31;
/** As TCP_MD5SIG, for all peers of a prefix or a device. */
export const TCP_MD5SIG_EXT = 32;
/** Key of Fast Open cookies: 16 bytes, or 32 with a backup. */
export const TCP_FASTOPEN_KEY = 33;
/** Fast Open without cookies. */
export const TCP_FASTOPEN_NO_COOKIE = 34;
/** Map received pages into memory: a `struct tcp_zerocopy_receive`. */
export const TCP_ZEROCOPY_RECEIVE = 35;
/** Receive, with the data, how many bytes are still queued. */
export const TCP_INQ = 36;
/** Delay of each packet sent, in microseconds. */
export const TCP_TX_DELAY = 37;
