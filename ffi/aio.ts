/**
 * The waker that needs no thread. Linux AIO polls the epoll instance and signals an eventfd,
 * and the runtime's own loop polls the eventfd.
 *
 * The pipe handle of the runtime's Node layer accepts an eventfd, but not an epoll instance, so
 * AIO connects the two. The first wait loads the Node layer, in about 8 ms.
 *
 * @module
 */

import { untraced as libc } from "./libc.ts";
import { Pinned, view_of } from "./memory.ts";
import { syscall } from "./syscall.ts";
import type { Callbacks, Waker } from "./waker.ts";

// System call numbers: glibc has no functions for these.
const [IO_SETUP, IO_DESTROY, IO_SUBMIT] = Deno.build.arch === "x86_64"
  ? [206n, 207n, 209n]
  : [0n, 1n, 2n];

const IOCB_CMD_POLL = 5;
const IOCB_FLAG_RESFD = 1;
const POLLIN = 1n;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// One block: struct iocb, aio_context_t, struct iocb *[1].
const CONTEXT_AT = 64;
const LIST_AT = CONTEXT_AT + 8;
const SIZE = LIST_AT + 8;

// The context is the address of struct aio_ring, whose 32-bit words count the completions written
// and taken. Reading them saves io_getevents().
const HEAD = 2;
const TAIL = 3;
const MAGIC = 4;
const INCOMPATIBLE = 6;
const RING_SIZE = 32;
const AIO_RING_MAGIC = 0xa10a10a1;

// The increment, for write(2): eventfd_write() is not a compiled call.
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** The used part of the Node layer's pipe handle. */
interface Pipe {
  open(fd: number): number;
  useUserBuffer(buffer: Uint8Array): void;
  onread: () => void;
  readStart(): number;
  ref(): void;
  unref(): void;
}

interface Runtime {
  process: {
    binding(name: string): { Pipe: new (type: number) => Pipe };
  };
}

/** Opens the waker: see `OpenWaker` in `waker.ts`. */
export function open_aio(epfd: number, reactor: Callbacks): Waker | null {
  // libc's memory: the kernel may write there after a worker has lost its heap.
  const memory = new Pinned(Uint8Array, SIZE);
  const { address } = memory, view = view_of(memory.view);
  const list = address + BigInt(LIST_AT);
  const flags = EFD_CLOEXEC | EFD_NONBLOCK;
  const eventfd = syscall("eventfd", () => libc.eventfd(0, flags));
  if (io(IO_SETUP, 1n, address + BigInt(CONTEXT_AT)) === -1) {
    libc.close(eventfd);
    return null;
  }
  const context = view.getBigUint64(CONTEXT_AT, true);
  const ring = ring_of(context);

  // aio_lio_opcode, aio_fildes, aio_buf, aio_flags and aio_resfd of linux/aio_abi.h.
  view.setUint16(16, IOCB_CMD_POLL, true);
  view.setUint32(20, epfd, true);
  view.setBigUint64(24, POLLIN, true);
  view.setUint32(56, IOCB_FLAG_RESFD, true);
  view.setUint32(60, eventfd, true);
  view.setBigUint64(LIST_AT, address, true);
  const submit = () => io(IO_SUBMIT, context, 1n, list) === 1;
  // Kernels before 4.18 and some sandboxes have io_setup(), but not IOCB_CMD_POLL.
  const pipe = ring !== null && submit() ? open_pipe(eventfd) : null;
  if (ring === null || pipe === null) {
    libc.close(eventfd);
    io(IO_DESTROY, context);
    return null;
  }

  let submitted = true, waiting = false, turning = false, held = false;
  let asked = false, reading = false, busy = false;
  const update = () => {
    // Not during a read: the runtime would read again without a turn of the event loop.
    if (reading) return;
    if (waiting && !submitted) submitted = submit();
    // Out of memory: try again in the next turn.
    if (waiting && !submitted) turning = true;
    if (turning && !asked) asked = libc.write(eventfd, ONE, 8n) === 8;
    if (held === (waiting || turning)) return;
    held = !held;
    if (held) pipe.ref();
    else pipe.unref();
  };

  // Exactly the counter: a full buffer makes the runtime read again, and get EAGAIN.
  pipe.useUserBuffer(new Uint8Array(8));
  pipe.onread = () => {
    turning = asked = false;
    if (ring[HEAD] !== ring[TAIL]) {
      ring[HEAD] = ring[TAIL]!;
      submitted = false;
    }
    // The runtime may read twice before the promises' callbacks run.
    const again = reading;
    reading = true;
    busy = reactor.woken(!submitted);
    if (!again) soon.then(later);
  };
  // A third of the price of queueMicrotask(), which calls into the runtime.
  const soon = Promise.resolve();
  // By then an echo has sent its answer and waits again: this saves ref() and unref(), 0.4 us.
  const later = () => {
    soon.then(read);
  };
  const read = () => {
    if (busy) {
      // The next messages are often there by now. Taking them saves the five system calls of a
      // turn: an echo with 50 connections costs 3 % less.
      busy = reactor.look();
      soon.then(later);
      return;
    }
    reading = false;
    update();
  };
  pipe.unref();
  pipe.readStart();
  return {
    arm() {
      waiting = true;
      update();
    },
    disarm() {
      waiting = false;
      update();
    },
    turn() {
      turning = true;
      update();
    },
  };
}

/** Returns the ring of completions; `null` if its format is unknown. */
function ring_of(context: bigint): Uint32Array | null {
  const pointer = Deno.UnsafePointer.create(context) as Deno.PointerObject;
  const ring = new Uint32Array(
    Deno.UnsafePointerView.getArrayBuffer(pointer, RING_SIZE),
  );
  const known = ring[MAGIC] === AIO_RING_MAGIC && ring[INCOMPATIBLE] === 0;
  return known ? ring : null;
}

/**
 * Opens the runtime's pipe handle, which is undocumented, on an eventfd; `null` if the runtime
 * refuses, or the handle has changed.
 */
function open_pipe(fd: number): Pipe | null {
  try {
    const { Pipe } = (globalThis as unknown as Runtime).process
      .binding("pipe_wrap");
    const pipe = new Pipe(0);
    if (typeof pipe.useUserBuffer !== "function") return null;
    return pipe.open(fd) === 0 ? pipe : null;
  } catch {
    return null;
  }
}

function io(number: bigint, a: bigint, b = 0n, c = 0n): number {
  return libc.syscall(number, a, b, c, 0n, 0n);
}
