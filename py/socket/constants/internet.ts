/**
 * The internet protocols: IPv4, IPv6, TCP and UDP-Lite.
 *
 * @module
 */

// IPv4: protocols, ports, addresses as numbers in host byte order, and the
// options at the level `IPPROTO_IP`.
//
// An option is an integer, 0 for off and 1 for on, unless its line says more.

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

// IPv6: the options at the level `IPPROTO_IPV6`.
//
// An option is an integer, 0 for off and 1 for on, unless its line says more.

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

// TCP: the options at the level `IPPROTO_TCP`.
//
// An option is an integer, 0 for off and 1 for on, unless its line says more.

/** Send small segments at once, without Nagle's delay. */
export const TCP_NODELAY = 1;
/** Largest segment to send, in bytes. */
export const TCP_MAXSEG = 2;
/** Hold back partial segments until it is off, for 200 ms at most. */
export const TCP_CORK = 3;
/** Seconds of idleness before the first keep-alive probe. */
export const TCP_KEEPIDLE = 4;
/** Seconds between keep-alive probes. */
export const TCP_KEEPINTVL = 5;
/** Unanswered keep-alive probes before the connection is dropped. */
export const TCP_KEEPCNT = 6;
/** How often the SYN is sent again before connect gives up. */
export const TCP_SYNCNT = 7;
/** Seconds that a closed connection stays in FIN_WAIT2. */
export const TCP_LINGER2 = 8;
/** Listener: seconds to wait for data before accept sees a newcomer. */
export const TCP_DEFER_ACCEPT = 9;
/** Upper bound of the advertised window, in bytes. */
export const TCP_WINDOW_CLAMP = 10;
/** State and figures of the connection: a `struct tcp_info`. Read only. */
export const TCP_INFO = 11;
/** Acknowledge at once; the kernel may turn it off again by itself. */
export const TCP_QUICKACK = 12;
/** Name of the congestion control algorithm, a string. */
export const TCP_CONGESTION = 13;
/** Key of MD5 signatures (RFC 2385) for a peer: a `struct tcp_md5sig`. */
export const TCP_MD5SIG = 14;
/** A thin stream's retransmissions do not back off exponentially. */
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
/** A thin stream resends after one duplicate ACK; unused since 4.11. */
export const TCP_THIN_DUPACK = 17;
/** Milliseconds sent data may go unacknowledged; 0: as the system. */
export const TCP_USER_TIMEOUT = 18;
/** Repair mode, to save and restore a connection; CAP_NET_ADMIN. */
export const TCP_REPAIR = 19;
/** Repair mode: the queue meant, 0 none, 1 receive, 2 send. */
export const TCP_REPAIR_QUEUE = 20;
/** Repair mode: the queue's next sequence number. */
export const TCP_QUEUE_SEQ = 21;
/** Repair mode: negotiated options, each a `struct tcp_repair_opt`. */
export const TCP_REPAIR_OPTIONS = 22;
/** Listener takes data in SYNs: how many such connections may pend. */
export const TCP_FASTOPEN = 23;
/** Clock of its timestamps, in milliseconds; set in repair mode. */
export const TCP_TIMESTAMP = 24;
/** Unsent bytes from which on the socket is no longer writable. */
export const TCP_NOTSENT_LOWAT = 25;
/** Figures of the congestion control: a `union tcp_cc_info`. Read only. */
export const TCP_CC_INFO = 26;
/** Listener keeps the headers of each SYN for TCP_SAVED_SYN. */
export const TCP_SAVE_SYN = 27;
/** Headers of the connection's SYN, as bytes, once. Read only. */
export const TCP_SAVED_SYN = 28;
/** Repair mode: the windows: a `struct tcp_repair_window`. */
export const TCP_REPAIR_WINDOW = 29;
/** Connect defers its SYN to the first write, which it then carries. */
export const TCP_FASTOPEN_CONNECT = 30;
/** Name of an upper layer protocol to attach, such as "tls". */
export const TCP_ULP = 31;
/** As TCP_MD5SIG, for all peers of a prefix or a device. */
export const TCP_MD5SIG_EXT = 32;
/** Key of Fast Open cookies: 16 bytes, or 32 with a backup. */
export const TCP_FASTOPEN_KEY = 33;
/** Fast Open without cookies. */
export const TCP_FASTOPEN_NO_COOKIE = 34;
/** Map received pages into memory: a `struct tcp_zerocopy_receive`. */
export const TCP_ZEROCOPY_RECEIVE = 35;
/** Receive, with the data, how many bytes are still queued. */
export const TCP_INQ = 36;
/** Delay of each packet sent, in microseconds. */
export const TCP_TX_DELAY = 37;

// UDP-Lite: the options at the level `IPPROTO_UDPLITE`.
//
// A coverage is a number of bytes from the start of the datagram, whose first 8
// are its header; 0 stands for the whole datagram.

/** Coverage of the checksum of each datagram sent, 0 or 8 to 65535. */
export const UDPLITE_SEND_CSCOV = 10;
/** Least coverage to receive, 0 or 8 to 65535: less is dropped. */
export const UDPLITE_RECV_CSCOV = 11;
