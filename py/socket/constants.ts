/**
 * The constants of Python's `socket` module, with Linux's values.
 *
 * Every name that CPython 3.13 exports on Linux is here,
 * and with them those that 3.14 adds, apart from its further Bluetooth options.
 *
 * The values come from Linux's headers, asm-generic for the socket options, and
 * from glibc's. They are the same on x86-64 and aarch64, which both use the
 * asm-generic ones.
 *
 * An option is an integer, 0 for off and 1 for on, unless its line says more.
 *
 * @module
 */

// Address families: the first argument of `socket()`.

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
export const PF_PACKET: number = 17;
/** The same number as AF_RDS. */
export const PF_RDS: number = 21;
/** The same number as AF_CAN. */
export const PF_CAN: number = 29;

// Socket types: the second argument of `socket()`.

/** A two-way stream of bytes over a connection, reliable and in order. */
export const SOCK_STREAM: number = 1;
/** Datagrams: each one whole, but it may be lost or overtaken. */
export const SOCK_DGRAM: number = 2;
/** Packets below the transport layer, headers and all; privileged. */
export const SOCK_RAW: number = 3;
/** Reliable datagrams that may come out of order. */
export const SOCK_RDM: number = 4;
/** Whole messages over a connection, reliable and in order. */
export const SOCK_SEQPACKET: number = 5;
/** Or-ed into the type: the new descriptor does not block. */
export const SOCK_NONBLOCK: number = 2048;
/** Or-ed into the type: the new descriptor is closed across exec. */
export const SOCK_CLOEXEC: number = 524288;

// Levels: the owner of an option or of an ancillary message.

/** The socket itself, whatever its protocol: the `SO_*` options. */
export const SOL_SOCKET: number = 1;
/** IPv4: the `IP_*` options. */
export const SOL_IP: number = 0;
/** TCP: the `TCP_*` options. */
export const SOL_TCP: number = 6;
/** UDP. */
export const SOL_UDP: number = 17;
/** The CAN protocols: a protocol's own level is this plus its number. */
export const SOL_CAN_BASE: number = 100;
/** Raw CAN sockets: the `CAN_RAW_*` options. */
export const SOL_CAN_RAW: number = 101;
/** TIPC: the `TIPC_*` options. */
export const SOL_TIPC: number = 271;
/** Reliable datagram sockets. */
export const SOL_RDS: number = 276;
/** The kernel's ciphers and hashes: the `ALG_SET_*` options. */
export const SOL_ALG: number = 279;

// Options of every socket, at the level `SOL_SOCKET`, and `listen()`'s limit.

/** Record debugging information; needs CAP_NET_ADMIN. */
export const SO_DEBUG: number = 1;
/** Bind to an address that is in use, unless a socket listens there. */
export const SO_REUSEADDR: number = 2;
/** The socket's type, a `SOCK_*` number. Read only. */
export const SO_TYPE: number = 3;
/** The pending error, an errno, which reading clears. Read only. */
export const SO_ERROR: number = 4;
/** Send to directly connected hosts only, past any gateway. */
export const SO_DONTROUTE: number = 5;
/** Allow datagrams to a broadcast address. */
export const SO_BROADCAST: number = 6;
/** Send buffer in bytes; the kernel doubles the value. */
export const SO_SNDBUF: number = 7;
/** Receive buffer in bytes; the kernel doubles the value. */
export const SO_RCVBUF: number = 8;
/** Probe an idle connection, to detect a dead peer. */
export const SO_KEEPALIVE: number = 9;
/** Leave urgent data in the stream, without MSG_OOB. */
export const SO_OOBINLINE: number = 10;
/** Priority of sent packets, 0 to 6; others need CAP_NET_ADMIN. */
export const SO_PRIORITY: number = 12;
/** Whether and how long, in seconds, close waits: a `struct linger`. */
export const SO_LINGER: number = 13;
/** Share the address with other sockets of this user, and its load. */
export const SO_REUSEPORT: number = 15;
/** Receive the sender's process, user and group with SCM_CREDENTIALS. */
export const SO_PASSCRED: number = 16;
/** Process, user and group of the local peer: a `struct ucred`. Read only. */
export const SO_PEERCRED: number = 17;
/** Least number of bytes that makes a receive return. */
export const SO_RCVLOWAT: number = 18;
/** Least number of bytes to send at once: always 1. Read only. */
export const SO_SNDLOWAT: number = 19;
/** How long a receive may block: a `struct timeval`; 0: for ever. */
export const SO_RCVTIMEO: number = 20;
/** How long a send may block: a `struct timeval`; 0: for ever. */
export const SO_SNDTIMEO: number = 21;
/** Name of the one network device to use; empty: any. */
export const SO_BINDTODEVICE: number = 25;
/** 1 for a socket that listens, else 0. Read only. */
export const SO_ACCEPTCONN: number = 30;
/** Security context of the peer, a string. Read only. */
export const SO_PEERSEC: number = 31;
/** Receive the sender's security context as ancillary data. */
export const SO_PASSSEC: number = 34;
/** Mark of each packet sent, for routing and filters; CAP_NET_ADMIN. */
export const SO_MARK: number = 36;
/** The socket's protocol, such as `IPPROTO_TCP`. Read only. */
export const SO_PROTOCOL: number = 38;
/** The socket's address family, an `AF_*` number. Read only. */
export const SO_DOMAIN: number = 39;
/** The CPU that handles this socket's packets, or should. */
export const SO_INCOMING_CPU: number = 49;
/** Index of the one network device to use; 0: any. */
export const SO_BINDTOIFINDEX: number = 62;

