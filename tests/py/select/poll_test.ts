import { FileNotFoundError, KeyError, select, socket } from "@iomux/py";
import {
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { test } from "../../descriptors.ts";
import { alarm, free_number, lasts, open, pipe } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import { tcp_pair } from "../socket/setup.ts";

const { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } =
  select;
const BYTE = new Uint8Array([1]);

test("poll() makes a polling object that watches nothing", () => {
  const poller = select.poll();
  assertInstanceOf(poller, select.Poll);
  assertEquals(poller.poll(0), []);
});

test("poll() makes a new object each time", () => {
  using fds = pipe();
  const one = select.poll(), two = select.poll();
  one.register(fds.w, POLLOUT);
  assertEquals(two.poll(0), []);
  assertEquals(one.poll(0), [[fds.w.fileno(), POLLOUT]]);
});

test("Poll.poll() returns descriptors with their events", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  const poller = select.poll();
  poller.register(a, POLLIN | POLLOUT);
  poller.register(b.fileno(), POLLIN);
  assertEquals(poller.poll(0), [[a.fileno(), POLLOUT]]);
  b.send(BYTE);
  a.send(BYTE);
  assertEquals(poller.poll(0), [
    [a.fileno(), POLLIN | POLLOUT],
    [b.fileno(), POLLIN],
  ]);
});

test("Poll.poll() reports a ready descriptor again", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  const poller = select.poll();
  poller.register(fds.r, POLLIN);
  const ready: Array<[number, number]> = [[fds.r.fileno(), POLLIN]];
  assertEquals(poller.poll(), ready);
  assertEquals(poller.poll(), ready);
  fds.r.read(1);
  assertEquals(poller.poll(0), []);
});

test("Poll.register() watches for input, urgent data and output by default", () => {
  using calls = record("poll");
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.w);
  assertEquals(poller.poll(0), [[fds.w.fileno(), POLLOUT]]);
  const [pollfds] = calls.calls[0] as [Int32Array];
  assertEquals(pollfds[1], POLLIN | POLLPRI | POLLOUT);
});

test("Poll.register() a second time changes the mask and keeps the place", () => {
  using first = pipe();
  using second = pipe();
  const poller = select.poll();
  poller.register(first.w, POLLIN);
  poller.register(second.w, POLLOUT);
  poller.register(first.w, POLLOUT);
  assertEquals(poller.poll(0), [
    [first.w.fileno(), POLLOUT],
    [second.w.fileno(), POLLOUT],
  ]);
});

test("Poll.modify() changes the mask and keeps the place", () => {
  using first = pipe();
  using second = pipe();
  const poller = select.poll();
  poller.register(first.w, POLLIN);
  poller.register(second.w, POLLOUT);
  assertEquals(poller.poll(0), [[second.w.fileno(), POLLOUT]]);
  poller.modify(first.w, POLLOUT);
  assertEquals(poller.poll(0), [
    [first.w.fileno(), POLLOUT],
    [second.w.fileno(), POLLOUT],
  ]);
});

test("Poll.unregister() forgets; register() again puts at the end", () => {
  using first = pipe();
  using second = pipe();
  const poller = select.poll();
  poller.register(first.w, POLLOUT);
  poller.register(second.w, POLLOUT);
  poller.unregister(first.w);
  assertEquals(poller.poll(0), [[second.w.fileno(), POLLOUT]]);
  poller.register(first.w, POLLOUT);
  assertEquals(poller.poll(0), [
    [second.w.fileno(), POLLOUT],
    [first.w.fileno(), POLLOUT],
  ]);
});

test("Poll.poll() reports POLLNVAL for a descriptor that is not open", () => {
  const fd = free_number();
  const poller = select.poll();
  poller.register(fd, POLLIN);
  assertEquals(poller.poll(), [[fd, POLLNVAL]]);
});

test("Poll.poll() reports POLLNVAL once a registered descriptor is closed", () => {
  using fds = pipe();
  const fd = fds.r.fileno();
  const poller = select.poll();
  poller.register(fd, 0);
  assertEquals(poller.poll(0), []);
  fds.r.close();
  assertEquals(poller.poll(), [[fd, POLLNVAL]]);
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

test("Poll.poll() reports POLLHUP whether asked for or not", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.r, 0);
  fds.w.write(BYTE);
  assertEquals(poller.poll(0), []);
  fds.w.close();
  assertEquals(poller.poll(), [[fds.r.fileno(), POLLHUP]]);
  poller.modify(fds.r, POLLIN);
  assertEquals(poller.poll(), [[fds.r.fileno(), POLLIN | POLLHUP]]);
});

