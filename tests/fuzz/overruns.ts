/**
 * What guard.c must notice: each does with libc what no call of the package may do.
 *
 * Argument: which.
 *
 * @module
 */

import { guard } from "./guard.ts";

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // void *memset(void *s, int c, size_t n)
  memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
  // int memfd_create(const char *name, unsigned int flags)
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  // int ftruncate(int fd, off_t length)
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  // ssize_t pread(int fd, void *buf, size_t count, off_t offset)
  pread: { parameters: ["i32", "pointer", "usize", "i64"], result: "isize" },
  // void *calloc(size_t nmemb, size_t size)
  calloc: { parameters: ["usize", "usize"], result: "pointer" },
  // void free(void *ptr)
  free: { parameters: ["pointer"], result: "void" },
});

const SIZE = 100;
// One begins at a guard page, and one ends there.
const kept = [new Uint8Array(SIZE), new Uint8Array(SIZE)];
const blocks = () =>
  kept.map((one) => Deno.UnsafePointer.of(one) as Deno.PointerObject);

/** The one without an overrun. */
export const NOTHING = "a buffer that is filled to its end";

/** By the names that the tests have. */
export const OVERRUNS: Readonly<Record<string, () => void>> = {
  [NOTHING]: () => {
    for (const one of blocks()) libc.memset(one, 1, BigInt(SIZE));
  },
  "a byte written behind a buffer": () => {
    for (const one of blocks()) libc.memset(one, 1, BigInt(SIZE + 1));
  },
  "a byte written before a buffer": () => {
    for (const one of blocks()) {
      libc.memset(Deno.UnsafePointer.offset(one, -1), 1, 1n);
    }
  },
  "a byte written behind a buffer by the kernel": () => {
    const file = libc.memfd_create(new Uint8Array(1), 0);
    libc.ftruncate(file, 2n * BigInt(SIZE));
    for (const one of blocks()) libc.pread(file, one, BigInt(SIZE + 1), 0n);
  },
  "a byte written into memory that was freed": () => {
    const block = libc.calloc(1n, BigInt(SIZE));
    libc.free(block);
    libc.memset(block, 1, 1n);
  },
};

if (import.meta.main) {
  OVERRUNS[Deno.args[0]!]!();
  guard!.look();
  console.log("nothing was noticed");
}
