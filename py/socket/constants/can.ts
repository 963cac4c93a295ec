/**
 * The controller area network, and SAE J1939 on top of it.
 *
 * @module
 */

// The controller area network: protocols of an `AF_CAN` socket, its third
// argument; bits of an identifier; the options of raw sockets, at the level
// `SOL_CAN_RAW`; and the broadcast manager's messages.

/** Protocol: single frames, as they are. */
export const CAN_RAW = 1;
/** Protocol: the broadcast manager sends and filters frames by itself. */
export const CAN_BCM = 2;
/** Protocol: ISO 15765-2, messages of many frames between two nodes. */
export const CAN_ISOTP = 6;
/** Protocol: SAE J1939, of trucks and tractors. */
export const CAN_J1939 = 7;

/** Identifier bit: an extended frame, of 29 bits. */
export const CAN_EFF_FLAG = 0x80000000;
/** Identifier bit: a request that another node send this frame. */
export const CAN_RTR_FLAG = 0x40000000;
/** Identifier bit: the frame tells of an error. */
export const CAN_ERR_FLAG = 0x20000000;
/** Bits of a standard frame's identifier, 11. */
export const CAN_SFF_MASK = 0x000007ff;
/** Bits of an extended frame's identifier, 29. */
export const CAN_EFF_MASK = 0x1fffffff;
/** Bits of an error frame that tell the kind of error. */
export const CAN_ERR_MASK = 0x1fffffff;

/** Which frames to receive: an array of `struct can_filter`. */
export const CAN_RAW_FILTER = 1;
/** Which errors to receive: a mask. */
export const CAN_RAW_ERR_FILTER = 2;
/** Other sockets of this host see what is sent: 1, unless set to 0. */
export const CAN_RAW_LOOPBACK = 3;
/** The socket receives what it sent: 0, unless set to 1. */
export const CAN_RAW_RECV_OWN_MSGS = 4;
/** Allow CAN FD frames, of up to 64 bytes: 0, unless set to 1. */
export const CAN_RAW_FD_FRAMES = 5;
/** A frame must pass all filters, not just one: 0, unless set to 1. */
export const CAN_RAW_JOIN_FILTERS = 6;

/** To the broadcast manager: send frames in a cycle. */
export const CAN_BCM_TX_SETUP = 1;
/** To the broadcast manager: end a cycle. */
export const CAN_BCM_TX_DELETE = 2;
/** To the broadcast manager: ask how a cycle is set up. */
export const CAN_BCM_TX_READ = 3;
/** To the broadcast manager: send one frame. */
export const CAN_BCM_TX_SEND = 4;
/** To the broadcast manager: receive frames by their content. */
export const CAN_BCM_RX_SETUP = 5;
/** To the broadcast manager: end such a reception. */
export const CAN_BCM_RX_DELETE = 6;
/** To the broadcast manager: ask how a reception is set up. */
export const CAN_BCM_RX_READ = 7;
/** From the broadcast manager: the answer to CAN_BCM_TX_READ. */
export const CAN_BCM_TX_STATUS = 8;
/** From the broadcast manager: all frames of a cycle are sent. */
export const CAN_BCM_TX_EXPIRED = 9;
/** From the broadcast manager: the answer to CAN_BCM_RX_READ. */
export const CAN_BCM_RX_STATUS = 10;
/** From the broadcast manager: an expected frame did not come. */
export const CAN_BCM_RX_TIMEOUT = 11;
/** From the broadcast manager: a frame came whose content is new. */
export const CAN_BCM_RX_CHANGED = 12;

/** Flag: take over the intervals and the count of this message. */
export const CAN_BCM_SETTIMER = 0x0001;
/** Flag: start the timer now. */
export const CAN_BCM_STARTTIMER = 0x0002;
/** Flag: report CAN_BCM_TX_EXPIRED when the count is used up. */
export const CAN_BCM_TX_COUNTEVT = 0x0004;
/** Flag: send changed content at once, not in the next cycle. */
export const CAN_BCM_TX_ANNOUNCE = 0x0008;
/** Flag: put this message's identifier into each of its frames. */
export const CAN_BCM_TX_CP_CAN_ID = 0x0010;
/** Flag: receive by identifier alone, whatever the content. */
export const CAN_BCM_RX_FILTER_ID = 0x0020;
/** Flag: a changed length of the data is a change, too. */
export const CAN_BCM_RX_CHECK_DLC = 0x0040;
/** Flag: do not start the time-out when a frame comes. */
export const CAN_BCM_RX_NO_AUTOTIMER = 0x0080;
/** Flag: report the first frame after a time-out, changed or not. */
export const CAN_BCM_RX_ANNOUNCE_RESUME = 0x0100;
/** Flag: begin the cycle with its first frame again. */
export const CAN_BCM_TX_RESET_MULTI_IDX = 0x0200;
/** Flag: answer a request for the frame with the frame given. */
export const CAN_BCM_RX_RTR_FRAME = 0x0400;
/** Flag: the frames of this message are CAN FD frames. */
export const CAN_BCM_CAN_FD_FRAME = 0x0800;

// SAE J1939 on a controller area network.
//
// The options and ancillary messages are at the level
// `SOL_CAN_BASE + CAN_J1939`.

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