/** Default of net.core.somaxconn, which caps listen's backlog. */
export const SOMAXCONN: number = 4096;

// Flags of one send or receive, and kinds of ancillary message.

/** Send or receive urgent (out-of-band) data. */
export const MSG_OOB: number = 0x1;
/** Receive without taking the data off the queue. */
export const MSG_PEEK: number = 0x2;
/** Send to directly connected hosts only, past any gateway. */
export const MSG_DONTROUTE: number = 0x4;
/** Result: ancillary data was cut off, its buffer was too small. */
export const MSG_CTRUNC: number = 0x8;
/** Result: the datagram was cut off. As a flag: return its full length. */
export const MSG_TRUNC: number = 0x20;
/** This one call does not block: EAGAIN instead. */
export const MSG_DONTWAIT: number = 0x40;
/** The end of a record, where the socket type has records. */
export const MSG_EOR: number = 0x80;
/** Block until the whole buffer is filled. */
export const MSG_WAITALL: number = 0x100;
/** The neighbour answered: its ARP entry need not be probed again. */
export const MSG_CONFIRM: number = 0x800;
/** Receive a queued error, with the packet that caused it. */
export const MSG_ERRQUEUE: number = 0x2000;
/** Raise no SIGPIPE when the peer has closed, only EPIPE. */
export const MSG_NOSIGNAL: number = 0x4000;
/** More follows: hold back a partial segment or datagram. */
export const MSG_MORE: number = 0x8000;
/** Connect and send in one step, the data in the SYN. */
export const MSG_FASTOPEN: number = 0x20000000;
/** Received descriptors are closed across exec. */
export const MSG_CMSG_CLOEXEC: number = 0x40000000;

/** Ancillary message: open file descriptors, an array of `int`. */
export const SCM_RIGHTS: number = 1;
/** Ancillary message: the sender's pid, uid and gid, a `struct ucred`. */
export const SCM_CREDENTIALS: number = 2;

// The half that `shutdown()` ends.

/** Receiving. */
export const SHUT_RD: number = 0;
/** Sending: the peer reads the queued bytes, then the end of the stream. */
export const SHUT_WR: number = 1;
/** Both receiving and sending. */
export const SHUT_RDWR: number = 2;

// Names and addresses: the flags and errors of `getaddrinfo()` and `getnameinfo()`.

/** getaddrinfo: for bind: no host means the wildcard address. */
export const AI_PASSIVE: number = 0x1;
/** getaddrinfo: the first result carries the host's canonical name. */
export const AI_CANONNAME: number = 0x2;
/** getaddrinfo: the host is an address; look no name up. */
export const AI_NUMERICHOST: number = 0x4;
/** getaddrinfo: for AF_INET6, map IPv4 addresses if there are no others. */
export const AI_V4MAPPED: number = 0x8;
/** getaddrinfo: with AI_V4MAPPED, IPv6 and mapped IPv4 addresses. */
export const AI_ALL: number = 0x10;
/** getaddrinfo: only families of which this host has an address. */
export const AI_ADDRCONFIG: number = 0x20;
/** getaddrinfo: the service is a port number; look no name up. */
export const AI_NUMERICSERV: number = 0x400;

/** The flags are not valid. */
export const EAI_BADFLAGS: -1 = -1;
/** No such host or service, or neither was given. */
export const EAI_NONAME: -2 = -2;
/** The name server failed for now: try again later. */
export const EAI_AGAIN: -3 = -3;
/** The name server failed for good. */
export const EAI_FAIL: -4 = -4;
/** The host exists but has no address. */
export const EAI_NODATA: -5 = -5;
/** The address family is not supported. */
export const EAI_FAMILY: -6 = -6;
/** The socket type is not supported, or does not fit the protocol. */
export const EAI_SOCKTYPE: -7 = -7;
/** The service does not exist for this socket type. */
export const EAI_SERVICE: -8 = -8;
/** The host has no address of this family. */
export const EAI_ADDRFAMILY: -9 = -9;
/** Out of memory. */
export const EAI_MEMORY: -10 = -10;
/** Another error of the system: see errno. */
export const EAI_SYSTEM: -11 = -11;
/** The name does not fit its buffer. */
export const EAI_OVERFLOW: -12 = -12;

/** getnameinfo: the host as an address. */
export const NI_NUMERICHOST: number = 0x1;
/** getnameinfo: the port as a number. */
export const NI_NUMERICSERV: number = 0x2;
/** getnameinfo: a local host without its domain. */
export const NI_NOFQDN: number = 0x4;
/** getnameinfo: a host without a name is an error. */
export const NI_NAMEREQD: number = 0x8;
/** getnameinfo: the service is UDP's, not TCP's. */
export const NI_DGRAM: number = 0x10;
/** getnameinfo: decode an internationalised host name. */
export const NI_IDN: number = 0x20;
/** Bytes that any host name fits in, its final NUL included. */
export const NI_MAXHOST: number = 1025;
/** Bytes that any service name fits in, its final NUL included. */
export const NI_MAXSERV: number = 32;

