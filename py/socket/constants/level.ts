/**
 * Levels: whose option `getsockopt()` and `setsockopt()` mean, and whose
 * ancillary message it is.
 *
 * @module
 */

/** The socket itself, whatever its protocol: the `SO_*` options. */
export const SOL_SOCKET = 1;
/** IPv4: the `IP_*` options. */
export const SOL_IP = 0;
/** TCP: the `TCP_*` options. */
export const SOL_TCP = 6;
/** UDP. */
export const SOL_UDP = 17;
/** The CAN protocols: a protocol's own level is this plus its number. */
export const SOL_CAN_BASE = 100;
/** Raw CAN sockets: the `CAN_RAW_*` options. */
export const SOL_CAN_RAW = 101;
/** TIPC: the `TIPC_*` options. */
export const SOL_TIPC = 271;
/** Reliable datagram sockets. */
export const SOL_RDS = 276;
/** The kernel's ciphers and hashes: the `ALG_SET_*` options. */
export const SOL_ALG = 279;
