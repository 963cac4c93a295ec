import {
  ConnectionResetError,
  errno,
  OSError,
  select,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "../../sanitized.ts";
import { drain, fill, one, turns } from "../async_twins.ts";
import {
  decode,
  encode,
  type Pair,
  patterned,
  replaced,
  reset,
  tcp_pair,
  throws_errno,
  unix_pair,
} from "./setup.ts";
import { createHash, type Hash } from "node:crypto";
import { unread } from "../../../ffi/descriptor.ts";
import { libc, set_errno } from "../../../ffi/libc.ts";

// More than the two queues of a connection ever hold.
const MORE_THAN_QUEUES = 1 << 26;

const pairs = { AF_INET: tcp_pair, AF_UNIX: unix_pair };

/** The next chunk of a stream that is not locked. */
async function chunk(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array | null> {
  const reader = stream.getReader();
  const { done, value } = await reader.read();
  reader.releaseLock();
  return done ? null : value;
}

async function put(stream: WritableStream<Uint8Array>, text: string) {
  const writer = stream.getWriter();
  await writer.write(encode(text));
  writer.releaseLock();
}

function is_ebadf(error: unknown): boolean {
  return error instanceof OSError && error.errno === errno.EBADF;
}

/** Whether the peer's reset has arrived. */
function is_reset(sock: socket.Socket): boolean {
  const poller = select.poll();
  poller.register(sock, 0);
  return poller.poll(0).length > 0;
}

for (const [family, make] of Object.entries(pairs)) {
  test(`Socket.readable yields the bytes, then the end, of ${family}`, async () => {
    using pair = make();
    const { a, b } = pair;
    assertStrictEquals(b.readable, b.readable);
    a.send(encode("there"));
    assertEquals(decode((await chunk(b.readable))!), "there");
    const later = chunk(b.readable);
    await turns();
    a.send(encode("later"));
    assertEquals(decode((await later)!), "later");
    a.close();
    assertEquals(await chunk(b.readable), null);
    // The owner closes the socket.
    assert(b.fileno() !== -1);
  });

  test(`Socket.readable fills a BYOB reader's buffer, of ${family}`, async () => {
    using pair = make();
    const { a, b } = pair;
    const reader = b.readable.getReader({ mode: "byob" });
    let buffer = new Uint8Array(4);
    const read = async () => {
      const { done, value } = await reader.read(buffer);
      buffer = new Uint8Array(value!.buffer);
      return done ? null : decode(value!);
    };
    a.send(encode("abcdef"));
    assertEquals(await read(), "abcd");
    // The bytes without room wait in the kernel.
    assertEquals(b.recv(9, socket.MSG_PEEK), encode("ef"));
    assertEquals(await read(), "ef");
    const later = read();
    await turns();
    a.send(encode("g"));
    assertEquals(await later, "g");
    a.shutdown(socket.SHUT_WR);
    assertEquals(await read(), null);
    assertEquals(buffer.length, 4);
  });

  test(`Socket.writable ends its half alone, after the last byte, of ${family}`, async () => {
    using pair = make();
    const { a, b } = pair;
    assertStrictEquals(a.writable, a.writable);
    const writer = a.writable.getWriter();
    const size = 2_000_000;
    const written = [writer.write(new Uint8Array(size)), writer.close()];
    let received = 0;
    for await (const data of b.readable) received += data.length;
    assertEquals(received, size);
    await Promise.all(written);
    b.send(encode("answer"));
    assertEquals(decode((await chunk(a.readable))!), "answer");
  });

  test(`Socket.readable ends its wait when it is cancelled, of ${family}`, async () => {
    using pair = make();
    const { a, b } = pair;
    const reader = b.readable.getReader();
    const read = reader.read();
    await turns();
    await reader.cancel("enough");
    assertEquals((await read).done, true);
    // The other half continues.
    await put(b.writable, "still here");
    assertEquals(decode(a.recv(16)), "still here");
    assertEquals(await b.read(new Uint8Array(1)), null);
  });

  test(`Socket streams close the socket once both have ended, of ${family}`, async () => {
    using pair = make();
    const { a, b } = pair;
    const echoed = b.readable.pipeTo(b.writable);
    await put(a.writable, "echo");
    await a.writable.close();
    assertEquals(await new Response(a.readable).text(), "echo");
    await echoed;
    assertEquals([a.fileno(), b.fileno()], [-1, -1]);
  });

  test(`Socket streams fail with EBADF when the socket is closed, of ${family}`, async () => {
    using pair = make();
    const { b } = pair;
    const reader = b.readable.getReader(), writer = b.writable.getWriter();
    // TCP takes a byte into a full queue once the peer has acknowledged some.
    const written = writer.write(new Uint8Array(MORE_THAN_QUEUES));
    const failed = [reader.read(), reader.closed, written].map(
      (promise) => assertRejects(() => promise, OSError),
    );
    await turns();
    b.close();
    for (const error of await Promise.all(failed)) assert(is_ebadf(error));
    assert(is_ebadf(await assertRejects(() => writer.closed)));
  });
}

test("Socket streams fail with EBADF also when close(2) fails", async () => {
  using pair = unix_pair();
  // Without a read or a write, which the reactor ends.
  const ends = [pair.a.readable.getReader(), pair.a.writable.getWriter()];
  const failed = ends.map(({ closed }) => assertRejects(() => closed));
  {
    using _ = replaced(libc, "close", (close) => (fd) => {
      close(fd);
      set_errno(errno.EIO);
      return -1;
    });
    throws_errno(() => pair.a.close(), OSError, "EIO");
  }
  for (const error of await Promise.all(failed)) assert(is_ebadf(error));
});

test("Socket streams fail with ConnectionResetError when the peer resets", async () => {
  using pair = tcp_pair();
  const { a, b } = pair;
  const reader = b.readable.getReader(), writer = b.writable.getWriter();
  const read = assertRejects(() => reader.read(), ConnectionResetError);
  await turns();
  reset(a);
  const error = await read;
  assertStrictEquals(await assertRejects(() => writer.write(one)), error);
  // Both streams have failed, so the socket is closed.
  assertEquals(b.fileno(), -1);
});

test("Socket streams end without an error after a reset that neither has met", async () => {
  using pair = tcp_pair();
  const { a, b } = pair;
  const { readable, writable } = b;
  reset(a);
  while (!is_reset(b)) await turns(1);
  await readable.cancel();
  await writable.close();
  assertEquals(b.fileno(), -1);
});

test("Socket.readable yields the bytes that arrived before a write failed", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const { readable } = b;
  a.send(encode("last words"));
  a.close();
  const writer = b.writable.getWriter();
  const error = await assertRejects(() => writer.write(one), OSError);
  assertEquals(error.code, "EPIPE");
  assertEquals(await new Response(readable).text(), "last words");
  assertEquals(b.fileno(), -1);
});

test("Socket.readable fails with TimeoutError, and the other half continues", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  b.settimeout(0.01);
  const { writable } = b;
  await assertRejects(() => chunk(b.readable), TimeoutError, "timed out");
  await put(writable, "still here");
  assertEquals(decode(a.recv(16)), "still here");
});