// IPv4: protocols, ports, addresses as numbers in host byte order, and the
// options at the level `IPPROTO_IP`.

/** IPv4 itself: the level of the `IP_*` options. */
export const IPPROTO_IP: number = 0;
/** IPv6 hop-by-hop options header. */
export const IPPROTO_HOPOPTS: number = 0;
/** Control messages of IPv4, such as those of ping. */
export const IPPROTO_ICMP: number = 1;
/** Management of IPv4 multicast groups. */
export const IPPROTO_IGMP: number = 2;
/** IPv4 inside IP: a tunnel. */
export const IPPROTO_IPIP: number = 4;
/** TCP, and the level of the `TCP_*` options. */
export const IPPROTO_TCP: number = 6;
/** The exterior gateway protocol that came before BGP. */
export const IPPROTO_EGP: number = 8;
/** Xerox's universal packets. */
export const IPPROTO_PUP: number = 12;
/** UDP. */
export const IPPROTO_UDP: number = 17;
/** Xerox's internet datagrams. */
export const IPPROTO_IDP: number = 22;
/** Transport protocol class 4 of ISO. */
export const IPPROTO_TP: number = 29;
/** IPv6 inside IP, and the level of the `IPV6_*` options. */
export const IPPROTO_IPV6: number = 41;
/** IPv6 routing header. */
export const IPPROTO_ROUTING: number = 43;
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT: number = 44;
/** Reservation of resources along a path. */
export const IPPROTO_RSVP: number = 46;
/** Generic routing encapsulation: a tunnel for any protocol. */
export const IPPROTO_GRE: number = 47;
/** IPsec: encrypted payload. */
export const IPPROTO_ESP: number = 50;
/** IPsec: authentication header. */
export const IPPROTO_AH: number = 51;
/** Control messages of IPv6, neighbour discovery among them. */
export const IPPROTO_ICMPV6: number = 58;
/** IPv6: nothing follows this header. */
export const IPPROTO_NONE: number = 59;
/** IPv6 destination options header. */
export const IPPROTO_DSTOPTS: number = 60;
/** Routing of multicast between networks. */
export const IPPROTO_PIM: number = 103;
/** SCTP: messages in several streams over one association. */
export const IPPROTO_SCTP: number = 132;
/** UDP whose checksum may cover only a part, udplite(7). */
export const IPPROTO_UDPLITE: number = 136;
/** Raw IP packets: a raw socket whose sender writes the IP header. */
export const IPPROTO_RAW: number = 255;
/** Multipath TCP: one stream over several paths. */
export const IPPROTO_MPTCP: number = 262;

/** Ports below this one need CAP_NET_BIND_SERVICE to bind. */
export const IPPORT_RESERVED: number = 1024;
/** Ports above it are for servers without privileges, by BSD's convention. */
export const IPPORT_USERRESERVED: number = 5000;

/** 0.0.0.0: every local address. */
export const INADDR_ANY: number = 0x00000000;
/** 127.0.0.1: this host. */
export const INADDR_LOOPBACK: number = 0x7f000001;
/** 224.0.0.0: the base of the multicast addresses. */
export const INADDR_UNSPEC_GROUP: number = 0xe0000000;
/** 224.0.0.1: every host on the link. */
export const INADDR_ALLHOSTS_GROUP: number = 0xe0000001;
/** 224.0.0.255: the last group that no router forwards. */
export const INADDR_MAX_LOCAL_GROUP: number = 0xe00000ff;
/** 255.255.255.255: everyone on the link. */
export const INADDR_BROADCAST: number = 0xffffffff;
/** The result of inet_addr(3) for text that is not an address. */
export const INADDR_NONE: number = 0xffffffff;

/** Type-of-service byte of sent packets: DSCP and ECN. */
export const IP_TOS: number = 1;
/** Time to live of sent packets, in hops: 1 to 255. */
export const IP_TTL: number = 2;
/** The sender writes the IP header itself; raw sockets only. */
export const IP_HDRINCL: number = 3;
/** IP options of every packet sent, at most 40 bytes. */
export const IP_OPTIONS: number = 4;
/** Receive a packet's IP options, this host's part filled in. */
export const IP_RECVOPTS: number = 6;
/** As IP_RETOPTS. */
export const IP_RECVRETOPTS: number = 7;
/** Receive a packet's IP options as they came, nothing filled in. */
export const IP_RETOPTS: number = 7;
/** Receive a datagram's destination and device: a `struct in_pktinfo`. */
export const IP_PKTINFO: number = 8;
/** Queue errors such as ICMP's, to be read with MSG_ERRQUEUE. */
export const IP_RECVERR: number = 11;
/** Receive a datagram's time to live as ancillary data. */
export const IP_RECVTTL: number = 12;
/** Receive a datagram's type-of-service byte as ancillary data. */
export const IP_RECVTOS: number = 13;
/** Bind to an address that does not exist, or not yet. */
export const IP_FREEBIND: number = 15;
/** Transparent proxy: bind to foreign addresses; needs CAP_NET_ADMIN. */
export const IP_TRANSPARENT: number = 19;
/** Receive a datagram's original destination: a `sockaddr_in`. */
export const IP_RECVORIGDSTADDR: number = 20;
/** Bind to an address now; choose the port at connect, not before. */
export const IP_BIND_ADDRESS_NO_PORT: number = 24;
/** Device that multicast leaves by: an address or a `struct ip_mreqn`. */
export const IP_MULTICAST_IF: number = 32;
/** Time to live of multicast, in hops; 1 stays on the link. */
export const IP_MULTICAST_TTL: number = 33;
/** Sent multicast also comes back to listeners on this host. */
export const IP_MULTICAST_LOOP: number = 34;
/** Join a group on a device: a `struct ip_mreq` or `struct ip_mreqn`. */
export const IP_ADD_MEMBERSHIP: number = 35;
/** Leave a group: the structure that joined it. */
export const IP_DROP_MEMBERSHIP: number = 36;
/** Unblock a source of a group: a `struct ip_mreq_source`. */
export const IP_UNBLOCK_SOURCE: number = 37;
/** Block a source of a group: a `struct ip_mreq_source`. */
export const IP_BLOCK_SOURCE: number = 38;
/** Join a group for one source only: a `struct ip_mreq_source`. */
export const IP_ADD_SOURCE_MEMBERSHIP: number = 39;
/** Leave one source of a group: a `struct ip_mreq_source`. */
export const IP_DROP_SOURCE_MEMBERSHIP: number = 40;
/** Where a connection went before NAT: a `sockaddr_in`. Read only. */
export const SO_ORIGINAL_DST: number = 80;

