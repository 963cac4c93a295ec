import { OSError, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { createHash, type Hash } from "node:crypto";
import { unread } from "../../../ffi/descriptor.ts";
import { test } from "../../sanitized.ts";
import { drain, fill, one, turns } from "../async_twins.ts";
import { encode, type Pair, patterned, tcp_pair, unix_pair } from "./setup.ts";

const MIB = 0x100000;

/** Streams `size` bytes in chunks of odd sizes, made on demand. */
function source(size: number, hash: Hash): ReadableStream<Uint8Array> {
  const bytes = patterned(100_003);
  let made = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = bytes.slice(0, Math.min(bytes.length, size - made));
      if (chunk.length === 0) return controller.close();
      made += chunk.length;
      hash.update(chunk);
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

for (
  const [name, make] of Object.entries({
    AF_INET: tcp_pair,
    AF_UNIX: unix_pair,
  })
) {
  test(`Socket streams carry 64 MiB unharmed by pipeTo() over two connections of ${name}`, async () => {
    using first: Pair = make();
    using second: Pair = make();
    const sent = createHash("sha256"), received = createHash("sha256");
    const piped = Promise.all([
      source(64 * MIB, sent).pipeTo(first.a.writable),
      first.b.readable.pipeTo(second.a.writable),
    ]);
    let count = 0;
    for await (const chunk of second.b.readable) {
      count += chunk.length;
      received.update(chunk);
    }
    await piped;
    assertEquals(count, 64 * MIB);
    assertEquals(received.digest("hex"), sent.digest("hex"));
  });
}

test("Socket.readable gives larger chunks while more arrives, and none with room to spare once less does", async () => {
  using pair = tcp_pair();
  pair.a.setblocking(false);
  pair.b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB);
  const reader = pair.b.readable.getReader();
  const read = async () => (await reader.read()).value!;
  const most = async () => {
    fill(pair.a);
    const sizes: number[] = [];
    for (let left = unread(pair.b.fileno()); left > 0;) {
      const chunk = await read();
      sizes.push(chunk.length);
      left -= chunk.length;
    }
    return Math.max(...sizes);
  };
  await most();
  assertGreater(await most(), 65536);
  while (unread(pair.b.fileno()) > 0) await read();
  for (let round = 0; round < 4; round++) {
    pair.a.send(one);
    const { length, buffer } = await read();
    assertEquals(length, 1);
    if (round === 3) assertEquals(buffer.byteLength, 1);
  }
});

test("Socket streams buffer no more than the kernel, however slow the reader", async () => {
  using first = unix_pair();
  using second = unix_pair();
  let made = 0, taken = 0;
  const endless = new ReadableStream({
    pull(controller) {
      made += 65536;
      controller.enqueue(new Uint8Array(65536));
    },
  });
  const controller = new AbortController();
  const { signal } = controller;
  const rejected = assertRejects(
    () => endless.pipeTo(first.a.writable, { signal }),
    DOMException,
  );
  const piped = first.b.readable.pipeTo(second.a.writable);
  const reader = second.b.readable.getReader();
  for (let i = 0; i < 200; i++) {
    taken += (await reader.read()).value!.length;
    await turns(3);
    // Four buffers in the kernel, each of less than half a MiB.
    assertLessOrEqual(made - taken, 4 * MIB);
  }
  // A chunk that pipeTo() has read is still written.
  controller.abort();
  while (!(await reader.read()).done);
  await Promise.all([rejected, piped]);
});

test("Socket.writable makes a writer wait while the peer does not read", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const filled = fill_counted(a);
  const writer = a.writable.getWriter();
  await writer.ready;
  assertEquals(writer.desiredSize, 1);
  const written = writer.write(one);
  let ready = false;
  const readied = writer.ready.then(() => ready = true);
  await turns(20);
  assertEquals([writer.desiredSize, ready], [0, false]);
  assertEquals(drain(b), filled);
  await Promise.all([written, readied]);
  assertEquals([writer.desiredSize, ready], [1, true]);
});

test("Socket.readable receives only what its reader asks for", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const filled = fill_counted(a);
  const reader = b.readable.getReader();
  const { value } = await reader.read();
  await turns(20);
  assertEquals(drain(b), filled - value!.length);
});

/** Fills a socket's buffer; returns how many bytes it took. */
function fill_counted(sock: socket.Socket): number {
  const copy = sock.dup();
  let total = 0;
  copy.setblocking(false);
  try {
    for (;;) total += copy.send(new Uint8Array(4096));
  } catch {
    // Blocking is the socket's, not the descriptor's.
    copy.setblocking(true);
    copy.close();
  }
  fill(sock);
  return total;
}