test("Socket streams wait though the socket is non-blocking", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  b.setblocking(false);
  const later = chunk(b.readable);
  await turns();
  a.send(one);
  assertEquals(await later, one);
});

test("Socket.writable drops unsent bytes when it is aborted", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  fill(b);
  const reason = new Error("enough");
  const writer = b.writable.getWriter();
  const failed = [writer.write(one), writer.write(one)].map((promise) =>
    assertRejects(() => promise)
  );
  await turns();
  await writer.abort(reason);
  for (const error of await Promise.all(failed)) {
    assertStrictEquals(error, reason);
  }
  while (a.recv(65536).length > 0);
  a.send(one);
  assertEquals(await chunk(b.readable), one);
});

test("Socket.writable refuses other types than bytes", async () => {
  using pair = unix_pair();
  const writer = pair.b.writable.getWriter();
  await assertRejects(() => writer.write("text" as never), TypeError);
});

test("Socket streams are locked to one reader and one writer", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const reader = b.readable.getReader(), writer = b.writable.getWriter();
  assertThrows(() => b.readable.getReader(), TypeError);
  assertThrows(() => b.writable.getWriter(), TypeError);
  await assertRejects(() => b.readable.cancel(), TypeError);
  await assertRejects(() => a.readable.pipeTo(b.writable), TypeError);
  // A reader that releases its lock during a wait loses nothing.
  const abandoned = assertRejects(() => reader.read(), TypeError);
  await turns();
  reader.releaseLock();
  writer.releaseLock();
  await abandoned;
  a.send(one);
  assertEquals(await chunk(b.readable), one);
});

test("Socket.readable and recv() return bytes that do not share a buffer", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  a.send(encode("kept"));
  const kept = b.recv(9);
  a.send(encode("streamed"));
  // Short results share a buffer, and the stream detaches what it is given.
  const streamed = await chunk(b.readable);
  assertEquals(decode(kept), "kept");
  assertEquals(streamed!.buffer.byteLength, "streamed".length);
});

