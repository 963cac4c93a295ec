import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { open_aio } from "../../ffi/aio.ts";
import { epoll_event_set } from "../../ffi/structs.ts";
import { libc, untraced } from "../../ffi/libc.ts";
import { open_parking } from "../../ffi/parking.ts";
import type { OpenWaker } from "../../ffi/waker.ts";
import { open_descriptors, test } from "../descriptors.ts";
import { replaced } from "../py/socket/setup.ts";
import { WATCHDOG } from "../scripts.ts";
import { pipe } from "./kernel.ts";

const numbers = Deno.build.arch === "x86_64"
  ? { io_setup: 206n, io_destroy: 207n, io_submit: 209n }
  : { io_setup: 0n, io_destroy: 1n, io_submit: 2n };

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;

// Callbacks of a reactor without waiters.
const idle = { woken: () => false, look: () => false };

/** A waker on its own epoll instance; its descriptors stay open. */
function opened(open: OpenWaker, looks = 0) {
  const epfd = libc.epoll_create1(0o2000000);
  let calls = 0, called = () => {};
  const waker = open(epfd, {
    woken() {
      calls++;
      called();
      return looks > 0;
    },
    look: () => --looks > 0,
  });
  assert(waker !== null);
  return {
    waker,
    calls: () => calls,
    looks: () => looks,
    next: () => new Promise<void>((resolve) => called = resolve),
    control(op: number, fd: number) {
      const event = new Int32Array(4);
      epoll_event_set(event, 0, EPOLLIN | EPOLLONESHOT, fd);
      const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(event));
      assertEquals(libc.epoll_ctl(epfd, op, fd, address), 0);
    },
  };
}

for (const open of [open_aio, open_parking]) {
  const { name } = open;

  Deno.test(`${name}() gives a waker that calls back once the epoll instance has events`, async () => {
    const { waker, calls, next, control } = opened(open);
    using fds = pipe();
    for (let round = 1; round <= 100; round++) {
      control(EPOLL_CTL_ADD, fds.r.fileno());
      waker.arm();
      waker.arm();
      const woken = next();
      await new Promise((resolve) => setImmediate(resolve));
      assertEquals(calls(), round - 1);
      fds.w.write(new Uint8Array(1));
      await woken;
      control(EPOLL_CTL_DEL, fds.r.fileno());
      fds.r.read(1);
      assertEquals(calls(), round);
    }
    waker.disarm();
  });

  for (const step of ["turn", "arm"] as const) {
    Deno.test(`${name}() gives a waker whose ${step}() lets the runtime serve its sockets, after a long callback too`, async () => {
      const { waker, next, control } = opened(open);
      using fds = pipe();
      fds.w.write(new Uint8Array(1));
      // Of AF_UNIX: what is written is there at once, and the turns are not spent on its way.
      const transport = "unix", folder = Deno.makeTempDirSync();
      const path = `${folder}/listener`;
      using listener = Deno.listen({ transport, path });
      using client = await Deno.connect({ transport, path });
      using server = await listener.accept();
      Deno.removeSync(folder, { recursive: true });
      // A loop that never waits looks at them in every 61st step only: so it does beside a parked
      // thread that is back before the loop waits.
      const EACH = open === open_aio ? 15 : 70;
      // On average: the next such step may be near, and a busy machine may delay a wait.
      const ROUNDS = 10, MOST_TURNS = EACH * ROUNDS;
      let turns = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let served = false;
        const serving = (async () => {
          const byte = new Uint8Array(1);
          for (const end of [server, client]) await end.read(byte);
          served = true;
        })();
        await client.write(new Uint8Array(1));
        await server.write(new Uint8Array(1));
        for (; !served && turns < MOST_TURNS; turns++) {
          const turned = next();
          control(EPOLL_CTL_ADD, fds.r.fileno());
          waker[step]();
          waker[step]();
          // By then a parked thread is back.
          for (const end = performance.now() + 1; performance.now() < end;);
          await turned;
          control(EPOLL_CTL_DEL, fds.r.fileno());
        }
        assertLessOrEqual(turns, MOST_TURNS - 1);
        await serving;
      }
      waker.disarm();
    });
  }
}

Deno.test("open_aio() gives a waker that needs no thread of the runtime's pool", async () => {
  const library = Deno.dlopen("libc.so.6", {
    // ssize_t read(int fd, void *buf, size_t count)
    read: {
      parameters: ["i32", "buffer", "usize"],
      result: "isize",
      nonblocking: true,
    },
  });
  using fds = pipe();
  // More than the pool has threads: each keeps its thread until it has a byte.
  const bytes = new Uint8Array(64);
  const reads = [...bytes].map(() =>
    library.symbols.read(fds.r.fileno(), new Uint8Array(1), 1n)
  );
  let reading = true;
  const release = () => {
    if (reading) fds.w.write(bytes);
    reading = false;
  };
  const timer = setTimeout(release, WATCHDOG);
  const { waker, next } = opened(open_aio);
  for (let round = 0; round < 5; round++) {
    const turned = next();
    waker.turn();
    await turned;
    // Had it waited for a thread, the watchdog would have released them.
    assert(reading);
  }
  clearTimeout(timer);
  release();
  await Promise.all(reads);
  library.close();
});

