/**
 * Names and addresses: the flags and errors of `getaddrinfo()` and
 * `getnameinfo()`.
 *
 * @module
 */

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
