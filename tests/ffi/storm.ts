/**
 * A storm of signals, which interrupts every system call that this thread waits in.
 *
 * @module
 */

import { assert, AssertionError } from "@std/assert";
import { libc as bound } from "../../ffi/libc.ts";

// timer_create() and its family are in librt before glibc 2.34, and later in libc, which librt
// brings along.
const { symbols: libc } = Deno.dlopen("librt.so.1", {
  // The handler: int abs(int j) does no harm.
  abs: { type: "pointer" },
  // int sigaction(int signum, const struct sigaction *act, struct sigaction *oldact)
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // pid_t gettid(void)
  gettid: { parameters: [], result: "i32" },
  // int timer_create(clockid_t clockid, struct sigevent *sevp, timer_t *timerid)
  timer_create: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int timer_settime(timer_t timerid, int flags, const struct itimerspec *new_value,
  //                   struct itimerspec *old_value)
  timer_settime: {
    parameters: ["usize", "i32", "buffer", "buffer"],
    result: "i32",
  },
  // int timer_delete(timer_t timerid)
  timer_delete: { parameters: ["usize"], result: "i32" },
});

const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;
// A real-time signal, which nothing else in the process uses.
const SIGNAL = 50;

/**
 * Sends this very thread a signal every few milliseconds, until disposed of.
 *
 * The handler is installed without SA_RESTART, so that each signal makes a system call
 * that waits fail with EINTR.
 */
export function storm(milliseconds = 5): Disposable {
  // struct sigaction: sa_handler, sa_mask (128 bytes), sa_flags, sa_restorer.
  const action = new BigUint64Array(19), before = new BigUint64Array(19);
  action[0] = BigInt(Deno.UnsafePointer.value(libc.abs));
  assert(libc.sigaction(SIGNAL, action, before) === 0, "sigaction() failed");

  // struct sigevent: sigev_value, sigev_signo, sigev_notify, sigev_notify_thread_id.
  const event = new Int32Array(16);
  event.set([0, 0, SIGNAL, SIGEV_THREAD_ID, libc.gettid()]);
  const timer = new BigUint64Array(1);
  assert(
    libc.timer_create(CLOCK_MONOTONIC, event, timer) === 0,
    "timer_create() failed",
  );

  const period = BigInt(milliseconds) * 1000000n;
  const spec = new BigInt64Array([0n, period, 0n, period]);
  libc.timer_settime(timer[0]!, 0, spec, null);
  return {
    [Symbol.dispose]() {
      libc.timer_delete(timer[0]!);
      libc.sigaction(SIGNAL, before, null);
    },
  };
}

// Structs that are passed by address: the argument's index, and the size in 32-bit words.
const structs: Partial<
  Record<keyof typeof bound, [at: number, words: number]>
> = { select: [4, 4], epoll_ctl: [3, 3] };

/** Copies the memory at an address, as 32-bit words; `null` for NULL. */
function words_at(address: bigint, words: number): Uint32Array | null {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) return null;
  const bytes = Deno.UnsafePointerView.getArrayBuffer(pointer, 4 * words);
  return new Uint32Array(bytes.slice(0));
}

/** The package's calls of one function of libc. */
export interface Recorded extends Disposable {
  /** The arguments of each, buffers and structs as copies. */
  readonly calls: unknown[][];
}

/**
 * Waits again until a signal of the storm has interrupted a wait: on a busy machine the thread
 * may sleep through all of them. Keeps the calls of the last wait.
 */
export function interrupted({ calls }: Recorded, wait: () => void): void {
  for (let tries = 0; tries < 100; tries++) {
    calls.length = 0;
    wait();
    if (calls.length > 1) return;
  }
  throw new AssertionError("No signal interrupted the wait");
}

/**
 * Records the package's calls of one function of libc, until disposed of.
 *
 * @param name The function.
 * @param functions The table of functions: `untraced` for the reactor's calls.
 */
export function record(
  name: keyof typeof bound,
  functions: typeof bound = bound,
): Recorded {
  const table = functions as Record<string, (...args: unknown[]) => unknown>;
  const original = table[name]!;
  const calls: unknown[][] = [];
  table[name] = (...args) => {
    const call = args.map((arg) =>
      ArrayBuffer.isView(arg) ? structuredClone(arg) : arg
    );
    const struct = structs[name];
    if (struct !== undefined) {
      const [at, words] = struct;
      call[at] = words_at(args[at] as bigint, words);
    }
    calls.push(call);
    return original(...args);
  };
  return {
    calls,
    [Symbol.dispose]() {
      table[name] = original;
    },
  };
}
