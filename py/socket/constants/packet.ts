/**
 * Link-layer packets: whom a packet that an `AF_PACKET` socket received was
 * for, and the Ethernet protocols to ask for, in network byte order, as the
 * socket's third argument.
 *
 * @module
 */

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