Deno.test("open_aio() gives a waker that looks in the same turn for as long as the reactor asks for it", async () => {
  const { waker, calls, looks, next } = opened(open_aio, 5);
  const woken = next();
  waker.turn();
  await woken;
  for (let i = 0; i < 20; i++) await null;
  assertEquals([calls(), looks()], [1, 0]);
});

type Syscall = typeof libc.syscall;

const table = untraced as { syscall: Syscall };

const refuse =
  (number: bigint) => (syscall: Syscall): Syscall => (call, ...rest) =>
    call === number ? -1 : syscall(call, ...rest);

/** Changes a word of the ring that io_setup() makes. */
const change = (word: number) =>
(syscall: Syscall): Syscall =>
(
  call,
  ...rest
) => {
  const result = syscall(call, ...rest);
  if (call === numbers.io_setup) {
    const at = (address: bigint, length: number) =>
      Deno.UnsafePointerView.getArrayBuffer(
        Deno.UnsafePointer.create(address)!,
        length,
      );
    const [context] = new BigUint64Array(at(rest[1] as bigint, 8));
    new Uint32Array(at(context!, 32))[word]! ^= 1;
  }
  return result;
};

for (
  const [what, make] of Object.entries({
    "io_setup() is refused": refuse(numbers.io_setup),
    "io_submit() is refused": refuse(numbers.io_submit),
    "the ring has another magic number": change(4),
    "the ring has features that are not known": change(6),
  })
) {
  test(`open_aio() gives none, and leaves nothing open, where ${what}`, () => {
    let contexts = 0;
    using _counted = replaced(
      table,
      "syscall",
      (syscall) => (call, ...rest) => {
        const result = syscall(call, ...rest);
        if (call === numbers.io_setup) contexts++;
        if (call === numbers.io_destroy) contexts--;
        return result;
      },
    );
    using _replaced = replaced(table, "syscall", make);
    const before = open_descriptors();
    assertEquals(open_aio(0, idle), null);
    assertEquals(open_descriptors(), before);
    assertEquals(contexts, 0);
  });
}

Deno.test("open_aio() gives a waker that submits again after io_submit() has failed", async () => {
  const { waker, next, control } = opened(open_aio);
  using fds = pipe();
  const wake = async () => {
    control(EPOLL_CTL_ADD, fds.r.fileno());
    waker.arm();
    const woken = next();
    fds.w.write(new Uint8Array(1));
    await woken;
    control(EPOLL_CTL_DEL, fds.r.fileno());
    fds.r.read(1);
  };
  const FAILURES = 3;
  let failures = 0;
  using _ = replaced(table, "syscall", (syscall) => (call, ...rest) => {
    if (call !== numbers.io_submit || failures === FAILURES) {
      return syscall(call, ...rest);
    }
    failures++;
    return -1;
  });
  await wake();
  // Each failure is followed by a turn of the event loop.
  for (let turn = 0; turn < FAILURES; turn++) await next();
  assertEquals(failures, FAILURES);
  await wake();
  waker.disarm();
});

Deno.test("open_parking() gives a waker that an interrupt wakes once", async () => {
  const { waker, calls, next } = opened(open_parking);
  const turned = next();
  waker.arm();
  waker.turn();
  await turned;
  const before = calls();
  waker.arm();
  // Time enough for a thread that returns at once.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(calls(), before);
  const ended = next();
  waker.disarm();
  await ended;
});

test("open_aio() gives none where the runtime's pipe handle is not as expected", () => {
  const { process } = globalThis as unknown as {
    process: { binding: unknown };
  };
  const { binding } = process;
  const others: unknown[] = [
    undefined,
    () => {
      throw new Error("No such module: pipe_wrap");
    },
    () => ({}),
    () => ({ Pipe: class {} }),
    ...[() => -22, () => {
      throw new Error("not implemented");
    }].map((open) => () => ({
      Pipe: class {
        open = open;
        useUserBuffer() {}
      },
    })),
  ];
  try {
    const before = open_descriptors();
    for (const other of others) {
      process.binding = other;
      assertEquals(open_aio(0, idle), null);
    }
    assertEquals(open_descriptors(), before);
  } finally {
    process.binding = binding;
  }
});
