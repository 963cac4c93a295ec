/**
 * The waker without Linux AIO or the runtime's pipe handle: a thread of the runtime's pool waits
 * in poll(2).
 *
 * One thread serves all waits: the pool has 32, and parking one costs 40 us.
 *
 * @module
 */

import { close_at_thread_end, untraced as libc } from "./libc.ts";
import { Pinned } from "./memory.ts";
import { pollfd_set, POLLFD_WORDS } from "./structs.ts";
import { syscall } from "./syscall.ts";
import type { Callbacks, Waker } from "./waker.ts";

const POLLIN = 1;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// Nanoseconds for a turn: if the thread returned at once, the runtime would not poll its own
// sockets.
const TURN = 50_000;

// One block, in 32-bit words: struct pollfd [2], struct timespec.
const TIMESPEC_AT = 2 * POLLFD_WORDS;
const WORDS = TIMESPEC_AT + 4;

/** Opens the waker, which works everywhere: see `OpenWaker` in `waker.ts`. */
export function open_parking(epfd: number, reactor: Callbacks): Waker {
  const flags = EFD_CLOEXEC | EFD_NONBLOCK;
  const eventfd = syscall("eventfd", () => libc.eventfd(0, flags));
  close_at_thread_end(eventfd);
  const counter = new Uint8Array(8);
  // libc's memory: the thread may return after a worker has lost its heap.
  const memory = new Pinned(Int32Array, WORDS);
  const { address, view } = memory;
  pollfd_set(view, 0, epfd, POLLIN);
  pollfd_set(view, 1, eventfd, POLLIN);
  const own = view.subarray(POLLFD_WORDS, TIMESPEC_AT);
  // The low word of tv_nsec.
  view[TIMESPEC_AT + 2] = TURN;
  const brief = address + BigInt(4 * TIMESPEC_AT), forever = 0n;

  let waiting = false, turning = false, parked = false;
  // The pending call keeps the program running.
  const park = async (timeout: bigint) => {
    parked = true;
    await libc.ppoll_parked(address, 2n, timeout, 0n);
    parked = turning = false;
    // If the program has closed the eventfd, a read of the number's next file could block.
    if (libc.poll(own, 1n, 0) === 1) libc.read(eventfd, counter, 8n);
    reactor.woken(true);
  };
  const interrupt = () => libc.eventfd_write(eventfd, 1n);
  // Parks after all callbacks. A call that ends while they run is due at once, and the runtime
  // then looks at its own sockets in every 30th turn only.
  let planned = false;
  const plan = () => {
    if (planned) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      if (parked) {
        if (turning) interrupt();
      } else if (turning) park(brief);
      else if (waiting) park(forever);
    });
  };
  return {
    arm() {
      waiting = true;
      if (!parked) plan();
    },
    disarm() {
      if (waiting && parked) interrupt();
      waiting = false;
    },
    turn() {
      if (turning) return;
      turning = true;
      plan();
    },
  };
}