/** IP_MULTICAST_TTL when it was never set, in hops. */
export const IP_DEFAULT_MULTICAST_TTL: number = 1;
/** IP_MULTICAST_LOOP when it was never set: on. */
export const IP_DEFAULT_MULTICAST_LOOP: number = 1;
/** How many groups a socket may join, unless the system says otherwise. */
export const IP_MAX_MEMBERSHIPS: number = 20;

// IPv6: the options at the level `IPPROTO_IPV6`.

/** Raw sockets: offset, in bytes, of a checksum to fill in; -1: none. */
export const IPV6_CHECKSUM: number = 7;
/** A packet's next hop in RFC 3542; Linux does not implement it. */
export const IPV6_NEXTHOP: number = 9;
/** Hop limit of sent packets, 0 to 255; -1: the system's. */
export const IPV6_UNICAST_HOPS: number = 16;
/** Index of the device that multicast leaves by; 0: any. */
export const IPV6_MULTICAST_IF: number = 17;
/** Hop limit of multicast, 0 to 255; -1: the default, 1. */
export const IPV6_MULTICAST_HOPS: number = 18;
/** Sent multicast also comes back to listeners on this host. */
export const IPV6_MULTICAST_LOOP: number = 19;
/** Join a group on a device: a `struct ipv6_mreq`. */
export const IPV6_JOIN_GROUP: number = 20;
/** Leave a group: the `struct ipv6_mreq` that joined it. */
export const IPV6_LEAVE_GROUP: number = 21;
/** Queue errors such as ICMP's, to be read with MSG_ERRQUEUE. */
export const IPV6_RECVERR: number = 25;
/** IPv6 alone: IPv4 peers do not appear as ::ffff:a.b.c.d. */
export const IPV6_V6ONLY: number = 26;
/** Receive a packet's destination and device as IPV6_PKTINFO. */
export const IPV6_RECVPKTINFO: number = 49;
/** Ancillary: address and device index: a `struct in6_pktinfo`. */
export const IPV6_PKTINFO: number = 50;
/** Receive a packet's hop limit as IPV6_HOPLIMIT. */
export const IPV6_RECVHOPLIMIT: number = 51;
/** Ancillary: a packet's hop limit, an `int`. */
export const IPV6_HOPLIMIT: number = 52;
/** Receive a packet's hop-by-hop options as IPV6_HOPOPTS. */
export const IPV6_RECVHOPOPTS: number = 53;
/** A packet's hop-by-hop options, as bytes. */
export const IPV6_HOPOPTS: number = 54;
/** Destination options that precede a routing header, as bytes. */
export const IPV6_RTHDRDSTOPTS: number = 55;
/** Receive a packet's routing header as IPV6_RTHDR. */
export const IPV6_RECVRTHDR: number = 56;
/** A packet's routing header, as bytes. */
export const IPV6_RTHDR: number = 57;
/** Receive a packet's destination options as IPV6_DSTOPTS. */
export const IPV6_RECVDSTOPTS: number = 58;
/** A packet's destination options, as bytes. */
export const IPV6_DSTOPTS: number = 59;
/** Receive changes of the path's MTU as IPV6_PATHMTU. */
export const IPV6_RECVPATHMTU: number = 60;
/** The path's MTU in bytes: a `struct ip6_mtuinfo`. Read only. */
export const IPV6_PATHMTU: number = 61;
/** Never fragment: packets larger than the MTU fail with EMSGSIZE. */
export const IPV6_DONTFRAG: number = 62;
/** Receive a packet's traffic class as IPV6_TCLASS. */
export const IPV6_RECVTCLASS: number = 66;
/** Traffic class of sent packets, 0 to 255: DSCP and ECN; -1: 0. */
export const IPV6_TCLASS: number = 67;

/** Routing header type 0, source routing, which RFC 5095 deprecates. */
export const IPV6_RTHDR_TYPE_0: number = 0;

