/**
 * `fd_set` of select(2): a bit for each descriptor.
 *
 * The kernel's bitmap is an array of `unsigned long`; on x86-64 and aarch64, both
 * little-endian, 32-bit words lie in the same order. Unlike the C macros, these sets
 * are as long as their highest descriptor needs.
 *
 * @module
 */

/** How many 32-bit words the kernel reads and writes for descriptors below `nfds`. */
export function fd_set_words(nfds: number): number {
  // It copies whole longs: 64 bits at a time.
  return ((nfds + 63) >>> 6) << 1;
}

/** Adds a descriptor to a set. */
export function FD_SET(fd: number, set: Int32Array): void {
  set[fd >>> 5] = set[fd >>> 5]! | (1 << (fd & 31));
}

/** Whether a descriptor is in a set. */
export function FD_ISSET(fd: number, set: Int32Array): boolean {
  return (set[fd >>> 5]! & (1 << (fd & 31))) !== 0;
}
