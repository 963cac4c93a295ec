import {
  BlockingIOError,
  OSError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  checksum,
  decode,
  encode,
  patterned,
  Peer,
  raises_errno,
  tcp_pair,
  throws_errno,
  unix_pair,
} from "./setup.ts";

test("Socket.recv() returns at most bufsize bytes", () => {
  using pair = tcp_pair();
  pair.a.sendall(encode("hello world"));
  assertEquals(decode(pair.b.recv(5)), "hello");
  assertEquals(decode(pair.b.recv(1024)), " world");
});

test("Socket.recv() waits for bytes that arrive later, with MSG_WAITALL for all of bufsize", async () => {
  for (const timeout of [null, 60]) {
    for (const flags of [0, socket.MSG_WAITALL]) {
      await using peer = new Peer("greet");
      peer.conn.settimeout(timeout);
      peer.conn.send(encode("?"));
      const data = peer.conn.recv(5, flags);
      // With a time-out, recv(2) does not wait for more than there is.
      if (timeout === null) assertEquals(decode(data), "hello");
      else assert("hello".startsWith(decode(data)) && data.length > 0);
    }
  }
});

test("Socket.recv() raises BlockingIOError on a non-blocking socket without bytes", () => {
  using pair = unix_pair();
  pair.a.setblocking(false);
  const error = throws_errno(() => pair.a.recv(1), BlockingIOError, "EAGAIN");
  assertEquals(error.syscall, "recv");
  raises_errno(BlockingIOError, {
    EAGAIN: [
      () => pair.a.recvfrom(1),
      () => pair.b.recv(1, socket.MSG_DONTWAIT),
    ],
  });
});

test("Socket.recv() with a bufsize of 0 leaves the bytes", () => {
  using pair = tcp_pair();
  pair.a.send(encode("kept"));
  assertEquals(pair.b.recv(4, socket.MSG_PEEK), encode("kept"));
  assertEquals(pair.b.recv(0), new Uint8Array(0));
  assertEquals(pair.b.recv(4), encode("kept"));
});

test("Socket.recv() takes a bufsize far above the bytes that are there", () => {
  using pair = unix_pair();
  for (const bufsize of [0x40000, 0x40001, 2 ** 31, 2 ** 40]) {
    pair.a.send(encode("little"));
    assertEquals(pair.b.recv(bufsize), encode("little"), `${bufsize}`);
    pair.a.send(encode("little"));
    assertEquals(pair.b.recvfrom(bufsize)[0], encode("little"), `${bufsize}`);
  }
});

test("Socket.recv(), recvfrom() and recvmsg() raise ValueError when bufsize is negative", async () => {
  using pair = unix_pair();
  const methods = {
    recv: "negative buffersize in recv:",
    recvfrom: "negative buffersize in recvfrom:",
    recvmsg: "negative buffer size in recvmsg():",
  };
  for (const [name, words] of Object.entries(methods)) {
    const method = name as keyof typeof methods;
    const call = (bufsize: number, flags?: number) =>
      method === "recvmsg"
        ? pair.a.recvmsg(bufsize, 0, flags)
        : pair.a[method](bufsize, flags);
    assertThrows(() => call(-1), ValueError, words);
    await assertRejects(() => pair.a[`${method}Async`](-1), ValueError, words);
    assertThrows(() => call(-(2 ** 64)), OverflowError, "bufsize");
    assertThrows(() => call(2 ** 60), OverflowError, "bufsize");
    for (const wrong of [1.5, NaN, "1", null, 1n, undefined, {}]) {
      assertThrows(() => call(wrong as number), TypeError, "bufsize");
    }
    assertThrows(() => call(1, 2 ** 31), OverflowError, "flags");
  }
});

test("Socket.recv() with MSG_PEEK leaves the bytes to the next call", () => {
  using pair = tcp_pair();
  pair.a.send(encode("twice"));
  assertEquals(decode(pair.b.recv(16, socket.MSG_PEEK)), "twice");
  assertEquals(decode(pair.b.recv(16)), "twice");
});

