import {
  errno,
  FileNotFoundError,
  KeyError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import { free_number, open, pipe } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";

const { POLLIN, POLLNVAL, POLLOUT } = select;

test("Poll.poll() reports POLLNVAL for a descriptor that is not open, or is closed since", () => {
  using fds = pipe();
  const fd = fds.r.fileno(), free = free_number();
  const poller = select.poll();
  poller.register(free, POLLIN);
  assertEquals(poller.poll(0), [[free, POLLNVAL]]);
  poller.unregister(free);
  poller.register(fd, 0);
  assertEquals(poller.poll(0), []);
  fds.r.close();
  assertEquals(poller.poll(0), [[fd, POLLNVAL]]);
  poller.unregister(fd);
  assertEquals(poller.poll(0), []);
});

test("Poll.poll() reports the number's next owner if it stays registered", () => {
  using first = pipe();
  const fd = first.r.fileno();
  const poller = select.poll();
  poller.register(fd, POLLOUT);
  first.r.close();
  using next = open("/dev/null");
  assertEquals(next.fileno(), fd);
  assertEquals(poller.poll(0), [[fd, POLLOUT]]);
});

/** Pairs of sockets: all can be written, every second one can be read. */
function sockets(pairs: number) {
  const all = Array.from({ length: pairs }, () => socket.socketpair()).flat();
  for (let i = 0; i < all.length; i += 4) all[i]!.send(new Uint8Array(1));
  return Object.assign(all, {
    [Symbol.dispose]() {
      for (const sock of all) sock.close();
    },
  });
}

/** Numbers from 0 to 2^32 - 1, the same each time: xorshift. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

// A Map keeps the place of a key that is set again, and gives a new one after delete:
// as a Python dict does.
function expected(
  model: ReadonlyMap<number, number>,
  ready: ReadonlyMap<number, number>,
): Array<[number, number]> {
  return [...model]
    .map(([fd, mask]): [number, number] => [fd, mask & ready.get(fd)!])
    .filter(([, events]) => events !== 0);
}

for (const seed of [1, 20241, 77777777]) {
  test(`Poll.poll() keeps the order of registration through 1,500 changes (seed ${seed})`, () => {
    using socks = sockets(40);
    const observer = select.poll();
    for (const sock of socks) observer.register(sock, POLLIN | POLLOUT);
    const ready = new Map(observer.poll(0));
    const next = numbers(seed);
    const poller = select.poll();
    const model = new Map<number, number>();

    for (let step = 0; step < 1500; step++) {
      const sock = socks[next() % socks.length]!, fd = sock.fileno();
      const mask = [0, POLLIN, POLLOUT, POLLIN | POLLOUT][next() % 4]!;
      // In waves: more are registered than removed for 150 steps, then the other way round.
      const grows = step % 300 < 150 ? 7 : 3;
      const choice = next() % 10;
      if (choice < grows) {
        poller.register(next() % 2 ? sock : fd, mask);
        model.set(fd, mask);
      } else if (choice === 9) {
        const modify = () => poller.modify(sock, mask);
        if (model.has(fd)) {
          modify();
          model.set(fd, mask);
        } else assertThrows(modify, FileNotFoundError);
      } else {
        const unregister = () => poller.unregister(sock);
        if (model.delete(fd)) unregister();
        else assertThrows(unregister, KeyError);
      }
      assertEquals(poller.poll(0), expected(model, ready), `step ${step}`);
    }
  });
}

test("Poll.poll() starts anew after all were unregistered", () => {
  using socks = sockets(20);
  const poller = select.poll();
  for (let round = 0; round < 3; round++) {
    for (const sock of socks) poller.register(sock, POLLOUT);
    assertEquals(poller.poll(0).length, socks.length);
    for (const sock of socks) poller.unregister(sock);
    assertEquals(poller.poll(0), []);
  }
  poller.register(socks[7]!, POLLOUT);
  assertEquals(poller.poll(0), [[socks[7]!.fileno(), POLLOUT]]);
});

test("Poll.poll() passes only registered descriptors to the kernel, after any changes", () => {
  // nfds counts against RLIMIT_NOFILE, vacant entries too.
  using all = sockets(8);
  using poll = record("poll");
  const poller = select.poll();
  for (const sock of all) poller.register(sock, POLLIN);
  for (let i = 0; i < 1000; i++) {
    const sock = all[i % 5]!;
    poller.unregister(sock);
    if (i % 3 === 0) poller.poll(0);
    poller.register(sock, POLLIN);
  }
  poller.unregister(all[3]!);
  poller.poll(0);
  assertEquals(poll.calls.at(-1)![1], 15n);
  for (const [, nfds] of poll.calls) assertLessOrEqual(Number(nfds), 16);
});

test("Poll.register() takes no more room for descriptors that were unregistered, without poll()", () => {
  using poll = record("poll");
  const poller = select.poll();
  poller.register(1, 0);
  for (let i = 0; i < 1000; i++) {
    poller.register(0, 0);
    poller.unregister(0);
  }
  assertEquals(poller.poll(0), []);
  // The whole array, of which the kernel reads one entry.
  assertLessOrEqual((poll.calls[0]![0] as Int32Array).length, 64);
  assertEquals(poll.calls[0]![1], 1n);
});

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

test("Poll.modify() and unregister() throw for a descriptor that is not registered, or no longer", () => {
  const poller = select.poll();
  for (let round = 0; round < 2; round++) {
    const error = raises(FileNotFoundError, {
      "[Errno 2] No such file or directory": () => poller.modify(3, POLLIN),
    });
    assertEquals([error.errno, error.code], [errno.ENOENT, "ENOENT"]);
    const { name, message } = assertThrows(
      () => poller.unregister(3),
      KeyError,
    );
    assertEquals([name, message], ["KeyError", "3"]);
    poller.register(3, POLLIN);
    poller.unregister(3);
  }
});

test("Poll.register() and modify() take masks of an unsigned short", () => {
  const poller = select.poll();
  poller.register(0);
  for (const call of [poller.register, poller.modify]) {
    const set = (mask: unknown) => () => call.call(poller, 0, mask as number);
    for (const mask of [0, 65535]) set(mask)();
    for (const mask of [-1, -65536, -(2 ** 31)]) {
      raises(ValueError, {
        [`eventmask must not be negative: ${mask}`]: set(mask),
      });
    }
    for (const mask of [65536, select.EPOLLET, 2 ** 53]) {
      raises(OverflowError, {
        [`eventmask must fit an unsigned short: ${mask}`]: set(mask),
      });
    }
  }
  raises(TypeError, {
    "eventmask must be an integer, not undefined": () =>
      poller.modify(0, undefined as Any),
  });
});

test("Poll.register() changes nothing when it throws", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.w, POLLOUT);
  assertThrows(() => poller.register(fds.w, -1), ValueError);
  assertThrows(() => poller.register(fds.r, 65536), OverflowError);
  assertThrows(() => poller.unregister(fds.r), KeyError);
  assertEquals(poller.poll(0), [[fds.w.fileno(), POLLOUT]]);
});
