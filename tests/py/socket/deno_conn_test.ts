import { errno, OSError, socket } from "@iomux/py";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "../../sanitized.ts";
import { fill, one, turns } from "../async_twins.ts";
import { decode, encode, patterned, tcp_pair, unix_pair } from "./setup.ts";

// The interfaces as @std/io declares them, and what of Deno.Conn is not Deno's own.
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

/** Sends all that a reader has, as `copy()` of @std/io does. */
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

/** All that a reader has, as `readAll()` of @std/io gives it. */
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

/** Something that takes whatever is a connection. */
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

test("Socket.write() sends all bytes through a small buffer", async () => {
  using pair = unix_pair();
  const { a, b } = pair;
  const size = 3_000_000;
  const written = a.write(new Uint8Array(size));
  let received = 0;
  while (received < size) received += (await b.recvAsync(65536)).length;
  assertEquals([await written, received], [size, size]);
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

test("await using of a socket waits until written bytes are sent", async () => {
  const { a, b } = unix_pair();
  fill(a);
  const written: Promise<void>[] = [];
  const disposed = (async () => {
    await using sock = a;
    // They are not awaited, and the writer keeps its lock.
    const writer = sock.writable.getWriter();
    written.push(writer.write(encode("last")), writer.write(encode(" words")));
    written.push(writer.close());
  })();
  await turns(20);
  assert(a.fileno() !== -1);
  const text = await new Response(b.readable).text();
  assertEquals(text.replaceAll("\0", ""), "last words");
  await disposed;
  assertEquals(a.fileno(), -1);
  await Promise.all(written);
  b.close();
});

test("await using of a socket without streams closes it", async () => {
  const { a, b } = unix_pair();
  {
    await using _ = a;
  }
  assertEquals(a.fileno(), -1);
  assertEquals(b.recv(1).length, 0);
  b.close();
});

test("await using of a socket ends though its peer has closed", async () => {
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

test("using of a socket drops unsent bytes", async () => {
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