test("Socket.send() with MSG_OOB sends a byte out of band", () => {
  using pair = tcp_pair();
  pair.a.send(encode("in"));
  pair.a.send(encode("!"), socket.MSG_OOB);
  // recv() with MSG_OOB does not wait for a byte that is still on its way.
  select.select([], [], [pair.b]);
  assertEquals(decode(pair.b.recv(16)), "in");
  assertEquals(decode(pair.b.recv(16, socket.MSG_OOB)), "!");
  throws_errno(() => pair.b.recv(16, socket.MSG_OOB), OSError, "EINVAL");
});

test("Socket.recv(), its kin and their twins never return bytes of another call with MSG_TRUNC", async () => {
  using secrets = unix_pair();
  using pair = tcp_pair();
  const { a, b } = pair, { MSG_TRUNC } = socket;
  for (
    const receive of [
      () => b.recv(9, MSG_TRUNC),
      () => b.recvfrom(9, MSG_TRUNC)[0],
      () => b.recvmsg(9, 0, MSG_TRUNC)[0],
      () => b.recvAsync(9, MSG_TRUNC),
      () => b.recvfromAsync(9, MSG_TRUNC).then(([data]) => data),
      () => b.recvmsgAsync(9, 0, MSG_TRUNC).then(([data]) => data),
    ]
  ) {
    secrets.a.send(encode("a secret of another socket"));
    secrets.b.recv(100);
    // Of a stream, the kernel counts these and writes none.
    a.send(encode("discarded"));
    assertEquals(await receive(), new Uint8Array(9), `${receive}`);
  }
});

test("Socket.send() returns the number of bytes sent", () => {
  using pair = unix_pair();
  assertEquals(pair.a.send(encode("12345")), 5);
  assertEquals(pair.a.send(new Uint8Array(0)), 0);
  assertEquals(pair.b.recv(16).length, 5);
});

test("Socket.send() takes views of any type, from where they begin", () => {
  using pair = unix_pair();
  const bytes = encode("-abcdefgh-");
  const aligned = encode("12345678");
  const shared = new SharedArrayBuffer(3);
  new Uint8Array(shared).set(encode("xyz"));
  const resizable = new ArrayBuffer(4, { maxByteLength: 8 });
  const tracking = new Uint8Array(resizable);
  tracking.set(encode("rest"));
  for (
    const [data, expected] of [
      [bytes, "-abcdefgh-"],
      [bytes.subarray(1, 4), "abc"],
      [bytes.buffer, "-abcdefgh-"],
      [new DataView(bytes.buffer, 2, 3), "bcd"],
      [new Float64Array(aligned.buffer), "12345678"],
      [new Uint16Array(aligned.buffer, 2, 2), "3456"],
      [shared, "xyz"],
      [new Uint8Array(shared, 1), "yz"],
      [resizable, "rest"],
      [tracking, "rest"],
    ] as [socket.BytesLike, string][]
  ) {
    assertEquals(pair.a.send(data), expected.length);
    assertEquals(decode(pair.b.recv(64)), expected);
    pair.a.sendall(data);
    assertEquals(decode(pair.b.recv(64)), expected);
  }
});

test("Socket.send() and sendall() raise TypeError for other types than buffers", () => {
  using pair = unix_pair();
  assertThrows(
    () => pair.a.send("hello" as unknown as Uint8Array),
    TypeError,
    "encode it with new TextEncoder().encode()",
  );
  for (const wrong of ["x", [1, 2], null, undefined, 5, {}, new Date()]) {
    const data = wrong as unknown as Uint8Array;
    assertThrows(() => pair.a.send(data), TypeError, "data");
    assertThrows(() => pair.a.sendall(data), TypeError, "data");
    assertThrows(() => pair.a.sendto(data, "x"), TypeError, "data");
  }
  assertThrows(
    () => pair.a.send(Object.create(Uint8Array.prototype)),
    TypeError,
  );
  pair.b.settimeout(0);
  throws_errno(() => pair.b.recv(1), BlockingIOError, "EAGAIN");
});

