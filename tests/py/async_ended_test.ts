import { select, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { untraced } from "../../ffi/libc.ts";
import { record } from "../ffi/storm.ts";
import { ran } from "../scripts.ts";
import { test } from "../sanitized.ts";
import { decode, encode, tcp_pair, unix_pair } from "./socket/setup.ts";

const pause = (milliseconds: number) =>
  new Promise((go) => setTimeout(go, milliseconds));

Deno.test("Async twins reject where the permission is missing", async () => {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const code = `import { select } from "${mod}";
    for (const call of [
      () => select.poll().pollAsync(10),
      () => select.poll().pollAsync("x"),
      () => select.selectAsync([0], [], [], 0.01),
    ]) await call().catch((error) => console.log(error.name));`;
  const args = ["eval", "--no-lock", code];
  const allowed = await ran(Deno.execPath(), args);
  assertEquals(allowed.output, "TypeError\n");
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/denied.ts`;
    await Deno.writeTextFile(file, code);
    const denied = await ran(Deno.execPath(), ["run", "--no-prompt", file]);
    assertStringIncludes(denied.output, "NotCapable\nTypeError\nNotCapable\n");
    assertEquals(denied.code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("A wait that its own fileno() aborts leaves the descriptor to other waits", async () => {
  using pair = unix_pair(), other = unix_pair();
  using twin = pair.b.dup();
  const controller = new AbortController();
  let ending = false;
  const file = {
    fileno() {
      if (ending) controller.abort();
      return other.b.fileno();
    },
  };
  const { signal } = controller;
  const wait = select.selectAsync([file, pair.b], [], [], null, { signal });
  const rejected = assertRejects(() => wait, DOMException);
  // Until it waits.
  await pause(50);
  ending = true;
  // A spurious wake-up: the bytes are gone.
  pair.a.send(new Uint8Array(1));
  twin.recv(1);
  await rejected;
  other.a.send(encode("x"));
  const received = other.b.recvAsync(1, 0, {
    signal: AbortSignal.timeout(30_000),
  });
  assertEquals(decode(await received), "x");
});

test("Socket.recvAsync() is watched again once a paused wait before it is aborted", async () => {
  const MSG_ERRQUEUE = 0x2000;
  // Between two pauses of 10 ms it is watched: try until it was aborted in one of them.
  let watched_again = false;
  for (let round = 0; !watched_again && round < 50; round++) {
    using pair = tcp_pair();
    const controller = new AbortController();
    const { signal } = controller;
    // Woken by bytes that it does not look at, it pauses nearly all the time.
    const paused = pair.b.recvAsync(10, MSG_ERRQUEUE, { signal });
    const rejected = assertRejects(() => paused, DOMException);
    const received = pair.b.recvAsync(10);
    pair.a.send(encode("abc"));
    await pause(95 + round);
    using calls = record("epoll_ctl", untraced);
    controller.abort();
    const fd = pair.b.fileno();
    watched_again = calls.calls.some((call) => call[2] === fd);
    await rejected;
    assertEquals(decode(await received), "abc");
  }
  // Else it had to wait until everybody looks, once a second.
  assert(watched_again);
});

test("Socket.recvAsync() with a time-out settles earlier calls first", async () => {
  const spin = (time: number) => {
    for (const until = performance.now() + time; performance.now() < until;);
  };
  for (let round = 0; round < 10; round++) {
    using pair = unix_pair();
    pair.b.settimeout(0.005);
    const order: string[] = [];
    const receive = async () => {
      order.push(decode(await pair.b.recvAsync(1)));
    };
    pair.a.send(encode("a"));
    spin(12);
    const both = [receive(), receive()];
    pair.a.send(encode("b"));
    spin(8);
    await Promise.all(both);
    assertEquals(order, ["a", "b"]);
  }
});

test("Socket.recv() of large sizes calls no method that may be overridden", () => {
  class Own extends socket.Socket {
    override recv_into(buffer: Uint8Array, nbytes = 0, flags = 0): number {
      const data = this.recv(nbytes || buffer.length, flags);
      buffer.set(data);
      return data.length;
    }
  }
  using pair = unix_pair();
  const { family, type, proto } = pair.b;
  using own = new Own(pair.b.detach(), family, type, proto, null);
  pair.a.send(encode("hello"));
  assertEquals(decode(own.recv(300_000)), "hello");
  pair.a.send(encode("hello"));
  const buffer = new Uint8Array(300_000);
  assertEquals(own.recv_into(buffer), 5);
});