test("pipeTo() between sockets ends both when its signal aborts", async () => {
  using first = unix_pair();
  using second = unix_pair();
  const controller = new AbortController(), reason = new Error("enough");
  const rejected = assertRejects(() =>
    first.b.readable.pipeTo(second.a.writable, { signal: controller.signal })
  );
  first.a.send(one);
  assertEquals(await second.b.recvAsync(9), one);
  await turns();
  controller.abort(reason);
  assertStrictEquals(await rejected, reason);
  assertEquals((await second.b.recvAsync(9)).length, 0);
  assertEquals((await first.b.recvAsync(9)).length, 0);
});

for (const how of ["close", "detach"] as const) {
  test(`pipeTo() between sockets ends on ${how}() of the one that is written to`, async () => {
    using first = unix_pair();
    using second = unix_pair();
    const fd = second.a.fileno();
    const rejected = assertRejects(
      () => first.b.readable.pipeTo(second.a.writable),
      OSError,
    );
    await turns();
    second.a[how]();
    assertEquals((await rejected).code, "EBADF");
    assertEquals((await first.b.recvAsync(9)).length, 0);
    if (how === "detach") socket.close(fd);
  });
}

test("pipeTo() with preventClose leaves the half of the socket open", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const options = { preventClose: true };
  await new Response("head ").body!.pipeTo(a.writable, options);
  await new Response("body").body!.pipeTo(a.writable);
  assertEquals(await new Response(b.readable).text(), "head body");
});

/** Splits text at newlines, as `TextLineStream` of `@std/streams` does. */
function line_stream(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) controller.enqueue(line);
    },
    flush(controller) {
      if (rest !== "") controller.enqueue(rest);
    },
  });
}

test("Socket.readable goes through a decoder and a splitter of lines", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const lines = b.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(line_stream());
  const text = encode("first ä\nsecond\nrest");
  const written = (async () => {
    // One byte at a time, so that a character comes in parts.
    for (const byte of text) {
      await a.write(new Uint8Array([byte]));
      await turns(1);
    }
    await a.writable.close();
  })();
  assertEquals(await Array.fromAsync(lines), ["first ä", "second", "rest"]);
  await written;
});

test("Socket streams go through compression and back", async () => {
  using pair = tcp_pair();
  const { a, b } = pair;
  const sent = createHash("sha256"), received = createHash("sha256");
  const written = source(MIB, sent)
    .pipeThrough(new CompressionStream("gzip") as ReadableWritablePair)
    .pipeTo(a.writable);
  const plain = b.readable.pipeThrough(new DecompressionStream("gzip"));
  for await (const chunk of plain) received.update(chunk);
  await written;
  assertEquals(received.digest("hex"), sent.digest("hex"));
});

test("Socket.readable is a body for Response, whole or split by tee()", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const [first, second] = b.readable.tee();
  const bodies = [new Response(first).json(), new Response(second).text()];
  await new Response('{"list":[1,2]}').body!.pipeTo(a.writable);
  assertEquals(await Promise.all(bodies), [
    { list: [1, 2] },
    '{"list":[1,2]}',
  ]);
});

test("Socket streams and those of Deno.Conn pipe into each other", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using sock = socket.socket();
  await sock.connectAsync(["127.0.0.1", listener.addr.port]);
  const conn = await listener.accept();
  const echoed = conn.readable.pipeTo(conn.writable);
  const sent = createHash("sha256"), received = createHash("sha256");
  const written = source(MIB, sent).pipeTo(sock.writable);
  for await (const chunk of sock.readable) received.update(chunk);
  await Promise.all([written, echoed]);
  assertEquals(received.digest("hex"), sent.digest("hex"));
  assert(sock.fileno() === -1);
});

test("Socket ends an `await using` block once all is sent that was written", async () => {
  const data = patterned(MIB);
  const { a, b } = unix_pair();
  const sending = (async () => {
    await using sock = a;
    // Not awaited.
    sock.writable.getWriter().write(data);
  })();
  const received = new Uint8Array(MIB);
  for (let at = 0; at < MIB;) {
    const part = await b.recvAsync(MIB);
    assertGreater(part.length, 0);
    received.set(part, at);
    at += part.length;
  }
  await sending;
  assertEquals(a.fileno(), -1);
  assert(received.every((byte, i) => byte === data[i]));
  b.close();
});