// TCP: the options at the level `IPPROTO_TCP`.

/** Send small segments at once, without Nagle's delay. */
export const TCP_NODELAY: number = 1;
/** Largest segment to send, in bytes. */
export const TCP_MAXSEG: number = 2;
/** Hold back partial segments until it is off, for 200 ms at most. */
export const TCP_CORK: number = 3;
/** Seconds of idleness before the first keep-alive probe. */
export const TCP_KEEPIDLE: number = 4;
/** Seconds between keep-alive probes. */
export const TCP_KEEPINTVL: number = 5;
/** Unanswered keep-alive probes before the connection is dropped. */
export const TCP_KEEPCNT: number = 6;
/** How often the SYN is sent again before connect gives up. */
export const TCP_SYNCNT: number = 7;
/** Seconds that a closed connection stays in FIN_WAIT2. */
export const TCP_LINGER2: number = 8;
/** Listener: seconds to wait for data before accept reports a client. */
export const TCP_DEFER_ACCEPT: number = 9;
/** Upper bound of the advertised window, in bytes. */
export const TCP_WINDOW_CLAMP: number = 10;
/** State and figures of the connection: a `struct tcp_info`. Read only. */
export const TCP_INFO: number = 11;
/** Acknowledge at once; the kernel may turn it off again by itself. */
export const TCP_QUICKACK: number = 12;
/** Name of the congestion control algorithm, a string. */
export const TCP_CONGESTION: number = 13;
/** Key of MD5 signatures (RFC 2385) for a peer: a `struct tcp_md5sig`. */
export const TCP_MD5SIG: number = 14;
/** A thin stream's retransmissions do not back off exponentially. */
export const TCP_THIN_LINEAR_TIMEOUTS: number = 16;
/** A thin stream resends after one duplicate ACK; unused since 4.11. */
export const TCP_THIN_DUPACK: number = 17;
/** Milliseconds sent data may go unacknowledged; 0: as the system. */
export const TCP_USER_TIMEOUT: number = 18;
/** Repair mode, to save and restore a connection; CAP_NET_ADMIN. */
export const TCP_REPAIR: number = 19;
/** Repair mode: the queue meant, 0 none, 1 receive, 2 send. */
export const TCP_REPAIR_QUEUE: number = 20;
/** Repair mode: the queue's next sequence number. */
export const TCP_QUEUE_SEQ: number = 21;
/** Repair mode: negotiated options, each a `struct tcp_repair_opt`. */
export const TCP_REPAIR_OPTIONS: number = 22;
/** Listener accepts data in SYNs: the most pending connections of this kind. */
export const TCP_FASTOPEN: number = 23;
/** Clock of its timestamps, in milliseconds; set in repair mode. */
export const TCP_TIMESTAMP: number = 24;
/** Unsent bytes from which on the socket is not writable. */
export const TCP_NOTSENT_LOWAT: number = 25;
/** Figures of the congestion control: a `union tcp_cc_info`. Read only. */
export const TCP_CC_INFO: number = 26;
/** Listener keeps the headers of each SYN for TCP_SAVED_SYN. */
export const TCP_SAVE_SYN: number = 27;
/** Headers of the connection's SYN, as bytes, once. Read only. */
export const TCP_SAVED_SYN: number = 28;
/** Repair mode: the windows: a `struct tcp_repair_window`. */
export const TCP_REPAIR_WINDOW: number = 29;
/** Connect defers its SYN to the first write, which it then carries. */
export const TCP_FASTOPEN_CONNECT: number = 30;
/** Name of an upper layer protocol to attach, such as "tls". */
export const TCP_ULP: number = 31;
/** As TCP_MD5SIG, for all peers of a prefix or a device. */
export const TCP_MD5SIG_EXT: number = 32;
/** Key of Fast Open cookies: 16 bytes, or 32 with a backup. */
export const TCP_FASTOPEN_KEY: number = 33;
/** Fast Open without cookies. */
export const TCP_FASTOPEN_NO_COOKIE: number = 34;
/** Map received pages into memory: a `struct tcp_zerocopy_receive`. */
export const TCP_ZEROCOPY_RECEIVE: number = 35;
/** Receive, with the data, how many bytes are still queued. */
export const TCP_INQ: number = 36;
/** Delay of each packet sent, in microseconds. */
export const TCP_TX_DELAY: number = 37;

// UDP-Lite: the options at the level `IPPROTO_UDPLITE`.
//
// A coverage is a number of bytes from the start of the datagram, whose first 8
// are its header; 0 stands for the whole datagram.

/** Coverage of the checksum of each datagram sent, 0 or 8 to 65535. */
export const UDPLITE_SEND_CSCOV: number = 10;
/** Least coverage to receive, 0 or 8 to 65535: less is dropped. */
export const UDPLITE_RECV_CSCOV: number = 11;

// Netlink: the peer of an `AF_NETLINK` socket, its third argument.

