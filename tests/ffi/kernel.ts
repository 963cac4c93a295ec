/**
 * Pipes, high descriptors and timers for the tests, made without the package.
 *
 * @module
 */

import { assert } from "@std/assert";

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int pipe2(int pipefd[2], int flags)
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // int open(const char *pathname, int flags)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int timerfd_create(int clockid, int flags)
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  // int timerfd_gettime(int fd, struct itimerspec *curr_value)
  timerfd_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  // int timerfd_settime(int fd, int flags, const struct itimerspec *new_value,
  //                     struct itimerspec *old_value)
  timerfd_settime: {
    parameters: ["i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
});

const O_CLOEXEC = 0x80000;
const F_GETFD = 1;
const F_DUPFD_CLOEXEC = 1030;
const CLOCK_MONOTONIC = 1;

/** A descriptor that closes itself at the end of a `using` block. */
export class Descriptor implements Disposable {
  #fd: number;

  constructor(fd: number) {
    assert(fd >= 0, "The kernel gave no descriptor");
    this.#fd = fd;
  }

  /** The descriptor, as the package asks for it; -1 once closed. */
  fileno(): number {
    return this.#fd;
  }

  /** Writes bytes; fails if the kernel takes only a part. */
  write(bytes: Uint8Array<ArrayBuffer>): void {
    const size = libc.write(this.#fd, bytes, BigInt(bytes.length));
    assert(Number(size) === bytes.length, "write() took less");
  }

  /** Reads at most `size` bytes. */
  read(size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    const read = Number(libc.read(this.#fd, bytes, BigInt(size)));
    assert(read >= 0, "read() failed");
    return bytes.subarray(0, read);
  }

  /** Closes it; a second call does nothing. */
  close(): void {
    if (this.#fd !== -1) libc.close(this.#fd);
    this.#fd = -1;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Makes a pipe. */
export function pipe(): { r: Descriptor; w: Descriptor } & Disposable {
  const fds = new Int32Array(2);
  assert(libc.pipe2(fds, O_CLOEXEC) === 0, "pipe2() failed");
  const r = new Descriptor(fds[0]!), w = new Descriptor(fds[1]!);
  return {
    r,
    w,
    [Symbol.dispose]() {
      r.close();
      w.close();
    },
  };
}

/** Opens a file for reading. */
export function open(path: string): Descriptor {
  const name = new TextEncoder().encode(path + "\0");
  return new Descriptor(libc.open(name, O_CLOEXEC));
}

/** Duplicates a descriptor; the new number is `lowest` or the next above that is free. */
export function dup(fd: number, lowest = 0): Descriptor {
  return new Descriptor(libc.fcntl(fd, F_DUPFD_CLOEXEC, lowest));
}

/** Whether a descriptor is closed on exec. */
export function close_on_exec(fd: number): boolean {
  return libc.fcntl(fd, F_GETFD, 0) === 1;
}

/** The lowest number that is not an open descriptor. */
export function free_number(): number {
  using highest = dup(2);
  return highest.fileno();
}

/** A descriptor that becomes readable once, after a time in milliseconds. */
export function alarm(milliseconds: number): Descriptor {
  const timer = new Descriptor(libc.timerfd_create(CLOCK_MONOTONIC, O_CLOEXEC));
  const spec = new BigInt64Array([
    0n,
    0n,
    0n,
    BigInt(Math.round(milliseconds * 1e6)),
  ]);
  assert(
    libc.timerfd_settime(timer.fileno(), 0, spec, null) === 0,
    "timerfd_settime() failed",
  );
  return timer;
}

/**
 * Waits, and fails if the wait ends before a timer of the kernel that was set first.
 *
 * @param wait The wait, which must last at least that long; it may return a promise.
 */
export function lasts<T>(milliseconds: number, wait: () => T): T {
  const timer = alarm(milliseconds);
  const checked = (result: T) => {
    // The time left, not whether it is readable: a busy machine may run its interrupt late.
    const left = new BigInt64Array(4);
    libc.timerfd_gettime(timer.fileno(), left);
    timer.close();
    assert(
      left[2] === 0n && left[3] === 0n,
      `The wait ended before ${milliseconds} ms`,
    );
    return result;
  };
  const result = wait();
  if (!(result instanceof Promise)) return checked(result);
  // A wait that fails says why; how long it took does not matter then.
  return result.then(checked, (error) => {
    timer.close();
    throw error;
  }) as T;
}
