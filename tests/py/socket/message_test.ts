import {
  BlockingIOError,
  BrokenPipeError,
  FileNotFoundError,
  OSError,
  OverflowError,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  address_of,
  bound_udp,
  decode,
  encode,
  patterned,
  program,
  tcp_pair,
  throws_errno,
  throws_plain,
  unix_pair,
} from "./setup.ts";

const one = new Uint8Array([1]);

test("Socket.sendmsg() gathers buffers into one message for Socket.recvmsg()", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const parts = ["head", "", " and ", "body"].map(encode);
  assertEquals(pair.a.sendmsg(parts), 13);
  assertEquals(pair.b.recvmsg(100), [encode("head and body"), [], 0, null]);
  assertEquals(pair.a.sendmsg(new Set(parts)), 13);
  assertEquals(pair.b.recv(100).length, 13);
});

test("Socket.sendmsg() without buffers sends an empty datagram", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  assertEquals(pair.a.sendmsg([]), 0);
  assertEquals(pair.b.recvmsg(1), [new Uint8Array(0), [], 0, null]);
  assertEquals(pair.a.sendmsg([new Uint8Array(0)], []), 0);
  assertEquals(pair.b.recvmsg_into([]), [0, [], 0, null]);
});

test("Socket.sendmsg() on a stream returns the number of bytes sent, in order of the buffers", () => {
  using pair = tcp_pair();
  const data = patterned(4_000_000);
  // The kernel's own sizes differ from machine to machine: some take all of the data.
  pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536);
  pair.b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536);
  pair.a.setblocking(false);
  const parts = [0, 1, 2, 3].map((i) =>
    data.subarray(i * 1_000_000, (i + 1) * 1_000_000)
  );
  const sent = pair.a.sendmsg(parts);
  assert(sent > 0 && sent < data.length, `${sent}`);
  throws_errno(
    () => {
      for (;;) pair.a.sendmsg(parts);
    },
    BlockingIOError,
    "EAGAIN",
  );
  const received = new Uint8Array(sent);
  for (let at = 0; at < sent;) at += pair.b.recv_into(received.subarray(at));
  assertEquals(received, data.slice(0, sent));
});

test("Socket.sendmsg() sends to an address, and recvmsg() returns the sender's", () => {
  using a = bound_udp();
  using b = bound_udp();
  assertEquals(a.sendmsg([encode("hi")], [], 0, address_of(b)), 2);
  assertEquals(b.recvmsg(16), [encode("hi"), [], 0, address_of(a)]);
  a.sendmsg([one, one], [], socket.MSG_DONTWAIT, [
    "localhost",
    address_of(b)[1],
  ]);
  assertEquals(b.recvmsg_into([new Uint8Array(8)])[3], address_of(a));
});

test("Socket.sendmsg() raises the kernel's errors about an address", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  throws_errno(
    () => pair.a.sendmsg([one], [], 0, "/no/such/socket"),
    FileNotFoundError,
    "ENOENT",
  );
  using udp = bound_udp();
  throws_errno(() => udp.sendmsg([one]), OSError, "EDESTADDRREQ");
  const wrong = "127.0.0.1" as unknown as socket.InetAddress;
  assertThrows(
    () => udp.sendmsg([one], [], 0, wrong),
    TypeError,
    "sendmsg(): AF_INET address must be [host, port]",
  );
});

test("Socket.sendmsg() honours --deny-net", async () => {
  const { stdout, stderr } = await program(
    "denied_message.ts",
    ["--deny-net=127.0.0.1:9,example.com"],
    [],
  ).output();
  assertEquals(decode(stderr), "");
  assertEquals(
    decode(stdout),
    'NotCapable: Requires net access to "127.0.0.1:9", which --deny-net refuses\n1\n',
  );
});

