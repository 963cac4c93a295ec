import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { closeSync, openSync } from "node:fs";
import { open_descriptors, test } from "../../descriptors.ts";
import { encode, program, throws_errno, unix_pair } from "./setup.ts";

const { AF_INET, AF_INET6, AF_UNIX } = socket;
const { SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_SEQPACKET, SOCK_STREAM } =
  socket;

/** A descriptor that is not a socket. */
class RegularFile implements Disposable {
  readonly fd = openSync(new URL(import.meta.url), "r");

  is_open(): boolean {
    return open_descriptors().values().some((one) =>
      one.startsWith(`${this.fd} -> /`)
    );
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

test("socket() without arguments makes a blocking TCP socket of IPv4", () => {
  using sock = socket.socket();
  assertEquals([sock.family, sock.type, sock.proto], [AF_INET, SOCK_STREAM, 0]);
  assertEquals(sock.gettimeout(), null);
  assert(sock.getblocking());
  assert(sock.fileno() > 2);
  assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN), AF_INET);
  assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE), SOCK_STREAM);
});

test("socket() makes a socket of the given family, type and protocol", () => {
  for (
    const [family, type, proto] of [
      [AF_INET, SOCK_DGRAM, 0],
      [AF_INET, SOCK_STREAM, socket.IPPROTO_TCP],
      [AF_INET6, SOCK_STREAM, 0],
      [AF_INET6, SOCK_DGRAM, socket.IPPROTO_UDP],
      [AF_UNIX, SOCK_STREAM, 0],
      [AF_UNIX, SOCK_DGRAM, 0],
      [AF_UNIX, SOCK_SEQPACKET, 0],
      [-1, -1, -1],
    ] as const
  ) {
    using sock = socket.socket(family, type, proto);
    assertEquals(
      [sock.family, sock.type, sock.proto],
      family === -1 ? [AF_INET, SOCK_STREAM, 0] : [family, type, proto],
    );
    const real = sock.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN);
    assertEquals(real, sock.family);
  }
});

test("socket() takes SOCK_NONBLOCK and SOCK_CLOEXEC out of the type", () => {
  using sock = socket.socket(
    AF_INET,
    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
  );
  assertEquals(sock.type, SOCK_DGRAM);
  assertEquals(sock.gettimeout(), 0);
  assertEquals(sock.getblocking(), false);
  throws_errno(() => sock.send(encode("x")), OSError, "EDESTADDRREQ");
});

test("socket() raises OSError for a combination that the kernel lacks", () => {
  throws_errno(() => socket.socket(12345), OSError, "EAFNOSUPPORT");
  throws_errno(() => socket.socket(AF_INET, 12345), OSError, "EINVAL");
  const error = throws_errno(
    () => socket.socket(AF_INET, SOCK_STREAM, socket.IPPROTO_UDP),
    OSError,
    "EPROTONOSUPPORT",
  );
  assertEquals(error.syscall, "socket");
});

test("socket() raises TypeError or OverflowError for an argument that is not a C int", () => {
  // A plain object would be keywords.
  const wrongs = ["2", 1.5, NaN, Infinity, [2], new Map(), 2n, null, Symbol()];
  for (const wrong of wrongs) {
    const value = wrong as unknown as number;
    assertThrows(() => socket.socket(value), TypeError, "family");
    assertThrows(() => socket.socket(AF_INET, value), TypeError, "type");
    assertThrows(() => socket.socket(AF_INET, 1, value), TypeError, "proto");
  }
  for (const large of [2 ** 31, -(2 ** 31) - 1, 2 ** 53]) {
    assertThrows(() => socket.socket(large), OverflowError, String(large));
  }
});

test("socket() takes its arguments by keyword, all or some", () => {
  using udp = socket.socket({ type: SOCK_DGRAM });
  assertEquals([udp.family, udp.type], [AF_INET, SOCK_DGRAM]);
  using ipv6 = socket.socket(AF_INET6, { proto: socket.IPPROTO_TCP });
  assertEquals([ipv6.family, ipv6.proto], [AF_INET6, socket.IPPROTO_TCP]);
  using same = socket.socket({ fileno: socket.dup(udp.fileno()) });
  assertEquals([same.family, same.type], [AF_INET, SOCK_DGRAM]);
  using taken = socket.socket(AF_INET, SOCK_DGRAM, {
    fileno: socket.dup(udp.fileno()),
  });
  assertEquals(taken.type, SOCK_DGRAM);
  const [a, b] = socket.socketpair({ type: SOCK_SEQPACKET });
  assertEquals([a.type, b.type], [SOCK_SEQPACKET, SOCK_SEQPACKET]);
  using copy = socket.fromfd(a.fileno(), AF_UNIX, -1, { proto: 0 });
  assertEquals(copy.type, SOCK_SEQPACKET);
  a.close();
  b.close();
  assertThrows(
    () => socket.socket({ famly: AF_INET } as never),
    TypeError,
    "socket() got an unexpected keyword argument 'famly'",
  );
});

test("socket(fileno) detects family, type and protocol", () => {
  for (
    const [family, type, proto] of [
      [AF_INET, SOCK_STREAM, socket.IPPROTO_TCP],
      [AF_INET6, SOCK_DGRAM, socket.IPPROTO_UDP],
      [AF_UNIX, SOCK_SEQPACKET, 0],
    ] as const
  ) {
    const fd = socket.socket(family, type).detach();
    using sock = socket.socket(-1, -1, -1, fd);
    assertEquals(sock.fileno(), fd);
    assertEquals([sock.family, sock.type, sock.proto], [family, type, proto]);
  }
});