/** Routes, links, addresses and neighbours, rtnetlink(7). */
export const NETLINK_ROUTE: number = 0;
/** Set aside for protocols between programs. */
export const NETLINK_USERSOCK: number = 2;
/** IPv4 packets from netfilter, by ip_queue; gone since Linux 3.5. */
export const NETLINK_FIREWALL: number = 3;
/** Packets that netfilter logs, by ULOG; gone since Linux 3.17. */
export const NETLINK_NFLOG: number = 5;
/** IPsec: its security associations and policies. */
export const NETLINK_XFRM: number = 6;
/** IPv6 packets from netfilter, by ip6_queue; gone since Linux 3.5. */
export const NETLINK_IP6_FW: number = 13;
/** Routing messages of DECnet; obsolete. */
export const NETLINK_DNRTMSG: number = 14;
/** The kernel's ciphers: ask which there are, and configure them. */
export const NETLINK_CRYPTO: number = 21;

// Link-layer packets: the receiver of a packet on an `AF_PACKET` socket, and the Ethernet
// protocols, in network byte order, for the socket's third argument.

/** To this host. */
export const PACKET_HOST: number = 0;
/** To every host on the link. */
export const PACKET_BROADCAST: number = 1;
/** To a multicast address of the link. */
export const PACKET_MULTICAST: number = 2;
/** To another host: received in promiscuous mode. */
export const PACKET_OTHERHOST: number = 3;
/** From this host: a copy of a sent packet. */
export const PACKET_OUTGOING: number = 4;
/** Looped back inside the kernel; programs never see it. */
export const PACKET_LOOPBACK: number = 5;
/** Routed on a fast path inside the kernel; programs never see it. */
export const PACKET_FASTROUTE: number = 6;

/** Every protocol. */
export const ETH_P_ALL: number = 0x0003;
/** IPv4. */
export const ETHERTYPE_IP: number = 0x0800;
/** Address resolution: which link address has an IPv4 address. */
export const ETHERTYPE_ARP: number = 0x0806;
/** A frame with an IEEE 802.1Q tag: it belongs to a virtual LAN. */
export const ETHERTYPE_VLAN: number = 0x8100;
/** IPv6. */
export const ETHERTYPE_IPV6: number = 0x86dd;

// Sockets between a virtual machine and its host, vsock(7).
//
// The options are at the level `AF_VSOCK`.

/** Buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_SIZE: number = 0;
/** Least buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE: number = 1;
/** Largest buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE: number = 2;

/** Context to bind to: any of this machine's. */
export const VMADDR_CID_ANY: number = 0xffffffff;
/** Context of this machine itself: its loopback. */
export const VMADDR_CID_LOCAL: number = 1;
/** Context of the host. */
export const VMADDR_CID_HOST: number = 2;
/** Port to bind to: any free one. */
export const VMADDR_PORT_ANY: number = 0xffffffff;
/** The version that a driver without one reports. */
export const VM_SOCKETS_INVALID_VERSION: number = 0xffffffff;

/** Request of ioctl(2) on /dev/vsock: this machine's context. */
export const IOCTL_VM_SOCKETS_GET_LOCAL_CID: number = 0x07b9;

// TIPC, messages between the processes of a cluster: addresses, options at the
// level `SOL_TIPC`, and subscriptions to the topology service.

/** Kind of address: a service type and a range of its instances. */
export const TIPC_ADDR_NAMESEQ: number = 1;
/** Kind of address: a service type and one instance. */
export const TIPC_ADDR_NAME: number = 2;
/** Kind of address: one socket, by node and reference. */
export const TIPC_ADDR_ID: number = 3;

/** Known in the zone; the same as the cluster since Linux 4.17. */
export const TIPC_ZONE_SCOPE: number = 1;
/** Known in the whole cluster. */
export const TIPC_CLUSTER_SCOPE: number = 2;
/** Known on this node alone. */
export const TIPC_NODE_SCOPE: number = 3;

/** Option: importance of messages: the least go first in congestion. */
export const TIPC_IMPORTANCE: number = 127;
/** Option: messages may be dropped here when the link is congested. */
export const TIPC_SRC_DROPPABLE: number = 128;
/** Option: undeliverable messages are dropped, not returned. */
export const TIPC_DEST_DROPPABLE: number = 129;
/** Option: milliseconds that connect waits; at first 8000. */
export const TIPC_CONN_TIMEOUT: number = 130;

/** The importance when none is set. */
export const TIPC_LOW_IMPORTANCE: number = 0;
/** Dropped after those of low importance. */
export const TIPC_MEDIUM_IMPORTANCE: number = 1;
/** Dropped after those of medium importance. */
export const TIPC_HIGH_IMPORTANCE: number = 2;
/** Dropped last. */
export const TIPC_CRITICAL_IMPORTANCE: number = 3;

/** Subscription: an event for every socket that comes or goes. */
export const TIPC_SUB_PORTS: number = 1;
/** Subscription: an event for the first that comes and the last to go. */
export const TIPC_SUB_SERVICE: number = 2;
/** Ends a subscription that was made with the same values. */
export const TIPC_SUB_CANCEL: number = 4;
/** A subscription without a time-out, which else is in milliseconds. */
export const TIPC_WAIT_FOREVER: -1 = -1;

/** Event: a service of the range came. */
export const TIPC_PUBLISHED: number = 1;
/** Event: a service of the range went. */
export const TIPC_WITHDRAWN: number = 2;
/** Event: the subscription's time is over. */
export const TIPC_SUBSCR_TIMEOUT: number = 3;