test("Socket.sendmsg() takes 1024 buffers, and not one more", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  assertEquals(pair.a.sendmsg(Array(1024).fill(one)), 1024);
  assertEquals(pair.b.recv(2000).length, 1024);
  for (const count of [1025, 100_000]) {
    const many = Array<Uint8Array>(count).fill(one);
    throws_errno(() => pair.a.sendmsg(many), OSError, "EMSGSIZE");
    throws_errno(() => pair.b.recvmsg_into(many), OSError, "EMSGSIZE");
  }
});

test("Socket.recvmsg_into() fills each buffer before the next", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  pair.a.send(encode("abcdefg"));
  const buffers = [3, 0, 2, 8].map((size) => new Uint8Array(size));
  assertEquals(pair.b.recvmsg_into(buffers), [7, [], 0, null]);
  assertEquals(buffers.map(decode), ["abc", "", "de", "fg\0\0\0\0\0\0"]);
});

test("Socket.recvmsg() returns MSG_TRUNC for a truncated datagram", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const { MSG_TRUNC } = socket;
  pair.a.send(encode("abcdef"));
  assertEquals(pair.b.recvmsg(2), [encode("ab"), [], MSG_TRUNC, null]);
  pair.a.send(encode("abcdef"));
  const into = new Uint8Array(2);
  // With the flag the whole length counts; only what has room is written.
  assertEquals(pair.b.recvmsg_into([into], 0, MSG_TRUNC)[0], 6);
  assertEquals(into, encode("ab"));
  pair.a.send(encode("abcdef"));
  assertEquals(pair.b.recvmsg(3, 0, MSG_TRUNC)[0], encode("abc"));
});

test("Socket.recvmsg() returns MSG_EOR at the end of a record", () => {
  using pair = unix_pair(socket.SOCK_SEQPACKET);
  pair.a.sendmsg([encode("ab")], [], socket.MSG_EOR);
  const [data, , flags] = pair.b.recvmsg(16);
  assertEquals(data, encode("ab"));
  assert(flags === socket.MSG_EOR || flags === 0, `${flags}`);
});

test("Socket.recvmsg() with MSG_PEEK leaves the message", () => {
  using pair = unix_pair();
  pair.a.send(encode("ab"));
  assertEquals(pair.b.recvmsg(1, 0, socket.MSG_PEEK)[0], encode("a"));
  assertEquals(pair.b.recvmsg(9)[0], encode("ab"));
});

test("Socket.recvmsg() of a stream returns b'' at the end", () => {
  using pair = tcp_pair();
  pair.a.close();
  assertEquals(pair.b.recvmsg(16, 64), [new Uint8Array(0), [], 0, null]);
  assertEquals(pair.b.recvmsg_into([new Uint8Array(4)])[0], 0);
});

test("Socket.recvmsg() and sendmsg() return results that later calls do not change", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const kept: [Uint8Array, number][] = [];
  for (let i = 0; i < 1000; i++) {
    const length = [1, 100, 512, 3000][i % 4]!;
    pair.a.sendmsg([new Uint8Array(length).fill(i)]);
    kept.push([pair.b.recvmsg(4096)[0], length]);
  }
  for (const [i, [data, length]] of kept.entries()) {
    assert(data.length === length && data.every((byte) => byte === i % 256));
  }
});

test("Socket.recvmsg() and sendmsg() honour the time-out", () => {
  using pair = unix_pair();
  pair.a.settimeout(0.01);
  pair.b.settimeout(0.01);
  throws_plain(() => pair.b.recvmsg(1), TimeoutError, "timed out");
  throws_plain(() => pair.b.recvmsg_into([one]), TimeoutError, "timed out");
  throws_plain(
    () => {
      for (;;) pair.a.sendmsg([new Uint8Array(100_000)]);
    },
    TimeoutError,
    "timed out",
  );
  pair.b.setblocking(false);
  while (true) {
    try {
      pair.b.recvmsg(1_000_000);
    } catch (error) {
      assert(error instanceof BlockingIOError);
      break;
    }
  }
});

