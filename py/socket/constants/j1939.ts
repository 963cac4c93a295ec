/**
 * SAE J1939 on a controller area network.
 *
 * The options and ancillary messages are at the level
 * `SOL_CAN_BASE + CAN_J1939`.
 *
 * @module
 */

/** The last address that a single node can have. */
export const J1939_MAX_UNICAST_ADDR = 0xfd;
/** Address of a node that has none yet. */
export const J1939_IDLE_ADDR = 0xfe;
/** No address: every node, as a destination. */
export const J1939_NO_ADDR = 0xff;
/** No name: the node is known by its address. */
export const J1939_NO_NAME = 0;

/** Parameter group: asks for another parameter group. */
export const J1939_PGN_REQUEST = 0x0ea00;
/** Parameter group: a node claims an address. */
export const J1939_PGN_ADDRESS_CLAIMED = 0x0ee00;
/** Parameter group: a node is told which address to take. */
export const J1939_PGN_ADDRESS_COMMANDED = 0x0fed8;
/** The last parameter group that has a destination address. */
export const J1939_PGN_PDU1_MAX = 0x3ff00;
/** The last parameter group. */
export const J1939_PGN_MAX = 0x3ffff;
/** No parameter group: any, as a source. */
export const J1939_NO_PGN = 0x40000;

/** Option: which messages to receive: `struct j1939_filter` each. */
export const SO_J1939_FILTER = 1;
/** Option: receive what is meant for other nodes, too: 0 or 1. */
export const SO_J1939_PROMISC = 2;
/** Option: priority of what is sent, from 0, the highest, to 7. */
export const SO_J1939_SEND_PRIO = 3;
/** Option: report the progress of what is sent to MSG_ERRQUEUE: 0 or 1. */
export const SO_J1939_ERRQUEUE = 4;
/** How many filters SO_J1939_FILTER takes at most. */
export const J1939_FILTER_MAX = 512;

/** Ancillary: the address a message was sent to, a byte. */
export const SCM_J1939_DEST_ADDR = 1;
/** Ancillary: the name of the node a message was sent to, 8 bytes. */
export const SCM_J1939_DEST_NAME = 2;
/** Ancillary: a message's priority, a byte. */
export const SCM_J1939_PRIO = 3;
/** Ancillary: progress or error of a message that was sent. */
export const SCM_J1939_ERRQUEUE = 4;

/** Attribute of a progress report: padding. */
export const J1939_NLA_PAD = 0;
/** Attribute of a progress report: bytes acknowledged so far. */
export const J1939_NLA_BYTES_ACKED = 1;
/** Report: nothing in particular. */
export const J1939_EE_INFO_NONE = 0;
/** Report: the sending was given up. */
export const J1939_EE_INFO_TX_ABORT = 1;
