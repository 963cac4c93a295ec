/**
 * What every socket has: families, types, levels, options, flags of a call;
 * and the resolver.
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
export const PF_PACKET = 17;
/** The same number as AF_RDS. */
export const PF_RDS = 21;
/** The same number as AF_CAN. */
export const PF_CAN = 29;

// Socket types: the second argument of `socket()`.

/** A two-way stream of bytes over a connection, reliable and in order. */
export const SOCK_STREAM = 1;
/** Datagrams: each one whole, but it may be lost or overtaken. */
export const SOCK_DGRAM = 2;
/** Packets below the transport layer, headers and all; privileged. */
export const SOCK_RAW = 3;
/** Reliable datagrams that may come out of order. */
export const SOCK_RDM = 4;
/** Whole messages over a connection, reliable and in order. */
export const SOCK_SEQPACKET = 5;
/** Or-ed into the type: the new descriptor does not block. */
export const SOCK_NONBLOCK = 2048;
/** Or-ed into the type: the new descriptor is closed across exec. */
export const SOCK_CLOEXEC = 524288;

// Levels: whose option `getsockopt()` and `setsockopt()` mean, and whose
// ancillary message it is.

/** The socket itself, whatever its protocol: the `SO_*` options. */
export const SOL_SOCKET = 1;
/** IPv4: the `IP_*` options. */
export const SOL_IP = 0;
/** TCP: the `TCP_*` options. */
export const SOL_TCP = 6;
/** UDP. */
export const SOL_UDP = 17;
/** The CAN protocols: a protocol's own level is this plus its number. */
export const SOL_CAN_BASE = 100;
/** Raw CAN sockets: the `CAN_RAW_*` options. */
export const SOL_CAN_RAW = 101;
/** TIPC: the `TIPC_*` options. */
export const SOL_TIPC = 271;
/** Reliable datagram sockets. */
export const SOL_RDS = 276;
/** The kernel's ciphers and hashes: the `ALG_SET_*` options. */
export const SOL_ALG = 279;

// Options of every socket, at the level `SOL_SOCKET`, and `listen()`'s limit.
//
// An option is an integer, 0 for off and 1 for on, unless its line says more.

/** Record debugging information; needs CAP_NET_ADMIN. */
export const SO_DEBUG = 1;
/** Bind to an address that is in use, unless a socket listens there. */
export const SO_REUSEADDR = 2;
/** The socket's type, a `SOCK_*` number. Read only. */
export const SO_TYPE = 3;
/** The pending error, an errno, which reading clears. Read only. */
export const SO_ERROR = 4;
/** Send to directly connected hosts only, past any gateway. */
export const SO_DONTROUTE = 5;
/** Allow datagrams to a broadcast address. */
export const SO_BROADCAST = 6;
/** Send buffer in bytes; the kernel doubles what is set. */
export const SO_SNDBUF = 7;
/** Receive buffer in bytes; the kernel doubles what is set. */
export const SO_RCVBUF = 8;
/** Probe an idle connection, to notice a peer that is gone. */
export const SO_KEEPALIVE = 9;
/** Leave urgent data in the stream, without MSG_OOB. */
export const SO_OOBINLINE = 10;
/** Priority of what is sent, 0 to 6; others need CAP_NET_ADMIN. */
export const SO_PRIORITY = 12;
/** Whether and how long, in seconds, close waits: a `struct linger`. */
export const SO_LINGER = 13;
/** Share the address with other sockets of this user, and its load. */
export const SO_REUSEPORT = 15;
/** Receive the sender's process, user and group with SCM_CREDENTIALS. */
export const SO_PASSCRED = 16;
/** Process, user and group of the local peer: a `struct ucred`. Read only. */
export const SO_PEERCRED = 17;
/** Least number of bytes that makes a receive return. */
export const SO_RCVLOWAT = 18;
/** Least number of bytes to send at once: always 1. Read only. */
export const SO_SNDLOWAT = 19;
/** How long a receive may block: a `struct timeval`; 0: for ever. */
export const SO_RCVTIMEO = 20;
/** How long a send may block: a `struct timeval`; 0: for ever. */
export const SO_SNDTIMEO = 21;
/** Name of the one network device to use; empty: any. */
export const SO_BINDTODEVICE = 25;
/** 1 for a socket that listens, else 0. Read only. */
export const SO_ACCEPTCONN = 30;
/** Security context of the peer, a string. Read only. */
export const SO_PEERSEC = 31;
/** Receive the sender's security context as ancillary data. */
export const SO_PASSSEC = 34;
/** Mark of each packet sent, for routing and filters; CAP_NET_ADMIN. */
export const SO_MARK = 36;
/** The socket's protocol, such as `IPPROTO_TCP`. Read only. */
export const SO_PROTOCOL = 38;
/** The socket's address family, an `AF_*` number. Read only. */
export const SO_DOMAIN = 39;
/** The CPU that handles this socket's packets, or should. */
export const SO_INCOMING_CPU = 49;
/** Index of the one network device to use; 0: any. */
export const SO_BINDTOIFINDEX = 62;

