import { os, select, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { libc, untraced } from "../../ffi/libc.ts";
import { Descriptor } from "../ffi/kernel.ts";
import { record } from "../ffi/storm.ts";
import { test } from "../sanitized.ts";
import { fill, one, turns } from "./async_twins.ts";
import { decode, encode, tcp_pair, unix_pair } from "./socket/setup.ts";

const { MSG_OOB, SHUT_WR } = socket;

test("Async twins that wait repeatedly make no epoll_ctl() call", async () => {
  using pair = tcp_pair();
  using ep = select.epoll();
  ep.register(pair.a, select.EPOLLIN);
  const trip = async () => {
    const received = pair.b.recvAsync(9);
    const polled = ep.pollAsync();
    await turns(1);
    pair.a.send(one);
    pair.b.send(await received);
    await polled;
    pair.a.recv(9);
  };
  await trip();
  using calls = record("epoll_ctl", untraced);
  for (let i = 0; i < 100; i++) await trip();
  assertEquals(calls.calls.length, 0);
});

test("A socket without a waiting twin wakes the reactor once", async () => {
  using quiet = tcp_pair(), busy = tcp_pair();
  const first = busy.b.recvAsync(1);
  busy.a.send(one);
  await first;
  const other = quiet.b.recvAsync(1);
  using calls = record("epoll_wait", untraced);
  const ROUNDS = 20;
  for (let i = 0; i < ROUNDS; i++) {
    busy.a.send(one);
    // The runtime has nothing else to do, and looks at its descriptors.
    await new Promise((go) => setTimeout(go, 1));
  }
  assertLessOrEqual(calls.calls.length, ROUNDS / 2);
  quiet.a.send(one);
  await other;
  for (let left = ROUNDS; left > 0;) {
    left -= (await busy.b.recvAsync(left)).length;
  }
});

test("Bytes that a twin has left unread are not reported again", async () => {
  using left = tcp_pair(), busy = tcp_pair();
  const trip = async () => {
    const received = left.b.recvAsync(1);
    await turns(1);
    left.a.send(encode("ab"));
    await received;
    // The reactor looks at its events, while a byte is there that no twin waits for.
    const other = busy.b.recvAsync(1);
    await turns(1);
    busy.a.send(one);
    await other;
    left.b.recv(1);
  };
  await trip();
  // A report without a waiter would take the descriptor out, and the next wait put it in.
  using calls = record("epoll_ctl", untraced);
  for (let i = 0; i < 20; i++) await trip();
  assertEquals(calls.calls.length, 0);
});

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

test("A twin that is served before its time is up leaves no timer", async () => {
  using pair = unix_pair();
  pair.b.settimeout(60);
  const received = pair.b.recvAsync(1);
  await turns();
  pair.a.send(one);
  // The sanitizer of operations looks for timers.
  assertEquals(await received, one);
});

test("Socket.recvAsync() whose buffer was filled goes on without a new edge", async () => {
  using pair = tcp_pair();
  // So that what waits for an edge in vain fails.
  pair.b.settimeout(60);
  const first = pair.b.recvAsync(1);
  await turns();
  pair.a.send(encode("abc"));
  const texts = [await first, await pair.b.recvAsync(1)];
  texts.push(await pair.b.recvAsync(1));
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
  test(`A twin that waits for another event is not woken repeatedly by ${what}`, async () => {
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

test("A hang-up that a twin has no use for wakes it no more than once a pause, after a few times", async () => {
  using pair = unix_pair();
  const controller = new AbortController();
  const { signal } = controller;
  // select's third list is for urgent data alone; a hang-up is reported whatever was asked for.
  const rejected = assertRejects(() =>
    select.selectAsync([], [], [pair.b], null, { signal })
  );
  await turns();
  const { setTimeout } = globalThis;
  let pauses = 0;
  globalThis.setTimeout = ((action: () => void, delay: number) => {
    pauses++;
    return setTimeout(action, delay);
  }) as typeof setTimeout;
  using tries = record("select");
  try {
    pair.a.close();
    while (pauses < 3 && tries.calls.length < 100) await turns(1);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  // Eight without a pause, one behind each, and what the look once a second adds.
  assertLessOrEqual(tries.calls.length, 50);
  controller.abort();
  await rejected;
});

test("A descriptor whose number went to another file unnoticed is watched anew", async () => {
  const [r, w] = os.pipe(), [other, end] = os.pipe();
  const read = os.readAsync(r, 1);
  await turns();
  using checks = record("timerfd_settime", untraced);
  using calls = record("epoll_ctl", untraced);
  // As another library would: the reactor is not told.
  assertEquals(libc.dup3(other, r, os.O_CLOEXEC), r);
  // It looks once a second.
  while (checks.calls.length < 2) {
    await new Promise((go) => setTimeout(go, 10));
  }
  assert(calls.calls.some(([, , fd]) => fd === r));
  os.write(end, one);
  assertEquals(await read, one);
  for (const fd of [r, w, other, end]) os.close(fd);
});

test("A Socket is served on a number whose last owner was closed elsewhere", async () => {
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
