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

export * from "./core.ts";
export * from "./internet.ts";
export * from "./linux.ts";
export * from "./can.ts";
