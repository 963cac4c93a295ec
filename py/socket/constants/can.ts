/**
 * The controller area network: protocols of an `AF_CAN` socket, its third
 * argument; bits of an identifier; the options of raw sockets, at the level
 * `SOL_CAN_RAW`; and the broadcast manager's messages.
 *
 * @module
 */

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
