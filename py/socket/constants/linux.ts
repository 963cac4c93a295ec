/**
 * Families of Linux beside the internet ones and AF_CAN.
 *
 * @module
 */

// Netlink: what an `AF_NETLINK` socket talks to, its third argument.

/** Routes, links, addresses and neighbours, rtnetlink(7). */
export const NETLINK_ROUTE = 0;
/** Set aside for protocols between programs. */
export const NETLINK_USERSOCK = 2;
/** IPv4 packets from netfilter, by ip_queue; gone since Linux 3.5. */
export const NETLINK_FIREWALL = 3;
/** Packets that netfilter logs, by ULOG; gone since Linux 3.17. */
export const NETLINK_NFLOG = 5;
/** IPsec: its security associations and policies. */
export const NETLINK_XFRM = 6;
/** IPv6 packets from netfilter, by ip6_queue; gone since Linux 3.5. */
export const NETLINK_IP6_FW = 13;
/** Routing messages of DECnet; obsolete. */
export const NETLINK_DNRTMSG = 14;
/** The kernel's ciphers: ask which there are, and configure them. */
export const NETLINK_CRYPTO = 21;

// Link-layer packets: whom a packet that an `AF_PACKET` socket received was
// for, and the Ethernet protocols to ask for, in network byte order, as the
// socket's third argument.

/** To this host. */
export const PACKET_HOST = 0;
/** To every host on the link. */
export const PACKET_BROADCAST = 1;
/** To a multicast address of the link. */
export const PACKET_MULTICAST = 2;
/** To another host: heard in promiscuous mode. */
export const PACKET_OTHERHOST = 3;
/** From this host: a copy of what it sent. */
export const PACKET_OUTGOING = 4;
/** Looped back inside the kernel; programs never see it. */
export const PACKET_LOOPBACK = 5;
/** Routed on a fast path inside the kernel; programs never see it. */
export const PACKET_FASTROUTE = 6;

/** Every protocol. */
export const ETH_P_ALL = 0x0003;
/** IPv4. */
export const ETHERTYPE_IP = 0x0800;
/** Address resolution: which link address has an IPv4 address. */
export const ETHERTYPE_ARP = 0x0806;
/** A frame with an IEEE 802.1Q tag: it belongs to a virtual LAN. */
export const ETHERTYPE_VLAN = 0x8100;
/** IPv6. */
export const ETHERTYPE_IPV6 = 0x86dd;

// Sockets between a virtual machine and its host, vsock(7).
//
// The options are at the level `AF_VSOCK`.

/** Buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_SIZE = 0;
/** Least buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE = 1;
/** Largest buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE = 2;

/** Context to bind to: any of this machine's. */
export const VMADDR_CID_ANY = 0xffffffff;
/** Context of this machine itself: its loopback. */
export const VMADDR_CID_LOCAL = 1;
/** Context of the host. */
export const VMADDR_CID_HOST = 2;
/** Port to bind to: any free one. */
export const VMADDR_PORT_ANY = 0xffffffff;
/** What the driver gives as its version when it has none. */
export const VM_SOCKETS_INVALID_VERSION = 0xffffffff;

/** Request of ioctl(2) on /dev/vsock: this machine's context. */
export const IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x07b9;

// TIPC, messages between the processes of a cluster: addresses, options at the
// level `SOL_TIPC`, and subscriptions to the topology service.

/** Kind of address: a service type and a range of its instances. */
export const TIPC_ADDR_NAMESEQ = 1;
/** Kind of address: a service type and one instance. */
export const TIPC_ADDR_NAME = 2;
/** Kind of address: one socket, by node and reference. */
export const TIPC_ADDR_ID = 3;

/** Known in the zone; the same as the cluster since Linux 4.17. */
export const TIPC_ZONE_SCOPE = 1;
/** Known in the whole cluster. */
export const TIPC_CLUSTER_SCOPE = 2;
/** Known on this node alone. */
export const TIPC_NODE_SCOPE = 3;

/** Option: importance of messages: the least go first in congestion. */
export const TIPC_IMPORTANCE = 127;
/** Option: messages may be dropped here when the link is congested. */
export const TIPC_SRC_DROPPABLE = 128;
/** Option: what cannot be delivered is dropped, not sent back. */
export const TIPC_DEST_DROPPABLE = 129;
/** Option: milliseconds that connect waits; at first 8000. */
export const TIPC_CONN_TIMEOUT = 130;

/** The importance when none is set. */
export const TIPC_LOW_IMPORTANCE = 0;
/** Dropped after those of low importance. */
export const TIPC_MEDIUM_IMPORTANCE = 1;
/** Dropped after those of medium importance. */
export const TIPC_HIGH_IMPORTANCE = 2;
/** Dropped last. */
export const TIPC_CRITICAL_IMPORTANCE = 3;

/** Subscription: an event for every socket that comes or goes. */
export const TIPC_SUB_PORTS = 1;
/** Subscription: an event for the first that comes and the last to go. */
export const TIPC_SUB_SERVICE = 2;
/** Ends a subscription that was made with the same values. */
export const TIPC_SUB_CANCEL = 4;
/** A subscription without a time-out, which else is in milliseconds. */
export const TIPC_WAIT_FOREVER: -1 = -1;

/** Event: a service of the range came. */
export const TIPC_PUBLISHED = 1;
/** Event: a service of the range went. */
export const TIPC_WITHDRAWN = 2;
/** Event: the subscription's time is over. */
export const TIPC_SUBSCR_TIMEOUT = 3;

/** Service type whose instances are the nodes of the cluster. */
export const TIPC_CFG_SRV = 0;
/** Service type of the topology service, which takes subscriptions. */
export const TIPC_TOP_SRV = 1;

// Bluetooth: protocols of an `AF_BLUETOOTH` socket, its third argument; its
// addresses; and the options at the level `SOL_HCI`.
//
// CPython has them where it was built with BlueZ's headers.

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

// The kernel's ciphers and hashes, through an `AF_ALG` socket.
//
// The `ALG_SET_*` are options or ancillary messages at the level `SOL_ALG`.

/** Option: the key, as bytes. */
export const ALG_SET_KEY = 1;
/** Ancillary: the initialisation vector, a `struct af_alg_iv`. */
export const ALG_SET_IV = 2;
/** Ancillary: the operation, an `ALG_OP_*` number. */
export const ALG_SET_OP = 3;
/** Ancillary: bytes at the start that are authenticated, not encrypted. */
export const ALG_SET_AEAD_ASSOCLEN = 4;
/** Option: bytes of the authentication tag, given as the length. */
export const ALG_SET_AEAD_AUTHSIZE = 5;
/** A public key, in CPython alone; to Linux 6 is the entropy of a DRBG. */
export const ALG_SET_PUBKEY = 6;

/** Decrypt what is sent. */
export const ALG_OP_DECRYPT = 0;
/** Encrypt what is sent. */
export const ALG_OP_ENCRYPT = 1;
/** Sign what is sent, in CPython alone; Linux has no such operation. */
export const ALG_OP_SIGN = 2;
/** Verify a signature, in CPython alone; Linux has no such operation. */
export const ALG_OP_VERIFY = 3;