const reads: Record<string, (sock: socket.Socket) => Promise<unknown>> = {
  readable: (sock) => chunk(sock.readable),
  "makefile().readAsync()": (sock) => sock.makefile("rb").readAsync(9),
  "makefile().readlineAsync()": (sock) => sock.makefile("rb").readlineAsync(),
  "makefile().readlinesAsync()": async (sock) =>
    (await sock.makefile("rb").readlinesAsync(1))[0],
  "makefile()'s asynchronous iterator": async (sock) =>
    (await sock.makefile("rb")[Symbol.asyncIterator]().next()).value,
  "makefile() of text": async (sock) =>
    encode(await sock.makefile().readlineAsync()),
  "makefile() for both": (sock) => sock.makefile("rwb", 0).readAsync(9),
};

for (const [name, read] of Object.entries(reads)) {
  test(`Socket.${name} loses nothing when the program transfers a result of recv()`, async () => {
    for (const waits of [false, true]) {
      using pair = unix_pair(), other = unix_pair();
      other.a.send(one);
      const result = other.b.recv(1);
      const transfer = () => result.buffer.transfer();
      // It is served before the read, in the same wake, and its reaction runs before the read's.
      const before = waits ? other.b.recvAsync(1).then(transfer) : undefined;
      if (waits) await turns();
      const send = () => pair.a.send(encode("received\n"));
      if (!waits) send();
      const received = read(pair.b);
      if (waits) {
        await turns();
        other.a.send(one);
        send();
      } else queueMicrotask(transfer);
      assertEquals(decode(await received as Uint8Array), "received\n");
      await before;
    }
  });
}

test("Socket.readable and writable are of SOCK_STREAM only", () => {
  using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  assertThrows(() => sock.readable, ValueError, "SOCK_STREAM");
  assertThrows(() => sock.writable, ValueError, "SOCK_STREAM");
});

test("Socket.readable receives nothing before the first read", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  b.readable.getReader().releaseLock();
  a.send(one);
  await turns();
  assertEquals(select.select([b], [], [], 0)[0], [b]);
});

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
  // Of AF_UNIX: what is sent is there at once.
  using pair = unix_pair();
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
    // The descriptor is shared: make it blocking again.
    copy.setblocking(true);
    copy.close();
  }
  fill(sock);
  return total;
}

