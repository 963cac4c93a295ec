/**
 * IPv4: protocols, ports, addresses as numbers in host byte order, and the
 * options at the level `IPPROTO_IP`.
 *
 * An option is an integer, 0 for off and 1 for on, unless its line says more.
 *
 * @module
 */

/** IPv4 itself: the level of the `IP_*` options. */
export const IPPROTO_IP = 0;
/** IPv6 hop-by-hop options header. */
export const IPPROTO_HOPOPTS = 0;
/** Control messages of IPv4, such as those of ping. */
export const IPPROTO_ICMP = 1;
/** Management of IPv4 multicast groups. */
export const IPPROTO_IGMP = 2;
/** IPv4 inside IP: a tunnel. */
export const IPPROTO_IPIP = 4;
/** TCP, and the level of the `TCP_*` options. */
export const IPPROTO_TCP = 6;
/** The exterior gateway protocol that came before BGP. */
export const IPPROTO_EGP = 8;
/** Xerox's universal packets. */
export const IPPROTO_PUP = 12;
/** UDP. */
export const IPPROTO_UDP = 17;
/** Xerox's internet datagrams. */
export const IPPROTO_IDP = 22;
/** Transport protocol class 4 of ISO. */
export const IPPROTO_TP = 29;
/** IPv6 inside IP, and the level of the `IPV6_*` options. */
export const IPPROTO_IPV6 = 41;
/** IPv6 routing header. */
export const IPPROTO_ROUTING = 43;
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT = 44;
/** Reservation of resources along a path. */
export const IPPROTO_RSVP = 46;
/** Generic routing encapsulation: a tunnel for any protocol. */
export const IPPROTO_GRE = 47;
/** IPsec: encrypted payload. */
export const IPPROTO_ESP = 50;
/** IPsec: authentication header. */
export const IPPROTO_AH = 51;
/** Control messages of IPv6, neighbour discovery among them. */
export const IPPROTO_ICMPV6 = 58;
/** IPv6: nothing follows this header. */
export const IPPROTO_NONE = 59;
/** IPv6 destination options header. */
export const IPPROTO_DSTOPTS = 60;
/** Routing of multicast between networks. */
export const IPPROTO_PIM = 103;
/** SCTP: messages in several streams over one association. */
export const IPPROTO_SCTP = 132;
/** UDP whose checksum may cover only a part, udplite(7). */
export const IPPROTO_UDPLITE = 136;
/** Raw IP packets: a raw socket whose sender writes the IP header. */
export const IPPROTO_RAW = 255;
/** Multipath TCP: one stream over several paths. */
export const IPPROTO_MPTCP = 262;

/** Ports below this one need CAP_NET_BIND_SERVICE to bind. */
export const IPPORT_RESERVED = 1024;
/** Above it, by BSD's habit, servers that need no privilege. */
export const IPPORT_USERRESERVED = 5000;

/** 0.0.0.0: every local address. */
export const INADDR_ANY = 0x00000000;
/** 127.0.0.1: this host. */
export const INADDR_LOOPBACK = 0x7f000001;
/** 224.0.0.0: the base of the multicast addresses. */
export const INADDR_UNSPEC_GROUP = 0xe0000000;
/** 224.0.0.1: every host on the link. */
export const INADDR_ALLHOSTS_GROUP = 0xe0000001;
/** 224.0.0.255: the last group that no router forwards. */
export const INADDR_MAX_LOCAL_GROUP = 0xe00000ff;
/** 255.255.255.255: everyone on the link. */
export const INADDR_BROADCAST = 0xffffffff;
/** What inet_addr(3) returns for text that is no address. */
export const INADDR_NONE = 0xffffffff;

/** Type-of-service byte of what is sent: DSCP and ECN. */
export const IP_TOS = 1;
/** Time to live of what is sent, in hops: 1 to 255. */
export const IP_TTL = 2;
/** The sender writes the IP header itself; raw sockets only. */
export const IP_HDRINCL = 3;
/** IP options of every packet sent, at most 40 bytes. */
export const IP_OPTIONS = 4;
/** Receive a packet's IP options, this host's part filled in. */
export const IP_RECVOPTS = 6;
/** As IP_RETOPTS. */
export const IP_RECVRETOPTS = 7;
/** Receive a packet's IP options as they came, nothing filled in. */
export const IP_RETOPTS = 7;
/** Receive a datagram's destination and device: a `struct in_pktinfo`. */
export const IP_PKTINFO = 8;
/** Queue errors such as ICMP's, to be read with MSG_ERRQUEUE. */
export const IP_RECVERR = 11;
/** Receive a datagram's time to live as ancillary data. */
export const IP_RECVTTL = 12;
/** Receive a datagram's type-of-service byte as ancillary data. */
export const IP_RECVTOS = 13;
/** Bind to an address that does not exist, or not yet. */
export const IP_FREEBIND = 15;
/** Transparent proxy: bind to foreign addresses; needs CAP_NET_ADMIN. */
export const IP_TRANSPARENT = 19;
/** Receive a datagram's original destination: a `sockaddr_in`. */
export const IP_RECVORIGDSTADDR = 20;
/** Bind to an address now; choose the port at connect, not before. */
export const IP_BIND_ADDRESS_NO_PORT = 24;
/** Device that multicast leaves by: an address or a `struct ip_mreqn`. */
export const IP_MULTICAST_IF = 32;
/** Time to live of multicast, in hops; 1 stays on the link. */
export const IP_MULTICAST_TTL = 33;
/** Sent multicast also comes back to listeners on this host. */
export const IP_MULTICAST_LOOP = 34;
/** Join a group on a device: a `struct ip_mreq` or `struct ip_mreqn`. */
export const IP_ADD_MEMBERSHIP = 35;
/** Leave a group: the structure that joined it. */
export const IP_DROP_MEMBERSHIP = 36;
/** Hear a blocked source again: a `struct ip_mreq_source`. */
export const IP_UNBLOCK_SOURCE = 37;
/** Stop hearing one source of a group: a `struct ip_mreq_source`. */
export const IP_BLOCK_SOURCE = 38;
/** Join a group for one source only: a `struct ip_mreq_source`. */
export const IP_ADD_SOURCE_MEMBERSHIP = 39;
/** Leave one source of a group: a `struct ip_mreq_source`. */
export const IP_DROP_SOURCE_MEMBERSHIP = 40;
/** Where a connection went before NAT: a `sockaddr_in`. Read only. */
export const SO_ORIGINAL_DST = 80;

/** IP_MULTICAST_TTL when it was never set, in hops. */
export const IP_DEFAULT_MULTICAST_TTL = 1;
/** IP_MULTICAST_LOOP when it was never set: on. */
export const IP_DEFAULT_MULTICAST_LOOP = 1;
/** How many groups a socket may join, unless the system says otherwise. */
export const IP_MAX_MEMBERSHIPS = 20;
