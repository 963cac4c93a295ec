/**
 * A `test()` that fails when a descriptor is left open.
 *
 * Deno denies `/proc` to programs without `--allow-all`, so the open descriptors are listed
 * through libc, as ls(1) does it.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
// The reactor keeps its descriptors: open it before the first test.
import "./reactor.ts";

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int open(const char *pathname, int flags)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // ssize_t getdents64(int fd, void *dirp, size_t count)
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // ssize_t readlink(const char *pathname, char *buf, size_t bufsiz)
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
});

const FOLDER = "/proc/self/fd";
const O_DIRECTORY_CLOEXEC = Deno.build.arch === "aarch64" ? 0x84000 : 0x90000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const entries = new Uint8Array(65536);
const target = new Uint8Array(4096);

/** Lists a folder: walks `struct linux_dirent64`. */
function names(folder: number): string[] {
  const found: string[] = [];
  for (;;) {
    const size = Number(
      libc.getdents64(folder, entries, BigInt(entries.length)),
    );
    if (size <= 0) return found;
    const view = new DataView(entries.buffer);
    for (let at = 0; at < size; at += view.getUint16(at + 16, true)) {
      // d_ino, d_off, d_reclen and d_type come before d_name.
      const end = entries.indexOf(0, at + 19);
      found.push(decoder.decode(entries.subarray(at + 19, end)));
    }
  }
}

/** Describes a descriptor: `socket:[4711]`, `/dev/null`; `null` if it is closed. */
function what(fd: number): string | null {
  const path = encoder.encode(`${FOLDER}/${fd}\0`);
  const size = Number(libc.readlink(path, target, BigInt(target.length)));
  return size < 0 ? null : decoder.decode(target.subarray(0, size));
}

// A thread of the runtime opens its caches, some time after the start, and nothing awaits it. A
// Deno of another version deletes their files, and makes its own.
const CACHE = /_cache_v\d+(-wal|-shm|-journal)?( \(deleted\))?$/;

/** The open descriptors of this process, as `5 -> socket:[4711]`; none of the runtime's caches. */
export function open_descriptors(): Set<string> {
  const folder = libc.open(encoder.encode(FOLDER + "\0"), O_DIRECTORY_CLOEXEC);
  if (folder < 0) throw new AssertionError(`Cannot open ${FOLDER}`);
  const found = names(folder).filter((name) => /^\d+$/.test(name)).map(Number);
  libc.close(folder);
  const open = new Set<string>();
  for (const fd of found) {
    const description = fd === folder ? null : what(fd);
    if (description === null || CACHE.test(description)) continue;
    open.add(`${fd} -> ${description}`);
  }
  return open;
}

// The most turns of 10 ms to wait; a test that passes needs few.
const PATIENCE = 1000;

/** Fails if other descriptors are open now than before. */
async function check(before: ReadonlySet<string>): Promise<void> {
  // Deno closes some of its own descriptors later, on other threads.
  for (let turn = 0;; turn++) {
    const after = open_descriptors();
    const left = after.difference(before), lost = before.difference(after);
    if (left.size === 0 && lost.size === 0) return;
    if (turn === PATIENCE) {
      throw new AssertionError(
        `Open descriptors differ after the test\n\n` +
          `  Left open: ${[...left].join(", ") || "none"}\n` +
          `  Closed:    ${[...lost].join(", ") || "none"}\n`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Deno's sanitizers, which are off by default in Deno 2.9. */
export type Sanitizers = Pick<
  Deno.TestDefinition,
  "sanitizeOps" | "sanitizeResources"
>;

/** Registers a `Deno.test` that also fails if the open descriptors differ after it. */
export function test(
  name: string,
  fn: () => void | Promise<void>,
  sanitizers: Sanitizers = {},
): void {
  Deno.test({
    name,
    ...sanitizers,
    fn: async () => {
      const before = open_descriptors();
      await fn();
      await check(before);
    },
  });
}
