import { reactor, turns } from "./by_hand.ts";

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { os, OSError, select, type socket } from "@iomux/py";
import { EBADF } from "../../ffi/errno.ts";
import { libc, untraced } from "../../ffi/libc.ts";
import { open_descriptors } from "../descriptors.ts";
import { one } from "../py/async_twins.ts";
import { decode, encode, replaced, unix_pair } from "../py/socket/setup.ts";

/** Sockets whose messages are echoed by twins. */
class Echoes implements Disposable {
  readonly #pairs;
  #answers = 0;

  constructor(count: number) {
    this.#pairs = Array.from({ length: count }, () => unix_pair());
    for (const { b } of this.#pairs) this.#serve(b);
  }

  async #serve(sock: socket.Socket): Promise<void> {
    try {
      while (true) {
        await sock.sendallAsync(await sock.recvAsync(9));
        this.#answers++;
      }
    } catch (error) {
      // The test has closed the socket, or the epoll instance.
      if (!(error instanceof OSError && error.errno === EBADF)) throw error;
    }
  }

  /** Sends a message to each of the first sockets. */
  send(count: number): void {
    for (const { a } of this.#pairs.slice(0, count)) a.send(one);
  }

  /** Returns how many messages were answered, after the promises' callbacks. */
  async answers(): Promise<number> {
    for (let i = 0; i < 20; i++) await null;
    return this.#answers;
  }

  [Symbol.dispose](): void {
    for (const pair of this.#pairs) pair[Symbol.dispose]();
  }
}

let milliseconds = 0;

/** A clock that stands still: it writes a struct timespec, as now() reads it. */
const clock: typeof libc.clock_gettime = (_, address) => {
  const pointer = Deno.UnsafePointer.create(address as bigint)!;
  const timespec = Deno.UnsafePointerView.getArrayBuffer(pointer, 16);
  new BigInt64Array(timespec).set([0n, BigInt(milliseconds * 1e6)]);
  return 0;
};

/** Registers a test, in which only the test sets the time. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, async () => {
    using _ = replaced(libc, "clock_gettime", () => clock);
    milliseconds = 0;
    await fn();
  });
}

test("a turn looks again after several events, and until a look finds none", async () => {
  using echoes = new Echoes(8);
  let answers = 0;
  for (const [sent, again] of [[1, false], [0, false], [2, true]] as const) {
    echoes.send(sent);
    assertEquals(reactor.woken(true), again);
    assertEquals(await echoes.answers(), answers += sent);
  }
  echoes.send(1);
  assert(reactor.look());
  assertEquals(await echoes.answers(), 4);
  assert(!reactor.look());
});

test("a turn takes 32 events, in however many looks", async () => {
  using echoes = new Echoes(40);
  echoes.send(30);
  assert(reactor.woken(true));
  assertEquals(await echoes.answers(), 30);
  echoes.send(40);
  assert(reactor.look());
  assert(!reactor.look());
  assertEquals(await echoes.answers(), 32);
  for (const answers of [64, 70]) {
    reactor.woken(true);
    assertEquals(await echoes.answers(), answers);
  }
});

test("a turn looks for no more events after half a millisecond", async () => {
  using echoes = new Echoes(2);
  for (const [passed, taken] of [[0.4, true], [0.6, false]] as const) {
    milliseconds = 0;
    echoes.send(2);
    assert(reactor.woken(true));
    await echoes.answers();
    milliseconds = passed;
    echoes.send(1);
    assertEquals(reactor.look(), taken);
  }
  assertEquals(await echoes.answers(), 5);
});

test("a result that follows a wait needs no turn of its own", async () => {
  using echoes = new Echoes(20);
  const before = turns;
  echoes.send(20);
  reactor.woken(true);
  assertEquals(await echoes.answers(), 20);
  assertEquals(turns, before);
});

test("a turn looks for no more events once results wait for the next turn: they come first", async () => {
  using echoes = new Echoes(2);
  using pair = unix_pair();
  echoes.send(2);
  assert(reactor.woken(true));
  let received = "";
  const receive = async (size: number) => {
    const data = await pair.b.recvAsync(size);
    received += decode(data);
  };
  const bytes = "abcdefgh";
  pair.a.send(encode(bytes));
  for (const _ of bytes) receive(1);
  receive(9);
  await echoes.answers();
  assertNotEquals(received, bytes);
  pair.a.send(encode("i"));
  assert(!reactor.look());
  reactor.woken(true);
  await echoes.answers();
  assertEquals(received, bytes + "i");
});

test("a look ends every wait if the program has closed the epoll instance", async () => {
  using echoes = new Echoes(2);
  using pair = unix_pair();
  echoes.send(2);
  assert(reactor.woken(true));
  await echoes.answers();
  const waits = [1, 2].map(() =>
    assertRejects(() => pair.b.recvAsync(1), Error, "Bad file descriptor")
  );
  {
    using _ = replaced(untraced, "epoll_wait", () => () => -1);
    assert(!reactor.look());
  }
  await Promise.all(waits);
});

test("the check of descriptors that others may close wakes the waiters for the same bytes in turn", async () => {
  using pair = unix_pair();
  const fd = pair.b.fileno();
  // Makes its queue of waiters before that of recvAsync().
  const before = os.readAsync(fd, 1);
  pair.a.send(encode("a"));
  reactor.woken(true);
  assertEquals(decode(await before), "a");
  const both = Promise.all([pair.b.recvAsync(1), os.readAsync(fd, 1)]);
  // The check is due before the bytes.
  const timer = [...open_descriptors()].find((fd) => fd.endsWith("[timerfd]"))!;
  os.timerfd_settime(parseInt(timer), { initial: 1e-9 });
  select.select([parseInt(timer)], [], []);
  for (const text of "bc") {
    pair.a.send(encode(text));
    reactor.woken(true);
  }
  assertEquals((await both).map(decode), ["b", "c"]);
});