/** Service type whose instances are the nodes of the cluster. */
export const TIPC_CFG_SRV: number = 0;
/** Service type of the topology service, which takes subscriptions. */
export const TIPC_TOP_SRV: number = 1;

// Bluetooth: protocols of an `AF_BLUETOOTH` socket, its third argument; its
// addresses; and the options at the level `SOL_HCI`.
//
// CPython has them where it was built with BlueZ's headers.

/** Protocol: packets over a logical link. */
export const BTPROTO_L2CAP: number = 0;
/** Protocol: commands and events of the controller. */
export const BTPROTO_HCI: number = 1;
/** Protocol: sound, at a constant rate. */
export const BTPROTO_SCO: number = 2;
/** Protocol: a stream like a serial line's. */
export const BTPROTO_RFCOMM: number = 3;

/** Any address, or any adapter to bind to. */
export const BDADDR_ANY = "00:00:00:00:00:00";
/** This host's own adapter. */
export const BDADDR_LOCAL = "00:00:00:FF:FF:FF";

/** Sockets of the controller: the level of the `HCI_*` options. */
export const SOL_HCI: number = 0;
/** Receive each packet's direction as ancillary data: 0 or 1. */
export const HCI_DATA_DIR: number = 1;
/** Which packets and events to receive: a `struct hci_filter`. */
export const HCI_FILTER: number = 2;
/** Receive each packet's time as ancillary data: 0 or 1. */
export const HCI_TIME_STAMP: number = 3;

// The kernel's ciphers and hashes, through an `AF_ALG` socket.
//
// The `ALG_SET_*` are options or ancillary messages at the level `SOL_ALG`.

/** Option: the key, as bytes. */
export const ALG_SET_KEY: number = 1;
/** Ancillary: the initialisation vector, a `struct af_alg_iv`. */
export const ALG_SET_IV: number = 2;
/** Ancillary: the operation, an `ALG_OP_*` number. */
export const ALG_SET_OP: number = 3;
/** Ancillary: bytes at the start that are authenticated, not encrypted. */
export const ALG_SET_AEAD_ASSOCLEN: number = 4;
/** Option: bytes of the authentication tag, given as the length. */
export const ALG_SET_AEAD_AUTHSIZE: number = 5;
/** A public key, in CPython alone; to Linux 6 is the entropy of a DRBG. */
export const ALG_SET_PUBKEY: number = 6;

/** Decrypt the sent data. */
export const ALG_OP_DECRYPT: number = 0;
/** Encrypt the sent data. */
export const ALG_OP_ENCRYPT: number = 1;
/** Sign the sent data, in CPython only; Linux lacks the operation. */
export const ALG_OP_SIGN: number = 2;
/** Verify a signature, in CPython only; Linux lacks the operation. */
export const ALG_OP_VERIFY: number = 3;

// The controller area network: protocols of an `AF_CAN` socket, its third
// argument; bits of an identifier; the options of raw sockets, at the level
// `SOL_CAN_RAW`; and the broadcast manager's messages.

/** Protocol: single frames, as they are. */
export const CAN_RAW: number = 1;
/** Protocol: the broadcast manager sends and filters frames by itself. */
export const CAN_BCM: number = 2;
/** Protocol: ISO 15765-2, messages of many frames between two nodes. */
export const CAN_ISOTP: number = 6;
/** Protocol: SAE J1939, of trucks and tractors. */
export const CAN_J1939: number = 7;

/** Identifier bit: an extended frame, of 29 bits. */
export const CAN_EFF_FLAG: number = 0x80000000;
/** Identifier bit: a request that another node send this frame. */
export const CAN_RTR_FLAG: number = 0x40000000;
/** Identifier bit: the frame tells of an error. */
export const CAN_ERR_FLAG: number = 0x20000000;
/** Bits of a standard frame's identifier, 11. */
export const CAN_SFF_MASK: number = 0x000007ff;
/** Bits of an extended frame's identifier, 29. */
export const CAN_EFF_MASK: number = 0x1fffffff;
/** Bits of an error frame that tell the kind of error. */
export const CAN_ERR_MASK: number = 0x1fffffff;

/** Which frames to receive: an array of `struct can_filter`. */
export const CAN_RAW_FILTER: number = 1;
/** Which errors to receive: a mask. */
export const CAN_RAW_ERR_FILTER: number = 2;
/** Other sockets of this host receive sent frames: 1 by default. */
export const CAN_RAW_LOOPBACK: number = 3;
/** The socket receives its own frames: 0 by default. */
export const CAN_RAW_RECV_OWN_MSGS: number = 4;
/** Allow CAN FD frames, of up to 64 bytes: 0, unless set to 1. */
export const CAN_RAW_FD_FRAMES: number = 5;
/** A frame must pass all filters, not just one: 0, unless set to 1. */
export const CAN_RAW_JOIN_FILTERS: number = 6;