test("Socket.readable.pipeTo() to another socket ends both when its signal aborts", async () => {
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
  test(`Socket.readable.pipeTo() to another socket ends on ${how}() of the one that is written to`, async () => {
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

test("Socket.writable stays open after pipeTo() with preventClose", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const options = { preventClose: true };
  await new Response("head ").body!.pipeTo(a.writable, options);
  await new Response("body").body!.pipeTo(a.writable);
  assertEquals(await new Response(b.readable).text(), "head body");
});

test("Socket.readable is a body for Response, whole or split by tee()", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const [first, second] = b.readable.tee();
  const bodies = [new Response(first).json(), new Response(second).text()];
  await new Response('{"list":[1,2]}').body!.pipeTo(a.writable);
  assertEquals(await Promise.all(bodies), [{ list: [1, 2] }, '{"list":[1,2]}']);
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

// The interfaces of @std/io, and the members of Deno.Conn that any connection has.
interface Reader {
  read(p: Uint8Array): Promise<number | null>;
}
interface Writer {
  write(p: Uint8Array): Promise<number>;
}
interface Closer {
  close(): void;
}
type Conn =
  & Pick<Deno.Conn, "read" | "write" | "close" | "readable" | "writable">
  & Disposable;

/** Copies a reader to its end, as `copy()` of @std/io does. */
async function copy(source: Reader, target: Writer): Promise<number> {
  const buffer = new Uint8Array(32 * 1024);
  let total = 0;
  for (let size; (size = await source.read(buffer)) !== null; total += size) {
    for (let sent = 0; sent < size;) {
      sent += await target.write(buffer.subarray(sent, size));
    }
  }
  return total;
}

/** Reads to the end, as `readAll()` of @std/io does. */
async function read_all(source: Reader): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await copy(source, {
    write: (p) => {
      parts.push(p.slice());
      return Promise.resolve(p.length);
    },
  });
  return await new Blob(parts).bytes();
}

/** A function that takes any connection. */
async function shout(conn: Conn): Promise<void> {
  using _ = conn;
  const text = decode(await read_all(conn));
  await conn.write(encode(text.toUpperCase()));
}

test("Socket is assignable to Deno.Conn's streams and @std/io's Reader, Writer and Closer", async () => {
  const { a, b } = tcp_pair();
  const all: Conn & Reader & Writer & Closer & AsyncDisposable = a;
  const done = shout(b);
  await all.write(encode("hello"));
  await all.writable.close();
  assertEquals(decode(await read_all(all)), "HELLO");
  await done;
  assertEquals(b.fileno(), -1);
  all.close();
});

test("Socket.read() and write() copy a MiB over two connections, and from Deno.Conn", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using sock = socket.socket();
  await sock.connectAsync(["127.0.0.1", listener.addr.port]);
  using conn = await listener.accept();
  using pair = unix_pair();
  const bytes = patterned(0x100000);
  const copied = Promise.all([
    pair.a.write(bytes).then(() => pair.a.shutdown(socket.SHUT_WR)),
    copy(pair.b, sock).then(() => sock.shutdown(socket.SHUT_WR)),
    copy(conn, conn).then(() => conn.closeWrite()),
  ]);
  const echoed = await read_all(sock);
  assertEquals(echoed.length, bytes.length);
  assert(echoed.every((byte, i) => byte === bytes[i]));
  await copied;
});

test("Socket.read() resolves to null at the end of a stream alone", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  a.send(one);
  assertEquals(await b.read(new Uint8Array(0)), 0);
  assertEquals(await b.read(new Uint8Array(4)), 1);
  a.shutdown(socket.SHUT_WR);
  assertEquals(await b.read(new Uint8Array(0)), 0);
  assertEquals(await b.read(new Uint8Array(4)), null);
  using datagrams = unix_pair(socket.SOCK_DGRAM);
  datagrams.a.send(new Uint8Array(0));
  assertEquals(await datagrams.b.read(new Uint8Array(4)), 0);
  using packets = unix_pair(socket.SOCK_SEQPACKET);
  packets.a.close();
  assertEquals(await packets.b.read(new Uint8Array(4)), null);
});

test("Socket.read() and write() reject wrong types, and on a closed socket", async () => {
  using pair = unix_pair();
  const { b } = pair;
  await assertRejects(() => b.read("text" as never), TypeError);
  await assertRejects(() => b.write("text" as never), TypeError);
  b.close();
  for (const size of [0, 4]) {
    const bytes = new Uint8Array(size);
    for (const call of [() => b.read(bytes), () => b.write(bytes)]) {
      const error = await assertRejects(call, OSError);
      assertEquals(error.errno, errno.EBADF);
    }
  }
});

for (const closes of [true, false]) {
  test(`Socket[Symbol.asyncDispose]() waits until written bytes are sent, with the writer ${closes ? "closed" : "open"}`, async () => {
    const { a, b } = unix_pair();
    fill(a);
    const data = patterned(MIB);
    const written: Promise<void>[] = [];
    const disposed = (async () => {
      await using sock = a;
      // The writes are not awaited, and the writer keeps its lock.
      const writer = sock.writable.getWriter();
      written.push(writer.write(encode("last words")), writer.write(data));
      if (closes) written.push(writer.close());
    })();
    await turns(20);
    assert(a.fileno() !== -1);
    const bytes = await new Response(b.readable).bytes();
    const at = bytes.findIndex((byte) => byte !== 0);
    assertEquals(decode(bytes.subarray(at, at + 10)), "last words");
    const end = bytes.subarray(at + 10);
    assertEquals(end.length, data.length);
    assert(end.every((byte, i) => byte === data[i]));
    await disposed;
    assertEquals(a.fileno(), -1);
    await Promise.all(written);
    b.close();
  });
}

test("Socket[Symbol.asyncDispose]() closes a socket without streams", async () => {
  const { a, b } = unix_pair();
  {
    await using _ = a;
  }
  assertEquals(a.fileno(), -1);
  assertEquals(b.recv(1).length, 0);
  b.close();
});

test("Socket[Symbol.asyncDispose]() ends though the peer has closed", async () => {
  const { a, b } = unix_pair();
  fill(a);
  const writer = a.writable.getWriter();
  const failed = assertRejects(() => writer.write(one), OSError);
  setTimeout(() => b.close(), 1);
  {
    await using _ = a;
  }
  assertEquals(a.fileno(), -1);
  await failed;
});

test("Socket[Symbol.dispose]() drops unsent bytes", async () => {
  const { a, b } = unix_pair();
  fill(a);
  const writer = a.writable.getWriter();
  const failed = assertRejects(() => writer.write(one), OSError);
  {
    using _ = a;
  }
  assertEquals((await failed).errno, errno.EBADF);
  let bytes;
  while ((bytes = b.recv(65536)).length > 0) assert(!bytes.includes(1));
  b.close();
});

test("Socket[Symbol.asyncDispose]() ends after a write that has failed, whose bytes are never sent", async () => {
  const { a, b } = tcp_pair();
  reset(b);
  while (!is_reset(a)) await turns(1);
  {
    await using sock = a;
    const writer = sock.writable.getWriter();
    writer.closed.catch(() => {});
    await assertRejects(() => writer.write(one), ConnectionResetError);
  }
  assertEquals(a.fileno(), -1);
});
