/**
 * Descriptors that are closed and reused while they are registered or awaited: the next owner of
 * the number receives no event and loses no byte.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { errno, OSError, select, selectors, socket } from "@iomux/py";
import { test } from "../descriptors.ts";
import { Pair, unix_pair } from "../py/socket/setup.ts";
import { turns } from "../py/async_twins.ts";
import "../reactor.ts";
import { note } from "./setup.ts";

const ROUNDS = 10_000;
const one = new Uint8Array([1]);

/** A way to watch sockets for reading. */
interface Watch {
  register(sock: socket.Socket): void;
  unregister(sock: socket.Socket): void;
  /** The descriptors that are ready, in order. */
  ready(): number[];
  /** When the caller must unregister a socket that it closes. */
  when_closed: "never" | "before" | "before or after";
  close(): void;
}

const watches: Record<string, () => Watch> = {
  "select()": () => {
    const socks = new Set<socket.Socket>();
    return {
      register: (sock) => socks.add(sock),
      unregister: (sock) => socks.delete(sock),
      ready: () => fds(select.select(socks, [], [], 0)[0]),
      when_closed: "before",
      close: () => {},
    };
  },
  "Poll.poll()": () => {
    const poller = select.poll();
    return {
      register: (sock) => poller.register(sock, select.POLLIN),
      unregister: (sock) => poller.unregister(sock),
      ready: () => poller.poll(0).map(([fd]) => fd).sort(),
      when_closed: "before",
      close: () => {},
    };
  },
  "Epoll.poll()": () => {
    const ep = select.epoll();
    return {
      register: (sock) => ep.register(sock, select.EPOLLIN),
      unregister: (sock) => ep.unregister(sock),
      ready: () => ep.poll(0).map(([fd]) => fd).sort(),
      // The kernel removes it.
      when_closed: "never",
      close: () => ep.close(),
    };
  },
  "SelectSelector.select()": () => of(selectors.SelectSelector()),
  "PollSelector.select()": () => of(selectors.PollSelector()),
  "EpollSelector.select()": () => of(selectors.EpollSelector()),
};

function of(s: selectors.BaseSelector): Watch {
  return {
    register: (sock) => s.register(sock, selectors.EVENT_READ),
    unregister: (sock) => s.unregister(sock),
    ready: () => s.select(0).map(([{ fd }]) => fd).sort(),
    when_closed: "before or after",
    close: () => s.close(),
  };
}

function fds(socks: Iterable<socket.Socket>): number[] {
  return [...socks].map((sock) => sock.fileno()).sort();
}

for (const [name, make] of Object.entries(watches)) {
  test(`${name} reports only registered descriptors when numbers are reused`, () => {
    const watch = make();
    const below = random();
    const pairs = Array.from({ length: 20 }, () => unix_pair());
    const registered = new Set<socket.Socket>(), written = new Set(registered);
    let reused = 0, reported = 0;

    function unregister(sock: socket.Socket): void {
      if (registered.delete(sock)) watch.unregister(sock);
    }

    /** Closes a pair; the next pair reuses its numbers, and has bytes to read. */
    function replace(i: number): void {
      const { a, b } = pairs[i]!, fd = b.fileno(), last = below(2) === 0;
      if (watch.when_closed === "never") registered.delete(b);
      const after = watch.when_closed === "before or after" && last;
      if (!after) unregister(b);
      b.close();
      a.close();
      if (after) unregister(b);
      let next = unix_pair();
      // `b` is the socket with the watched number.
      if (next.a.fileno() === fd) next = new Pair([next.b, next.a]);
      if (next.b.fileno() === fd) reused++;
      pairs[i] = next;
      next.a.send(one);
      written.add(next.b);
      written.delete(b);
    }

    for (let round = 0; round < ROUNDS; round++) {
      const i = below(pairs.length), { a, b } = pairs[i]!;
      switch (below(4)) {
        case 0:
          if (registered.has(b)) {
            unregister(b);
          } else {
            watch.register(b);
            registered.add(b);
          }
          break;
        case 1:
          if (!written.has(b)) a.send(one);
          written.add(b);
          break;
        case 2:
          if (written.delete(b)) b.recv(9);
          break;
        default:
          replace(i);
      }
      const ready = watch.ready();
      assertEquals(ready, fds(registered.intersection(written)));
      reported += ready.length;
    }
    watch.close();
    for (const pair of pairs) pair[Symbol.dispose]();
    assertGreater(Math.min(reused, reported), ROUNDS / 10);
    note({ name }, { rounds: ROUNDS, reused, reported });
  });
}

test("Async twins take no byte of the next owner of a number", async () => {
  for (let round = 0; round < 10; round++) {
    const pairs = Array.from({ length: 100 }, () => unix_pair());
    const waits = pairs.flatMap(({ b }) =>
      [
        b.recvAsync(9),
        select.selectAsync([b], [], []),
      ].map((wait) => wait.then(() => "served", reason))
    );
    await turns(round);
    for (const pair of pairs) pair[Symbol.dispose]();
    using next = Pairs.with_bytes(100);
    assertEquals(new Set(await Promise.all(waits)), new Set([errno.EBADF]));
    await turns();
    next.assert_untouched();
  }
});

test("Async twins of one turn take no byte after one of them has closed the others", async () => {
  const pairs = Array.from({ length: 100 }, () => unix_pair());
  let next: Pairs | undefined;
  const waits = pairs.map(({ b }) =>
    b.recvAsync(9).then((bytes) => {
      // The first one closes all, and new sockets reuse the numbers.
      if (next === undefined) {
        for (const pair of pairs) pair[Symbol.dispose]();
        next = Pairs.with_bytes(100);
      }
      return bytes.length;
    }, reason)
  );
  await turns();
  for (const { a } of pairs) a.send(one);
  // Each wait gets its own byte or EBADF.
  for (const outcome of await Promise.all(waits)) {
    assertEquals(outcome === 1 || outcome === errno.EBADF, true);
  }
  next!.assert_untouched();
  next![Symbol.dispose]();
});

/** Pairs with a byte to read in each socket. */
class Pairs implements Disposable {
  readonly #pairs: Pair[];

  private constructor(pairs: Pair[]) {
    this.#pairs = pairs;
  }

  static with_bytes(count: number): Pairs {
    const pairs = Array.from({ length: count }, () => unix_pair());
    for (const { a, b } of pairs) {
      a.send(one);
      b.send(one);
    }
    return new Pairs(pairs);
  }

  assert_untouched(): void {
    for (const { a, b } of this.#pairs) {
      assertEquals([a.recv(9, socket.MSG_DONTWAIT), b.recv(9)], [one, one]);
    }
  }

  [Symbol.dispose](): void {
    for (const pair of this.#pairs) pair[Symbol.dispose]();
  }
}

function reason(error: unknown): unknown {
  return error instanceof OSError ? error.errno : error;
}

/** Random numbers below a limit, the same in each run. */
function random(): (limit: number) => number {
  let state = 4711;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}
