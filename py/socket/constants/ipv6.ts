/**
 * IPv6: the options at the level `IPPROTO_IPV6`.
 *
 * An option is an integer, 0 for off and 1 for on, unless its line says more.
 *
 * @module
 */

/** Raw sockets: offset, in bytes, of a checksum to fill in; -1: none. */
export const IPV6_CHECKSUM = 7;
/** A packet's next hop in RFC 3542; Linux does not implement it. */
export const IPV6_NEXTHOP = 9;
/** Hop limit of what is sent, 0 to 255; -1: the system's. */
export const IPV6_UNICAST_HOPS = 16;
/** Index of the device that multicast leaves by; 0: any. */
export const IPV6_MULTICAST_IF = 17;
/** Hop limit of multicast, 0 to 255; -1: the default, 1. */
export const IPV6_MULTICAST_HOPS = 18;
/** Sent multicast also comes back to listeners on this host. */
export const IPV6_MULTICAST_LOOP = 19;
/** Join a group on a device: a `struct ipv6_mreq`. */
export const IPV6_JOIN_GROUP = 20;
/** Leave a group: the `struct ipv6_mreq` that joined it. */
export const IPV6_LEAVE_GROUP = 21;
/** Queue errors such as ICMP's, to be read with MSG_ERRQUEUE. */
export const IPV6_RECVERR = 25;
/** IPv6 alone: IPv4 peers do not appear as ::ffff:a.b.c.d. */
export const IPV6_V6ONLY = 26;
/** Receive a packet's destination and device as IPV6_PKTINFO. */
export const IPV6_RECVPKTINFO = 49;
/** Ancillary: address and device index: a `struct in6_pktinfo`. */
export const IPV6_PKTINFO = 50;
/** Receive a packet's hop limit as IPV6_HOPLIMIT. */
export const IPV6_RECVHOPLIMIT = 51;
/** Ancillary: a packet's hop limit, an `int`. */
export const IPV6_HOPLIMIT = 52;
/** Receive a packet's hop-by-hop options as IPV6_HOPOPTS. */
export const IPV6_RECVHOPOPTS = 53;
/** A packet's hop-by-hop options, as bytes. */
export const IPV6_HOPOPTS = 54;
/** Destination options that precede a routing header, as bytes. */
export const IPV6_RTHDRDSTOPTS = 55;
/** Receive a packet's routing header as IPV6_RTHDR. */
export const IPV6_RECVRTHDR = 56;
/** A packet's routing header, as bytes. */
export const IPV6_RTHDR = 57;
/** Receive a packet's destination options as IPV6_DSTOPTS. */
export const IPV6_RECVDSTOPTS = 58;
/** A packet's destination options, as bytes. */
export const IPV6_DSTOPTS = 59;
/** Receive changes of the path's MTU as IPV6_PATHMTU. */
export const IPV6_RECVPATHMTU = 60;
/** The path's MTU in bytes: a `struct ip6_mtuinfo`. Read only. */
export const IPV6_PATHMTU = 61;
/** Never fragment: what is larger than the MTU is EMSGSIZE. */
export const IPV6_DONTFRAG = 62;
/** Receive a packet's traffic class as IPV6_TCLASS. */
export const IPV6_RECVTCLASS = 66;
/** Traffic class of what is sent, 0 to 255: DSCP and ECN; -1: 0. */
export const IPV6_TCLASS = 67;

/** Routing header type 0, source routing, which RFC 5095 deprecates. */
export const IPV6_RTHDR_TYPE_0 = 0;