test("Poll.poll() reports POLLERR for a pipe without a reader", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.w, POLLOUT);
  fds.r.close();
  assertEquals(poller.poll(), [[fds.w.fileno(), POLLOUT | POLLERR]]);
});

test("Poll.poll() reports POLLRDHUP where asked for", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  const poller = select.poll();
  poller.register(a, POLLRDHUP);
  assertEquals(poller.poll(0), []);
  b.shutdown(socket.SHUT_WR);
  assertEquals(poller.poll(), [[a.fileno(), POLLRDHUP]]);
});

test("Poll.poll() reports POLLPRI for urgent data", () => {
  using pair = tcp_pair();
  const poller = select.poll();
  poller.register(pair.b, POLLPRI);
  assertEquals(poller.poll(0), []);
  pair.a.send(BYTE, socket.MSG_OOB);
  assertEquals(poller.poll(10000), [[pair.b.fileno(), POLLPRI]]);
});

test("Poll.poll() always reports a regular file as ready", () => {
  using file = open(Deno.execPath());
  const poller = select.poll();
  poller.register(file, POLLIN | POLLOUT);
  assertEquals(poller.poll(0), [[file.fileno(), POLLIN | POLLOUT]]);
});

test("Poll.poll() waits without a limit for no time-out, null and negative ones", () => {
  using fds = pipe();
  const timeouts = [[], [null], [undefined], [-1], [-1000], [-0.1], [-1e-100]];
  for (const timeout of timeouts) {
    using timer = alarm(10);
    const poller = select.poll();
    poller.register(fds.r, POLLIN);
    poller.register(timer, POLLIN);
    assertEquals(
      poller.poll(...timeout as [number?]),
      [[timer.fileno(), POLLIN]],
      `timeout ${timeout}`,
    );
  }
});

test("Poll.poll() does not return before its time", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.r, POLLIN);
  for (const timeout of [0.1, 1, 1.5, 10.5, 30]) {
    assertEquals(lasts(timeout, () => poller.poll(timeout)), []);
  }
});

test("Poll.poll() rounds a fraction up, so that a short wait does not spin", () => {
  using calls = record("poll");
  const poller = select.poll();
  for (const timeout of [0, -0, 0.1, 1e-100, 1, 1.001]) poller.poll(timeout);
  assertEquals(calls.calls.map((call) => call[2]), [0, 0, 1, 1, 1, 2]);
});

test("Poll.poll() takes the longest time-out of poll(2)", () => {
  using fds = pipe();
  const poller = select.poll();
  poller.register(fds.w, POLLOUT);
  const ready: Array<[number, number]> = [[fds.w.fileno(), POLLOUT]];
  assertEquals(poller.poll(2 ** 31 - 1), ready);
  assertEquals(poller.poll(2 ** 31 - 1.5), ready);
});

test("Poll.poll() waits with nothing registered", () => {
  assertEquals(lasts(20, () => select.poll().poll(20)), []);
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
      // Waves: for a while there is more coming than going, then the other way.
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

test("Poll.poll() keeps the order when every second one is unregistered", () => {
  using socks = sockets(50);
  const poller = select.poll();
  for (const sock of socks) poller.register(sock, POLLOUT);
  for (let i = 0; i < socks.length; i += 2) poller.unregister(socks[i]!);
  const odd = socks.filter((_, i) => i % 2 === 1);
  assertEquals(
    poller.poll(0),
    odd.map((sock): [number, number] => [sock.fileno(), POLLOUT]),
  );
});

test("Poll.poll() drops unregistered descriptors", () => {
  using socks = sockets(50);
  using calls = record("poll");
  const poller = select.poll();
  for (const sock of socks) poller.register(sock, POLLOUT);
  poller.poll(0);
  for (const sock of socks.slice(10)) poller.unregister(sock);
  assertEquals(poller.poll(0).length, 10);
  const [before, after] = calls.calls.map((call) => Number(call[1]));
  assertEquals(before, 100);
  assertLessOrEqual(after!, 15);
});

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