test("socket(fileno) takes the caller's family, type and protocol unchecked", () => {
  const fd = socket.socket(AF_INET, SOCK_STREAM).detach();
  using sock = socket.socket(AF_INET6, SOCK_DGRAM, 7, fd);
  assertEquals([sock.family, sock.type, sock.proto], [AF_INET6, SOCK_DGRAM, 7]);
});

test("socket(fileno) raises OSError ENOTSOCK and leaves a regular file open", () => {
  using file = new RegularFile();
  throws_errno(() => socket.socket(-1, -1, -1, file.fd), OSError, "ENOTSOCK");
  assert(file.is_open());
});

test("socket(fileno) raises OSError EBADF, ValueError or TypeError for a wrong descriptor", () => {
  const fd = socket.socket().detach();
  socket.close(fd);
  throws_errno(() => socket.socket(-1, -1, -1, fd), OSError, "EBADF");
  assertThrows(
    () => socket.socket(-1, -1, -1, -1),
    ValueError,
    "negative file descriptor",
  );
  assertThrows(() => socket.socket(-1, -1, -1, 2 ** 31), OverflowError);
  assertThrows(
    () => socket.socket(-1, -1, -1, "3" as unknown as number),
    TypeError,
  );
});

test("Socket() refuses values that are not descriptors", () => {
  // NaN would become 0 on its way to close(2).
  for (const wrong of [NaN, 1.5, "0", null, undefined, {}]) {
    assertThrows(
      () => new socket.Socket(wrong as unknown as number, 2, 1, 0, null),
      TypeError,
      "fd",
    );
  }
});

test("socketpair() connects two sockets of each type", () => {
  for (const type of [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]) {
    using pair = unix_pair(type);
    assertEquals([pair.a.family, pair.a.type, pair.a.proto], [
      AF_UNIX,
      type,
      0,
    ]);
    pair.a.send(encode("to b"));
    pair.b.send(encode("to a"));
    assertEquals(pair.b.recv(16), encode("to b"));
    assertEquals(pair.a.recv(16), encode("to a"));
  }
});

test("socketpair() without arguments makes AF_UNIX streams, with SOCK_NONBLOCK non-blocking ones", () => {
  const blocking = socket.socketpair();
  const not = socket.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  assertEquals(blocking.map((sock) => sock.gettimeout()), [null, null]);
  assertEquals(blocking.map((sock) => sock.type), [SOCK_STREAM, SOCK_STREAM]);
  assertEquals(not.map((sock) => sock.gettimeout()), [0, 0]);
  for (const sock of [...blocking, ...not]) sock.close();
});

test("socketpair() raises OSError EOPNOTSUPP for AF_INET", () => {
  throws_errno(() => socket.socketpair(AF_INET), OSError, "EOPNOTSUPP");
});

test("fromfd() makes a socket on a descriptor of its own", () => {
  using pair = unix_pair();
  using copy = socket.fromfd(pair.a.fileno(), AF_UNIX, SOCK_STREAM);
  assert(copy.fileno() !== pair.a.fileno());
  pair.a.close();
  copy.send(encode("still here"));
  assertEquals(pair.b.recv(16), encode("still here"));
});

test("fromfd() raises OSError EBADF for a closed descriptor and ENOTSOCK for another file", () => {
  using file = new RegularFile();
  throws_errno(
    () => socket.fromfd(file.fd, AF_INET, SOCK_STREAM),
    OSError,
    "ENOTSOCK",
  );
  assert(file.is_open());
  throws_errno(() => socket.fromfd(-1, AF_INET, SOCK_STREAM), OSError, "EBADF");
});

test("close() closes a detached descriptor, once", () => {
  using pair = unix_pair();
  const fd = pair.a.detach();
  socket.close(fd);
  assertEquals(pair.b.recv(1).length, 0);
  throws_errno(() => socket.close(fd), OSError, "EBADF");
  throws_errno(() => socket.close(-1), OSError, "EBADF");
});

test("close() raises OSError ENOTSOCK and leaves a regular file open", () => {
  using file = new RegularFile();
  throws_errno(() => socket.close(file.fd), OSError, "ENOTSOCK");
  assert(file.is_open());
});

test("socket(), socketpair(), dup(), fromfd() and accept() raise OSError EMFILE when no descriptor is free", async () => {
  // In a process of its own: the limit would hold for the test runner, too.
  const path = new URL("fixtures/exhausted.ts", import.meta.url).pathname;
  const command =
    `ulimit -n 100; exec ${Deno.execPath()} run --quiet --allow-ffi ${path}`;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  assertEquals(JSON.parse(decoder.decode(stdout)), {
    socket: "EMFILE",
    socketpair: "EMFILE",
    dup: "EMFILE",
    fromfd: "EMFILE",
    accept: "EMFILE",
    "accept, later": "ok",
  });
});

test("Socket.send() without a peer raises BrokenPipeError under any disposition of SIGPIPE", async () => {
  const { code, signal, stdout } = await program("sigpipe.ts", [], [])
    .output();
  assertEquals([code, signal], [0, null]);
  assertEquals(new TextDecoder().decode(stdout), "EPIPE EPIPE EPIPE\n");
});

test("socketpair() takes null for the family, as its default", () => {
  const [a, b] = socket.socketpair(null, SOCK_DGRAM);
  assertEquals([a.family, a.type], [AF_UNIX, SOCK_DGRAM]);
  a.close();
  b.close();
});
