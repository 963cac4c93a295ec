/**
 * The constants of Python's `socket` module, with Linux's values.
 *
 * Every name that CPython 3.13 exports on Linux is here, in one file per kind,
 * and with them those that 3.14 adds, apart from its further Bluetooth options.
 *
 * The values come from Linux's headers, asm-generic for the socket options, and
 * from glibc's. They are the same on x86-64 and aarch64, which both use the
 * asm-generic ones.
 *
 * @module
 */

export * from "./family.ts";
export * from "./type.ts";
export * from "./level.ts";
export * from "./option.ts";
export * from "./message.ts";
export * from "./shutdown.ts";
export * from "./ip.ts";
export * from "./ipv6.ts";
export * from "./tcp.ts";
export * from "./udp.ts";
export * from "./resolver.ts";
export * from "./netlink.ts";
export * from "./packet.ts";
export * from "./vsock.ts";
export * from "./can.ts";
export * from "./j1939.ts";
export * from "./tipc.ts";
export * from "./bluetooth.ts";
export * from "./alg.ts";