/** To the broadcast manager: send frames in a cycle. */
export const CAN_BCM_TX_SETUP: number = 1;
/** To the broadcast manager: end a cycle. */
export const CAN_BCM_TX_DELETE: number = 2;
/** To the broadcast manager: ask how a cycle is set up. */
export const CAN_BCM_TX_READ: number = 3;
/** To the broadcast manager: send one frame. */
export const CAN_BCM_TX_SEND: number = 4;
/** To the broadcast manager: receive frames by their content. */
export const CAN_BCM_RX_SETUP: number = 5;
/** To the broadcast manager: end a reception. */
export const CAN_BCM_RX_DELETE: number = 6;
/** To the broadcast manager: ask how a reception is set up. */
export const CAN_BCM_RX_READ: number = 7;
/** From the broadcast manager: the answer to CAN_BCM_TX_READ. */
export const CAN_BCM_TX_STATUS: number = 8;
/** From the broadcast manager: all frames of a cycle are sent. */
export const CAN_BCM_TX_EXPIRED: number = 9;
/** From the broadcast manager: the answer to CAN_BCM_RX_READ. */
export const CAN_BCM_RX_STATUS: number = 10;
/** From the broadcast manager: an expected frame did not come. */
export const CAN_BCM_RX_TIMEOUT: number = 11;
/** From the broadcast manager: a frame came whose content is new. */
export const CAN_BCM_RX_CHANGED: number = 12;

/** Flag: take over the intervals and the count of this message. */
export const CAN_BCM_SETTIMER: number = 0x0001;
/** Flag: start the timer now. */
export const CAN_BCM_STARTTIMER: number = 0x0002;
/** Flag: report CAN_BCM_TX_EXPIRED when the count is used up. */
export const CAN_BCM_TX_COUNTEVT: number = 0x0004;
/** Flag: send changed content at once, not in the next cycle. */
export const CAN_BCM_TX_ANNOUNCE: number = 0x0008;
/** Flag: put this message's identifier into each of its frames. */
export const CAN_BCM_TX_CP_CAN_ID: number = 0x0010;
/** Flag: receive by identifier alone, whatever the content. */
export const CAN_BCM_RX_FILTER_ID: number = 0x0020;
/** Flag: a changed length of the data is a change, too. */
export const CAN_BCM_RX_CHECK_DLC: number = 0x0040;
/** Flag: do not start the time-out when a frame comes. */
export const CAN_BCM_RX_NO_AUTOTIMER: number = 0x0080;
/** Flag: report the first frame after a time-out, changed or not. */
export const CAN_BCM_RX_ANNOUNCE_RESUME: number = 0x0100;
/** Flag: begin the cycle with its first frame again. */
export const CAN_BCM_TX_RESET_MULTI_IDX: number = 0x0200;
/** Flag: answer a request for the frame with the frame given. */
export const CAN_BCM_RX_RTR_FRAME: number = 0x0400;
/** Flag: the frames of this message are CAN FD frames. */
export const CAN_BCM_CAN_FD_FRAME: number = 0x0800;

// SAE J1939 on a controller area network.
//
// The options and ancillary messages are at the level
// `SOL_CAN_BASE + CAN_J1939`.

/** The last address that a single node can have. */
export const J1939_MAX_UNICAST_ADDR: number = 0xfd;
/** Address of a node that has none yet. */
export const J1939_IDLE_ADDR: number = 0xfe;
/** No address: every node, as a destination. */
export const J1939_NO_ADDR: number = 0xff;
/** No name: the node is known by its address. */
export const J1939_NO_NAME: number = 0;

/** Parameter group: asks for another parameter group. */
export const J1939_PGN_REQUEST: number = 0x0ea00;
/** Parameter group: a node claims an address. */
export const J1939_PGN_ADDRESS_CLAIMED: number = 0x0ee00;
/** Parameter group: a node is told which address to take. */
export const J1939_PGN_ADDRESS_COMMANDED: number = 0x0fed8;
/** The last parameter group that has a destination address. */
export const J1939_PGN_PDU1_MAX: number = 0x3ff00;
/** The last parameter group. */
export const J1939_PGN_MAX: number = 0x3ffff;
/** No parameter group: any, as a source. */
export const J1939_NO_PGN: number = 0x40000;

/** Option: which messages to receive: `struct j1939_filter` each. */
export const SO_J1939_FILTER: number = 1;
/** Option: also receive messages for other nodes: 0 or 1. */
export const SO_J1939_PROMISC: number = 2;
/** Option: priority of sent messages, from 0, the highest, to 7. */
export const SO_J1939_SEND_PRIO: number = 3;
/** Option: report the progress of sent messages to MSG_ERRQUEUE: 0 or 1. */
export const SO_J1939_ERRQUEUE: number = 4;
/** How many filters SO_J1939_FILTER takes at most. */
export const J1939_FILTER_MAX: number = 512;

/** Ancillary: the address a message was sent to, a byte. */
export const SCM_J1939_DEST_ADDR: number = 1;
/** Ancillary: the name of the node a message was sent to, 8 bytes. */
export const SCM_J1939_DEST_NAME: number = 2;
/** Ancillary: a message's priority, a byte. */
export const SCM_J1939_PRIO: number = 3;
/** Ancillary: progress or error of a message that was sent. */
export const SCM_J1939_ERRQUEUE: number = 4;

/** Attribute of a progress report: padding. */
export const J1939_NLA_PAD: number = 0;
/** Attribute of a progress report: bytes acknowledged so far. */
export const J1939_NLA_BYTES_ACKED: number = 1;
/** Report: nothing in particular. */
export const J1939_EE_INFO_NONE: number = 0;
/** Report: the sending was given up. */
export const J1939_EE_INFO_TX_ABORT: number = 1;