/** Default of net.core.somaxconn, which caps listen's backlog. */
export const SOMAXCONN = 4096;

// Flags of one send or receive, and kinds of ancillary message.

/** Send or receive urgent (out-of-band) data. */
export const MSG_OOB = 0x1;
/** Receive without taking the data off the queue. */
export const MSG_PEEK = 0x2;
/** Send to directly connected hosts only, past any gateway. */
export const MSG_DONTROUTE = 0x4;
/** Result: ancillary data was cut off, its buffer was too small. */
export const MSG_CTRUNC = 0x8;
/** Result: the datagram was cut off. As a flag: return its full length. */
export const MSG_TRUNC = 0x20;
/** This one call does not block: EAGAIN instead. */
export const MSG_DONTWAIT = 0x40;
/** The end of a record, where the socket type has records. */
export const MSG_EOR = 0x80;
/** Block until all that was asked for has come. */
export const MSG_WAITALL = 0x100;
/** The neighbour answered: its ARP entry need not be probed again. */
export const MSG_CONFIRM = 0x800;
/** Receive a queued error, with the packet that caused it. */
export const MSG_ERRQUEUE = 0x2000;
/** Raise no SIGPIPE when the peer is gone, only EPIPE. */
export const MSG_NOSIGNAL = 0x4000;
/** More follows: hold back a partial segment or datagram. */
export const MSG_MORE = 0x8000;
/** Connect and send in one step, the data in the SYN. */
export const MSG_FASTOPEN = 0x20000000;
/** Received descriptors are closed across exec. */
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** Ancillary message: open file descriptors, an array of `int`. */
export const SCM_RIGHTS = 1;
/** Ancillary message: the sender's pid, uid and gid, a `struct ucred`. */
export const SCM_CREDENTIALS = 2;

// What `shutdown()` ends.

/** Receiving. */
export const SHUT_RD = 0;
/** Sending: the peer reads what is queued, then the end of the stream. */
export const SHUT_WR = 1;
/** Both receiving and sending. */
export const SHUT_RDWR = 2;

// Names and addresses: the flags and errors of `getaddrinfo()` and `getnameinfo()`.

/** getaddrinfo: for bind: no host means the wildcard address. */
export const AI_PASSIVE = 0x1;
/** getaddrinfo: the first result carries the host's canonical name. */
export const AI_CANONNAME = 0x2;
/** getaddrinfo: the host is an address; look no name up. */
export const AI_NUMERICHOST = 0x4;
/** getaddrinfo: for AF_INET6, map IPv4 addresses if there are no others. */
export const AI_V4MAPPED = 0x8;
/** getaddrinfo: with AI_V4MAPPED, IPv6 and mapped IPv4 addresses. */
export const AI_ALL = 0x10;
/** getaddrinfo: only families of which this host has an address. */
export const AI_ADDRCONFIG = 0x20;
/** getaddrinfo: the service is a port number; look no name up. */
export const AI_NUMERICSERV = 0x400;

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
export const NI_NUMERICHOST = 0x1;
/** getnameinfo: the port as a number. */
export const NI_NUMERICSERV = 0x2;
/** getnameinfo: a local host without its domain. */
export const NI_NOFQDN = 0x4;
/** getnameinfo: a host without a name is an error. */
export const NI_NAMEREQD = 0x8;
/** getnameinfo: the service is UDP's, not TCP's. */
export const NI_DGRAM = 0x10;
/** getnameinfo: decode an internationalised host name. */
export const NI_IDN = 0x20;
/** Bytes that any host name fits in, its final NUL included. */
export const NI_MAXHOST = 1025;
/** Bytes that any service name fits in, its final NUL included. */
export const NI_MAXSERV = 32;
