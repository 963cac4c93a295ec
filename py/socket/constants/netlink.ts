/**
 * Netlink: what an `AF_NETLINK` socket talks to, its third argument.
 *
 * @module
 */

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
