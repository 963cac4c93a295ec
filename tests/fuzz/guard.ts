/**
 * Controls the library of guard.c in a process that has it in LD_PRELOAD. Imported first, it puts
 * the package's own memory beside guard pages, too.
 *
 * Run with the name of an overrun, this module makes it: guard.c must notice it.
 *
 * @module
 */

/** The functions of guard.c. */
export interface Guard {
  /** Ends the process if a byte beside a block has changed. */
  look(): void;
  /** The number of blocks beside guard pages, and of those without a slot. */
  counts(): { made: number; missed: number };
}

function started(path: string): Guard {
  const { symbols } = Deno.dlopen(path, {
    // void guard_on(void)
    guard_on: { parameters: [], result: "void" },
    // void guard_look(void)
    guard_look: { parameters: [], result: "void" },
    // void guard_counts(int64_t counts[2])
    guard_counts: { parameters: ["buffer"], result: "void" },
  });
  symbols.guard_on();
  return {
    look: symbols.guard_look,
    counts() {
      const counts = new BigInt64Array(2);
      symbols.guard_counts(counts);
      return { made: Number(counts[0]), missed: Number(counts[1]) };
    },
  };
}

const OPTION = "--guard=";
const option = Deno.args.find((one) => one.startsWith(OPTION));

/** The guard of this process; `null` without the library. */
export const guard: Guard | null = option === undefined
  ? null
  : started(option.slice(OPTION.length));

const open_libc = () =>
  Deno.dlopen("libc.so.6", {
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
  }).symbols;
type Libc = ReturnType<typeof open_libc>;

const SIZE = 100;
// One begins at a guard page, and one ends at a guard page.
const kept = [new Uint8Array(SIZE), new Uint8Array(SIZE)];
const blocks = () =>
  kept.map((one) => Deno.UnsafePointer.of(one) as Deno.PointerObject);

/** The access without an overrun. */
export const NOTHING = "a buffer that is filled to its end";

/** Overruns, by their names in tests. */
export const OVERRUNS: Readonly<Record<string, (libc: Libc) => void>> = {
  [NOTHING]: (libc) => {
    for (const one of blocks()) libc.memset(one, 1, BigInt(SIZE));
  },
  "a byte written behind a buffer": (libc) => {
    for (const one of blocks()) libc.memset(one, 1, BigInt(SIZE + 1));
  },
  "a byte written before a buffer": (libc) => {
    for (const one of blocks()) {
      libc.memset(Deno.UnsafePointer.offset(one, -1), 1, 1n);
    }
  },
  "a byte written behind a buffer by the kernel": (libc) => {
    const file = libc.memfd_create(new Uint8Array(1), 0);
    libc.ftruncate(file, 2n * BigInt(SIZE));
    for (const one of blocks()) libc.pread(file, one, BigInt(SIZE + 1), 0n);
  },
  "a byte written into memory that was freed": (libc) => {
    const block = libc.calloc(1n, BigInt(SIZE));
    libc.free(block);
    libc.memset(block, 1, 1n);
  },
};

if (import.meta.main) {
  OVERRUNS[Deno.args[0]!]!(open_libc());
  guard!.look();
  console.log("nothing was noticed");
}
