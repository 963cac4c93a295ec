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
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "../../sanitized.ts";
import { fill, one, turns } from "../async_twins.ts";
import { decode, encode, tcp_pair, unix_pair } from "./setup.ts";

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
    // Its owner closes it.
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
    // What had no room waits in the kernel.
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
    // The other half goes on.
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
    fill(b);
    const reader = b.readable.getReader(), writer = b.writable.getWriter();
    const failed = [reader.read(), reader.closed, writer.write(one)].map(
      (promise) => assertRejects(() => promise, OSError),
    );
    await turns();
    b.close();
    for (const error of await Promise.all(failed)) assert(is_ebadf(error));
    assert(is_ebadf(await assertRejects(() => writer.closed)));
  });
}

test("Socket streams fail with ConnectionResetError when the peer resets", async () => {
  using pair = tcp_pair();
  const { a, b } = pair;
  const reader = b.readable.getReader(), writer = b.writable.getWriter();
  const read = assertRejects(() => reader.read(), ConnectionResetError);
  await turns();
  const linger = new Int32Array([1, 0]);
  a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
  a.close();
  const error = await read;
  assertStrictEquals(await assertRejects(() => writer.write(one)), error);
  // Nothing is left to do with it.
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
  // Given up in the middle of a wait, it loses nothing.
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
