/**
 * Address families: the first argument of `socket()`.
 *
 * @module
 */

/** No family in particular: either IPv4 or IPv6, for getaddrinfo. */
export const AF_UNSPEC = 0;
/** Local sockets, named by a path or an abstract name. */
export const AF_UNIX = 1;
/** IPv4. */
export const AF_INET = 2;
/** AX.25, amateur packet radio. */
export const AF_AX25 = 3;
/** IPX, Novell's internetwork protocol; no longer in Linux. */
export const AF_IPX = 4;
/** AppleTalk's datagram protocol. */
export const AF_APPLETALK = 5;
/** NET/ROM, routing on top of AX.25. */
export const AF_NETROM = 6;
/** Forwarding between bridge ports, as rtnetlink messages name it. */
export const AF_BRIDGE = 7;
/** ATM permanent virtual circuits. */
export const AF_ATMPVC = 8;
/** X.25 packet layer, as ITU-T and ISO 8208 define it. */
export const AF_X25 = 9;
/** IPv6. */
export const AF_INET6 = 10;
/** ROSE, the X.25 packet layer over amateur radio. */
export const AF_ROSE = 11;
/** DECnet; no longer in Linux. */
export const AF_DECnet = 12;
/** Set aside for NetBEUI on 802.2; never used. */
export const AF_NETBEUI = 13;
/** Security callbacks: a number without sockets behind it. */
export const AF_SECURITY = 14;
/** PF_KEY version 2, the management of IPsec keys. */
export const AF_KEY = 15;
/** Messages between the kernel and programs, netlink(7). */
export const AF_NETLINK = 16;
/** BSD's name for AF_NETLINK. */
export const AF_ROUTE = 16;
/** Frames as network devices send and receive them, packet(7). */
export const AF_PACKET = 17;
/** Ash: a number without sockets behind it. */
export const AF_ASH = 18;
/** Acorn Econet; no longer in Linux. */
export const AF_ECONET = 19;
/** ATM switched virtual circuits. */
export const AF_ATMSVC = 20;
/** Reliable datagrams over InfiniBand or TCP. */
export const AF_RDS = 21;
/** IBM's SNA: a number without sockets behind it. */
export const AF_SNA = 22;
/** Infrared; no longer in Linux. */
export const AF_IRDA = 23;
/** PPP over another transport, such as PPPoE and L2TP. */
export const AF_PPPOX = 24;
/** WAN cards of Sangoma; no longer in Linux. */
export const AF_WANPIPE = 25;
/** IEEE 802.2 logical link control. */
export const AF_LLC = 26;
/** The controller area network of vehicles. */
export const AF_CAN = 29;
/** Transparent communication between the processes of a cluster. */
export const AF_TIPC = 30;
/** Bluetooth. */
export const AF_BLUETOOTH = 31;
/** The kernel's ciphers and hashes. */
export const AF_ALG = 38;
/** Between a virtual machine and its host, vsock(7). */
export const AF_VSOCK = 40;
/** Between processors of a Qualcomm chip, by node and port. */
export const AF_QIPCRTR = 42;

/** The same number as AF_PACKET. */
export const PF_PACKET = 17;
/** The same number as AF_RDS. */
export const PF_RDS = 21;
/** The same number as AF_CAN. */
export const PF_CAN = 29;