test("Socket.send() sends a part when the buffer has no room for all", () => {
  using pair = unix_pair();
  pair.a.setblocking(false);
  const data = patterned(0x1000000);
  const sent = pair.a.send(data);
  assert(sent > 0 && sent < data.length, `${sent}`);
  throws_errno(() => pair.a.send(data), BlockingIOError, "EAGAIN");
  throws_errno(() => pair.a.sendall(data), BlockingIOError, "EAGAIN");
  let read = 0, sum = 1;
  while (read < sent) {
    const part = pair.b.recv(65536);
    read += part.length;
    sum = checksum(part, sum);
  }
  assertEquals([read, sum], [sent, checksum(data.subarray(0, sent))]);
});

test("Socket.send() and recv() move 64 MiB in turns without blocking", () => {
  using pair = unix_pair();
  pair.a.setblocking(false);
  pair.b.setblocking(false);
  const data = patterned(0x4000000);
  let sent = 0, read = 0, sum = 1;
  while (read < data.length) {
    try {
      while (sent < data.length) sent += pair.a.send(data.subarray(sent));
    } catch (error) {
      if (!(error instanceof BlockingIOError)) throw error;
    }
    const part = pair.b.recv(0x80000);
    read += part.length;
    sum = checksum(part, sum);
  }
  throws_errno(() => pair.b.recv(1), BlockingIOError, "EAGAIN");
  assertEquals(sum, checksum(data));
});

test("Socket.sendall() sends 64 MiB to a peer that reads", async () => {
  const data = patterned(0x4000000);
  for (const timeout of [null, 60]) {
    await using peer = new Peer("drain");
    peer.conn.settimeout(timeout);
    peer.conn.sendall(data);
    peer.conn.shutdown(socket.SHUT_WR);
    const told = decode(peer.conn.recv(100));
    assertEquals(told, `${data.length} ${checksum(data)}`);
  }
});

test("Socket.recv_into() reads 64 MiB from a peer that sends", async () => {
  await using peer = new Peer("pour");
  const expected = patterned(0x4000000);
  const got = new Uint8Array(expected.length);
  let read = 0;
  for (;;) {
    const count = peer.conn.recv_into(got.subarray(read, read + 0x300000));
    if (count === 0) break;
    read += count;
    if (read === got.length) break;
  }
  assertEquals([read, checksum(got)], [expected.length, checksum(expected)]);
});

test("Socket.recvfrom() of a stream has no address", () => {
  for (const make of [tcp_pair, unix_pair]) {
    using pair = make();
    pair.a.send(encode("ab"));
    assertEquals(pair.b.recvfrom(1), [encode("a"), null]);
    assertEquals(pair.b.recvfrom_into(new Uint8Array(9)), [1, null]);
  }
});

test("Socket.recv(0) and recv_into() of nothing leave the socket alone", async () => {
  const nothing = new Uint8Array(0);
  for (const type of [socket.SOCK_STREAM, socket.SOCK_DGRAM]) {
    using pair = unix_pair(type);
    const { a, b } = pair;
    // Without bytes, a call of the kernel would wait, fail, or time out.
    for (const timeout of [null, 0, 0.001]) {
      b.settimeout(timeout);
      assertEquals(b.recv(0), nothing);
      assertEquals(b.recv_into(nothing), 0);
      assertEquals(await b.recvAsync(0), nothing);
      assertEquals(await b.recv_intoAsync(nothing), 0);
    }
    // A datagram and its descriptors would be lost.
    socket.send_fds(a, [encode("hello")], [a.fileno()]);
    assertEquals(b.recv(0), nothing);
    assertEquals(b.recv_into(nothing), 0);
    assertEquals(await b.recvAsync(0), nothing);
    assertEquals(await b.recv_intoAsync(nothing), 0);
    const [data, fds] = socket.recv_fds(b, 10, 1);
    assertEquals([decode(data), fds.length], ["hello", 1]);
    fds.forEach(socket.close);
  }
  using fresh = socket.socket();
  assertEquals(fresh.recv(0), nothing);
  assertEquals(fresh.recv_into(nothing), 0);
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