test("Socket.sendmsg() raises BrokenPipeError, without SIGPIPE, when the peer has closed", () => {
  using pair = unix_pair();
  pair.b.close();
  throws_errno(() => pair.a.sendmsg([one]), BrokenPipeError, "EPIPE");
});

test("Socket.recvmsg(), recvmsg_into() and sendmsg() of a closed socket are EBADF", () => {
  const sock = socket.socket();
  sock.close();
  for (
    const call of [
      () => sock.recvmsg(1),
      () => sock.recvmsg_into([one]),
      () => sock.sendmsg([one]),
    ]
  ) throws_errno(call, OSError, "EBADF");
  using tcp = socket.socket();
  throws_errno(() => tcp.recvmsg(1), OSError, "ENOTCONN");
});

test("Socket.recvmsg() raises ValueError for sizes out of range", () => {
  using pair = unix_pair();
  assertThrows(
    () => pair.b.recvmsg(-1),
    ValueError,
    "negative buffer size in recvmsg()",
  );
  for (const wrong of [-1, 2 ** 31, 2 ** 40]) {
    for (
      const call of [
        () => pair.b.recvmsg(1, wrong),
        () => pair.b.recvmsg_into([one], wrong),
      ]
    ) assertThrows(call, ValueError, "invalid ancillary data buffer length");
  }
  assertThrows(() => pair.b.recvmsg(2 ** 60), OverflowError, "bufsize");
  assertThrows(() => pair.b.recvmsg(1, 0, 2 ** 31), OverflowError, "flags");
  for (const wrong of [1.5, "1", null, {}, NaN]) {
    const size = wrong as number;
    assertThrows(() => pair.b.recvmsg(size), TypeError, "bufsize");
    assertThrows(() => pair.b.recvmsg(1, size), TypeError, "ancbufsize");
    assertThrows(() => pair.b.recvmsg_into([], 0, size), TypeError, "flags");
    assertThrows(() => pair.a.sendmsg([], [], size), TypeError, "flags");
  }
});

test("Socket.sendmsg() raises TypeError for values that are not iterables of buffers", () => {
  using pair = unix_pair();
  for (const wrong of [5, null, undefined, {}]) {
    const buffers = wrong as unknown as Uint8Array[];
    assertThrows(
      () => pair.a.sendmsg(buffers),
      TypeError,
      "sendmsg() argument 1 must be an iterable",
    );
    assertThrows(
      () => pair.b.recvmsg_into(buffers),
      TypeError,
      "recvmsg_into() argument 1 must be an iterable",
    );
  }
  for (const wrong of ["text", "", ["text"]]) {
    const buffers = wrong as unknown as Uint8Array[];
    assertThrows(() => pair.a.sendmsg(buffers), TypeError, "encode it");
    assertThrows(() => pair.b.recvmsg_into(buffers), TypeError, "encode it");
  }
  for (const wrong of [one, [1], [null], [[one]]]) {
    const buffers = wrong as unknown as Uint8Array[];
    assertThrows(() => pair.a.sendmsg(buffers), TypeError, "an item");
    assertThrows(() => pair.b.recvmsg_into(buffers), TypeError, "an item");
  }
});

test("Socket.sendmsg() passes on an error of an iterator, and sends nothing", () => {
  using pair = unix_pair();
  const broken = {
    *[Symbol.iterator]() {
      yield one;
      throw new Error("broken");
    },
  };
  assertThrows(() => pair.a.sendmsg(broken), Error, "broken");
  assertThrows(() => pair.b.recvmsg_into(broken), Error, "broken");
  pair.b.setblocking(false);
  assertThrows(() => pair.b.recv(1), BlockingIOError);
});

test("Socket.sendmsg() checks its flags before its address, as CPython does", () => {
  using sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  const long = "x".repeat(200);
  assertThrows(() => sock.sendmsg([], [], 2 ** 32, long), OverflowError);
});
