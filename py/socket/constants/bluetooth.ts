/**
 * Bluetooth: protocols of an `AF_BLUETOOTH` socket, its third argument; its
 * addresses; and the options at the level `SOL_HCI`.
 *
 * CPython has them where it was built with BlueZ's headers.
 *
 * @module
 */

/** Protocol: packets over a logical link. */
export const BTPROTO_L2CAP = 0;
/** Protocol: commands and events of the controller. */
export const BTPROTO_HCI = 1;
/** Protocol: sound, at a constant rate. */
export const BTPROTO_SCO = 2;
/** Protocol: a stream like a serial line's. */
export const BTPROTO_RFCOMM = 3;

/** Any address, or any adapter to bind to. */
export const BDADDR_ANY = "00:00:00:00:00:00";
/** This host's own adapter. */
export const BDADDR_LOCAL = "00:00:00:FF:FF:FF";

/** Sockets of the controller: the level of the `HCI_*` options. */
export const SOL_HCI = 0;
/** Receive each packet's direction as ancillary data: 0 or 1. */
export const HCI_DATA_DIR = 1;
/** Which packets and events to receive: a `struct hci_filter`. */
export const HCI_FILTER = 2;
/** Receive each packet's time as ancillary data: 0 or 1. */
export const HCI_TIME_STAMP = 3;
