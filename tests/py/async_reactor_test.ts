import { errno, os, OSError, select, selectors, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { libc, untraced } from "../../ffi/libc.ts";
import { Descriptor } from "../ffi/kernel.ts";
import { record } from "../ffi/storm.ts";
import { WATCHDOG } from "../scripts.ts";
import { test } from "../sanitized.ts";
import { fill, one, turns } from "./async_twins.ts";
import {
  decode,
  encode,
  replaced,
  tcp_pair,
  unix_pair,
} from "./socket/setup.ts";

const { MSG_OOB, SHUT_WR } = socket;

test("Socket.recvAsync(), Epoll.pollAsync() and EpollSelector.selectAsync() that wait repeatedly make no epoll_ctl() call", async () => {
  using pair = tcp_pair();
  using ep = select.epoll();
  ep.register(pair.a, select.EPOLLIN);
  using sel = selectors.EpollSelector();
  sel.register(pair.a, selectors.EVENT_READ);
  const trip = async () => {
    const received = pair.b.recvAsync(9);
    const polled = ep.pollAsync(), selected = sel.selectAsync();
    await turns(1);
    pair.a.send(one);
    pair.b.send(await received);
    await polled;
    await selected;
    pair.a.recv(9);
  };
  await trip();
  using calls = record("epoll_ctl", untraced);
  for (let i = 0; i < 100; i++) await trip();
  assertEquals(calls.calls.length, 0);
});

test("Socket.recvAsync() leaves a registration that wakes the reactor once", async () => {
  using quiet = tcp_pair(), busy = tcp_pair();
  const first = busy.b.recvAsync(1);
  busy.a.send(one);
  await first;
  const other = quiet.b.recvAsync(1);
  using calls = record("epoll_wait", untraced);
  const ROUNDS = 20;
  for (let i = 0; i < ROUNDS; i++) {
    busy.a.send(one);
    // Lets the idle runtime poll its descriptors.
    await new Promise((go) => setTimeout(go, 1));
  }
  assertLessOrEqual(calls.calls.length, ROUNDS / 2);
  quiet.a.send(one);
  await other;
  for (let left = ROUNDS; left > 0;) {
    left -= (await busy.b.recvAsync(left)).length;
  }
});

test("Socket.recvAsync() leaves unread bytes that the reactor does not report again", async () => {
  using left = tcp_pair(), busy = tcp_pair();
  const trip = async () => {
    const received = left.b.recvAsync(1);
    await turns(1);
    left.a.send(encode("ab"));
    await received;
    // Makes the reactor read its events while an unread byte has no waiter.
    const other = busy.b.recvAsync(1);
    await turns(1);
    busy.a.send(one);
    await other;
    left.b.recv(1);
  };
  await trip();
  // A report without a waiter would remove the registration, and the next wait add it again.
  using calls = record("epoll_ctl", untraced);
  for (let i = 0; i < 20; i++) await trip();
  assertEquals(calls.calls.length, 0);
});

/** The size of a send that takes 1 ms and moves little: a twin yields before it would block. */
function slowed(size: bigint): bigint {
  for (const until = performance.now() + 1; performance.now() < until;);
  return size < 1000n ? size : 1000n;
}

for (const twin of ["sendallAsync", "sendfileAsync"] as const) {
  test(`Socket.${twin}() continues after it yielded, also on a socket that waited before`, async () => {
    const SIZE = 5000, ROUNDS = 3;
    using pair = tcp_pair();
    const file = os.memfd_create("zeros");
    os.ftruncate(file, SIZE);
    const controller = new AbortController(), { signal } = controller;
    const abort = () => controller.abort("a wait without end");
    const timer = setTimeout(abort, WATCHDOG);
    using _sendto = replaced(
      libc,
      "sendto",
      (sendto) => (fd, data, size, ...rest) =>
        sendto(fd, data, slowed(size), ...rest),
    );
    using _sendfile = replaced(
      libc,
      "sendfile",
      (sendfile) => (to, from, offset, size) =>
        sendfile(to, from, offset, slowed(size)),
    );
    for (let round = 0; round < ROUNDS; round++) {
      if (twin === "sendfileAsync") {
        await pair.a.sendfileAsync(file, 0, null, { signal });
      } else await pair.a.sendallAsync(new Uint8Array(SIZE), 0, { signal });
    }
    clearTimeout(timer);
    os.close(file);
    pair.a.shutdown(SHUT_WR);
    let received = 0;
    for (let size; (size = (await pair.b.recvAsync(SIZE)).length) > 0;) {
      received += size;
    }
    assertEquals(received, ROUNDS * SIZE);
  });
}

test("Socket.recvAsync() returns the end that arrived with the last bytes", async () => {
  for (const waits of [false, true]) {
    using pair = tcp_pair();
    // Its registration stays armed.
    const first = pair.b.recvAsync(9);
    await turns();
    pair.a.send(one);
    await first;
    const second = waits ? pair.b.recvAsync(9) : null;
    await turns();
    pair.a.send(encode("ab"));
    pair.a.shutdown(SHUT_WR);
    assertEquals(decode(await (second ?? pair.b.recvAsync(9))), "ab");
    assertEquals((await pair.b.recvAsync(9)).length, 0);
    assertEquals((await pair.b.recvAsync(9)).length, 0);
  }
});

test("Socket.recvAsync() that is served before its time-out leaves no timer", async () => {
  using pair = unix_pair();
  pair.b.settimeout(60);
  const received = pair.b.recvAsync(1);
  await turns();
  pair.a.send(one);
  // The sanitizer of operations looks for timers.
  assertEquals(await received, one);
});

/** Receives a byte, but does not wait for ever: a time-out would try once more, and succeed. */
async function receive(sock: socket.Socket): Promise<Uint8Array> {
  const controller = new AbortController();
  const abort = () => controller.abort("a wait without end");
  const timer = setTimeout(abort, WATCHDOG);
  try {
    return await sock.recvAsync(1, 0, controller);
  } finally {
    clearTimeout(timer);
  }
}

test("Socket.recvAsync() whose buffer was filled continues without a new edge", async () => {
  using pair = tcp_pair();
  const first = pair.b.recvAsync(1);
  await turns();
  pair.a.send(encode("abc"));
  const texts = [await first, await receive(pair.b), await receive(pair.b)];
  assertEquals(texts.map(decode), ["a", "b", "c"]);
});

test("Socket.recvAsync() continues after it stopped before an urgent byte", async () => {
  using pair = tcp_pair();
  const first = pair.b.recvAsync(9);
  await turns();
  pair.a.send(one);
  await first;
  const second = pair.b.recvAsync(9);
  await turns();
  pair.a.send(encode("ab"));
  pair.a.send(encode("!"), MSG_OOB);
  pair.a.send(encode("cd"));
  let text = "";
  text += decode(await second);
  while (text.length < 4) text += decode(await pair.b.recvAsync(9));
  assertEquals(text, "abcd");
});

for (
  const [what, happen] of Object.entries({
    "an urgent byte": (peer: socket.Socket) => peer.send(one, MSG_OOB),
    "the end of what its peer sends": (peer: socket.Socket) =>
      peer.shutdown(SHUT_WR),
  })
) {
  test(`Socket.sendallAsync() is not woken repeatedly by ${what}`, async () => {
    using pair = tcp_pair();
    const { b } = pair;
    fill(b);
    const waits: Promise<unknown>[] = [b.sendallAsync(one)];
    if (what === "an urgent byte") waits.push(b.recvAsync(1));
    const settled = Promise.allSettled(waits);
    await turns();
    using calls = record("epoll_ctl", untraced);
    happen(pair.a);
    // Longer than the back-off after empty reports.
    await new Promise((go) => setTimeout(go, 50));
    assertLessOrEqual(calls.calls.length, 2);
    b.close();
    await settled;
  });
}

test("select.selectAsync() for urgent data is woken by a hang-up eight times, then once a back-off", async () => {
  using pair = unix_pair();
  const controller = new AbortController();
  const { signal } = controller;
  // The third list is for urgent data alone, but epoll always reports a hang-up.
  const rejected = assertRejects(() =>
    select.selectAsync([], [], [pair.b], null, { signal })
  );
  await turns();
  let pauses = 0;
  using tries = record("select");
  {
    using _ = replaced(
      globalThis,
      "setTimeout",
      (setTimeout) =>
        ((action: () => void, delay: number) => {
          pauses++;
          return setTimeout(action, delay);
        }) as typeof setTimeout,
    );
    pair.a.close();
    while (pauses < 3 && tries.calls.length < 100) await turns(1);
  }
  // Eight without a back-off, one after each back-off, and those of the check once a second.
  assertLessOrEqual(tries.calls.length, 50);
  controller.abort();
  await rejected;
});

test("select.selectAsync() whose descriptor another library closes during a back-off ends with EBADF", async () => {
  using pair = unix_pair();
  const fd = pair.b.detach();
  let paused = false;
  using _ = replaced(globalThis, "setTimeout", (setTimeout) => {
    const seen = (action: () => void, delay: number) => {
      paused = true;
      return setTimeout(action, delay);
    };
    return seen as typeof setTimeout;
  });
  const wait = select.selectAsync([], [], [fd]);
  pair.a.close();
  while (!paused) await turns(1);
  new Descriptor(fd).close();
  // Its check once a second ends it: the back-off cannot watch it again.
  const error = await assertRejects(() => wait, OSError);
  assertEquals(error.errno, errno.EBADF);
});

test("Socket.recvAsync() that is served in turn never makes the others back off", async () => {
  using pair = unix_pair();
  let pauses = 0;
  using _ = replaced(globalThis, "setTimeout", (setTimeout) => {
    const counted = (action: () => void, delay: number) => {
      pauses++;
      return setTimeout(action, delay);
    };
    return counted as typeof setTimeout;
  });
  // Another one waits whenever one is served.
  let next = pair.b.recvAsync(1);
  for (let i = 0; i < 20; i++) {
    const served = next;
    next = pair.b.recvAsync(1);
    await turns(1);
    pair.a.send(one);
    await served;
  }
  assertEquals(pauses, 0);
  pair.a.send(one);
  await next;
});

test("os.readAsync() watches its descriptor anew after another library put another file there", async () => {
  const [r, w] = os.pipe(), [other, end] = os.pipe();
  const read = os.readAsync(r, 1);
  await turns();
  using checks = record("timerfd_settime", untraced);
  using calls = record("epoll_ctl", untraced);
  // As another library would: the reactor is not notified.
  assertEquals(libc.dup3(other, r, os.O_CLOEXEC), r);
  // The reactor checks descriptors once a second.
  while (checks.calls.length < 2) {
    await new Promise((go) => setTimeout(go, 10));
  }
  assert(calls.calls.some(([, , fd]) => fd === r));
  os.write(end, one);
  assertEquals(await read, one);
  for (const fd of [r, w, other, end]) os.close(fd);
});

test("Socket.recvAsync() is served on a number whose last owner was closed elsewhere", async () => {
  using pair = unix_pair();
  const first = pair.b.recvAsync(1);
  await turns();
  pair.a.send(one);
  await first;
  // As another library would; the number is the next one's.
  const fd = pair.b.fileno();
  new Descriptor(fd).close();
  using next = unix_pair();
  const mine = next.a.fileno() === fd ? next.a : next.b;
  const theirs = mine === next.a ? next.b : next.a;
  assertEquals(mine.fileno(), fd);
  const received = mine.recvAsync(1);
  await turns();
  theirs.send(one);
  assertEquals(await received, one);
  pair.b.detach();
});

test("A fileno() that gives a ready descriptor's number to another socket leaves that socket's bytes alone", async () => {
  using first = unix_pair();
  using second = unix_pair();
  const number = second.b.fileno();
  let next: ReturnType<typeof unix_pair> | undefined;
  let mine: socket.Socket, received: Promise<Uint8Array>, reuse = false;
  const file = {
    fileno() {
      if (reuse && next === undefined) {
        second.b.close();
        next = unix_pair();
        mine = next.a.fileno() === number ? next.a : next.b;
        received = mine.recvAsync(9);
      }
      return first.b.fileno();
    },
  };
  const selected = select.selectAsync([file], [], []);
  const closed = assertRejects(() => second.b.recvAsync(9), OSError);
  await turns();
  reuse = true;
  // Both are ready in one look of the reactor, and its events of the second name the number.
  first.a.send(one);
  second.a.send(encode("old"));
  assertEquals(await selected, [[file], [], []]);
  assertEquals((await closed).errno, errno.EBADF);
  using _ = next!;
  assertEquals(mine!.fileno(), number);
  let there = false;
  received!.then(() => there = true);
  await turns();
  assert(!there);
  (mine! === next!.a ? next!.b : next!.a).send(encode("new"));
  assertEquals(decode(await received!), "new");
});

/** Has `recvAsync()` receive the byte that `recvmsgAsync()` leaves, without another edge. */
async function receive_both(from: socket.Socket, to: socket.Socket) {
  const first = to.recvmsgAsync(1);
  await turns();
  from.send(encode("ab"));
  assertEquals(decode((await first)[0]), "a");
  assertEquals(decode(await receive(to)), "b");
}

/** Has `recvAsync()` empty a socket's queue. */
async function drain({ a, b }: { a: socket.Socket; b: socket.Socket }) {
  const received = b.recvAsync(9);
  await turns();
  a.send(one);
  await received;
}

test("Socket.recvAsync() tries what it drained before os.dup2() put another connection there", async () => {
  using before = tcp_pair(), after = tcp_pair();
  await drain(before);
  os.dup2(after.b.fileno(), before.b.fileno(), false);
  await receive_both(after.a, before.b);
});

test("Socket.recvAsync() tries what it drained before selectAsync() watched it for the last time", async () => {
  using pair = tcp_pair(), idle = tcp_pair();
  await drain(pair);
  const selected = select.selectAsync([pair.b], [], []);
  pair.a.send(one);
  await selected;
  pair.b.recv(1);
  // The check once a second removes the descriptor, if anything waits.
  const wait = assertRejects(() => idle.b.recvAsync(1), OSError);
  using calls = record("epoll_ctl", untraced);
  while (calls.calls.every(([, , fd]) => fd !== pair.b.fileno())) {
    await new Promise((go) => setTimeout(go, 10));
  }
  await receive_both(pair.a, pair.b);
  idle.b.close();
  await wait;
});

test("Socket.recvAsync() on two duplicates loses no bytes, whichever is served", async () => {
  using pair = tcp_pair();
  using copy = pair.b.dup();
  for (let i = 0; i < 50; i++) {
    const both = [pair.b.recvAsync(1), copy.recvAsync(1)];
    await turns(i % 3);
    pair.a.send(encode("ab"));
    const texts = (await Promise.all(both)).map(decode);
    assertEquals(texts.sort(), ["a", "b"]);
  }
});

test("Socket.recvAsync() sets no timer to check its descriptor, and all Poll.pollAsync() share one", async () => {
  const pairs = Array.from({ length: 100 }, () => unix_pair());
  {
    const starts: Array<() => unknown> = [];
    using _ = replaced(
      untraced,
      "timerfd_settime",
      (timerfd_settime) => (fd, flags, spec, old) => {
        const words = (spec as BigInt64Array).slice();
        const start = () => timerfd_settime(fd, flags, words, old);
        // Zeros stop the timer.
        if (words.every((word) => word === 0n)) return start();
        // Stopped meanwhile, one of an earlier wait, too: each second would start it once more.
        starts.push(start);
        return timerfd_settime(fd, flags, words.map(() => 0n), old);
      },
    );
    const waits = pairs.map(({ b }) => b.recvAsync(1));
    await turns();
    assertEquals(starts, []);
    const poller = select.poll();
    for (const { b } of pairs) poller.register(b, select.POLLIN);
    const polls = pairs.map(() => poller.pollAsync());
    await turns();
    assertLessOrEqual(starts.length, 1);
    for (const { a } of pairs) a.send(one);
    await Promise.all([...waits, ...polls]);
    for (const start of starts) start();
  }
  for (const pair of pairs) pair[Symbol.dispose]();
});

test("Socket.recvAsync() a thousand times on one socket makes one epoll_ctl() call", async () => {
  using pair = unix_pair();
  using calls = record("epoll_ctl", untraced);
  const COUNT = 1000;
  const waits = Array.from({ length: COUNT }, () => pair.b.recvAsync(1));
  await turns();
  assertEquals(calls.calls.length, 1);
  using looks = record("recvfrom");
  pair.a.send(new Uint8Array(COUNT));
  await Promise.all(waits);
  assertEquals(looks.calls.length, COUNT);
});

test("Socket.recvAsync() is watched again once a paused wait before it is aborted", async () => {
  const MSG_ERRQUEUE = 0x2000;
  using pair = tcp_pair();
  const controller = new AbortController();
  const { signal } = controller;
  // It is woken by bytes that it does not read, so it backs off nearly all the time.
  const paused = pair.b.recvAsync(10, MSG_ERRQUEUE, { signal });
  const rejected = assertRejects(() => paused, DOMException);
  const received = pair.b.recvAsync(10);
  let pauses = 0;
  {
    // The first back-off does not end.
    using _ = replaced(
      globalThis,
      "setTimeout",
      (setTimeout) =>
        ((action: () => void) => {
          pauses++;
          return setTimeout(action, WATCHDOG);
        }) as typeof setTimeout,
    );
    pair.a.send(encode("abc"));
    while (pauses === 0) await turns(1);
  }
  using calls = record("epoll_ctl", untraced);
  controller.abort();
  const fd = pair.b.fileno();
  // Otherwise only the end of the back-off would find it.
  assert(calls.calls.some((call) => call[2] === fd));
  await rejected;
  assertEquals(decode(await received), "abc");
});

test("select.selectAsync() and Poll.pollAsync() wait beside a regular file, which epoll refuses", async () => {
  const file = os.memfd_create("page");
  const [r, w] = os.pipe();
  const poller = select.poll();
  // select(2) reports no urgent data of a file, and poll(2) nothing that was not asked for.
  poller.register(file, 0);
  poller.register(r, select.POLLIN);
  const waits = [
    select.selectAsync([r], [], [file]),
    poller.pollAsync(),
  ] as const;
  await turns(1);
  os.write(w, one);
  const [selected, polled] = await Promise.all(waits);
  assertEquals(selected, [[r], [], []]);
  assertEquals(polled, [[r, select.POLLIN]]);
  for (const fd of [file, r, w]) os.close(fd);
});
