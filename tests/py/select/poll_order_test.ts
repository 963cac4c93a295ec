import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { FileNotFoundError, KeyError, select, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { record } from "../../ffi/storm.ts";

const { POLLIN, POLLOUT } = select;

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

test("Poll.poll() does not drag along what was unregistered", () => {
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

test("Poll.poll() passes the kernel what is registered alone, whatever came and went", () => {
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
