import {
  errno,
  os,
  OSError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { closeSync, openSync } from "node:fs";
import { open_descriptors, test } from "../../descriptors.ts";
import {
  address_of,
  bound_udp,
  encode,
  failing,
  program,
  raises_errno,
  tcp_pair,
  test_ipv6,
  throws_errno,
  unix_pair,
} from "./setup.ts";

const {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} = socket;

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

test("a class extends socket.Socket, and socket.socket refuses to be extended", () => {
  class Counted extends socket.Socket<socket.UnixAddress> {
    sent = 0;

    override send(data: Uint8Array, flags?: number) {
      const sent = super.send(data, flags);
      this.sent += sent;
      return sent;
    }
  }
  using sock = socket.socket(AF_UNIX, SOCK_DGRAM);
  using counted = new Counted(sock.detach(), AF_UNIX, SOCK_DGRAM, 0, null);
  using receiver = socket.socket(AF_UNIX, SOCK_DGRAM);
  receiver.bind("");
  counted.connect(receiver.getsockname());
  counted.send(encode("hello"));
  assertEquals([counted.sent, receiver.recv(5)], [5, encode("hello")]);
  assert((counted as unknown) instanceof socket.socket);

  // TypeScript refuses it, but `deno run` does not check types.
  const Refused = class extends (socket.socket as unknown as {
    new (): socket.Socket;
  }) {};
  assertThrows(() => new Refused(), TypeError, "extend socket.Socket");
});

test("socket() without arguments makes a blocking TCP socket of IPv4", () => {
  using sock = socket.socket();
  assertEquals([sock.family, sock.type, sock.proto], [AF_INET, SOCK_STREAM, 0]);
  assertEquals(sock.gettimeout(), null);
  assert(sock.getblocking());
  assert(sock.fileno() > 2);
  assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN), AF_INET);
  assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE), SOCK_STREAM);
});

test("socket() makes instances of socket.socket and socket.Socket, which nothing else is", () => {
  using sock = socket.socket();
  using ep = select.epoll();
  assert(sock instanceof socket.socket && sock instanceof socket.Socket);
  for (const other of [ep, {}, null, 5] as unknown[]) {
    assertEquals(other instanceof socket.socket, false);
  }
  assertEquals(sock instanceof select.epoll, false);
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

test("socket(fileno) takes SOCK_NONBLOCK as a statement, and makes the descriptor non-blocking for a default time-out alone", () => {
  using pair = unix_pair();
  const fd = pair.a.fileno();
  const made = (type: number) =>
    socket.socket(AF_UNIX, type, 0, socket.dup(fd));
  using stated = made(SOCK_STREAM | SOCK_NONBLOCK);
  assertEquals([stated.type, stated.gettimeout()], [SOCK_STREAM, 0]);
  assert(os.get_blocking(fd));
  socket.setdefaulttimeout(9);
  try {
    using timed = made(SOCK_STREAM);
    assertEquals(timed.gettimeout(), 9);
    assert(!os.get_blocking(fd));
  } finally {
    socket.setdefaulttimeout(null);
  }
});

test("socket(fileno) raises OSError EBADF, ValueError or TypeError for a wrong descriptor", () => {
  const fd = socket.socket().detach();
  socket.close(fd);
  throws_errno(() => socket.socket(-1, -1, -1, fd), OSError, "EBADF");
  raises(ValueError, {
    "negative file descriptor": () => socket.socket(-1, -1, -1, -1),
  });
  assertThrows(() => socket.socket(-1, -1, -1, 2 ** 31), OverflowError);
  assertThrows(
    () => socket.socket(-1, -1, -1, "3" as unknown as number),
    TypeError,
  );
});

test("Socket() refuses values that are not descriptors", () => {
  // NaN would become 0 on its way to close(2).
  for (const wrong of [NaN, 1.5, "0", null, undefined, {}]) {
    raises(TypeError, {
      fd: () => new socket.Socket(wrong as unknown as number, 2, 1, 0, null),
    });
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

test("socketpair() makes blocking AF_UNIX streams, and with SOCK_NONBLOCK non-blocking ones", () => {
  const type = SOCK_STREAM | SOCK_NONBLOCK;
  const pairs = [
    [socket.socketpair(), SOCK_STREAM, null],
    [socket.socketpair(AF_UNIX, type), SOCK_STREAM, 0],
    [socket.socketpair(null, SOCK_DGRAM), SOCK_DGRAM, null],
  ] as const;
  for (const sock of pairs.flatMap(([pair]) => pair)) {
    const all = pairs as unknown as [socket.Socket[], number, number | null][];
    const [, type, timeout] = all.find(([pair]) => pair.includes(sock))!;
    assertEquals(
      [sock.family, sock.type, sock.gettimeout()],
      [AF_UNIX, type, timeout],
    );
    sock.close();
  }
  throws_errno(() => socket.socketpair(AF_INET), OSError, "EOPNOTSUPP");
});

test("socket(fileno), fromfd() and close() raise OSError ENOTSOCK and leave a regular file open", () => {
  using file = new RegularFile();
  raises_errno(OSError, {
    ENOTSOCK: [
      () => socket.socket(-1, -1, -1, file.fd),
      () => socket.fromfd(file.fd, AF_INET, SOCK_STREAM),
      () => socket.close(file.fd),
    ],
    EBADF: () => socket.fromfd(-1, AF_INET, SOCK_STREAM),
  });
  assert(file.is_open());
});

test("fromfd() and socket(fileno) that cannot set the default time-out leave what is the caller's", () => {
  using pair = unix_pair();
  const fd = pair.a.fileno();
  socket.setdefaulttimeout(1);
  try {
    for (const make of [socket.fromfd, socket.socket]) {
      using _ = failing("ioctl", errno.EIO, 1);
      const call = make === socket.fromfd
        ? () => socket.fromfd(fd, AF_UNIX, SOCK_STREAM)
        : () => socket.socket(-1, -1, -1, fd);
      throws_errno(call, OSError, "EIO");
    }
  } finally {
    socket.setdefaulttimeout(null);
  }
  pair.b.send(encode("still here"));
  assertEquals(pair.a.recv(16), encode("still here"));
});

test("fromfd() makes a socket on a descriptor of its own", () => {
  using pair = unix_pair();
  using copy = socket.fromfd(pair.a.fileno(), AF_UNIX, SOCK_STREAM);
  assert(copy.fileno() !== pair.a.fileno());
  pair.a.close();
  copy.send(encode("still here"));
  assertEquals(pair.b.recv(16), encode("still here"));
});

test("close() closes a detached descriptor, once", () => {
  using pair = unix_pair();
  const fd = pair.a.detach();
  socket.close(fd);
  assertEquals(pair.b.recv(1).length, 0);
  throws_errno(() => socket.close(fd), OSError, "EBADF");
  throws_errno(() => socket.close(-1), OSError, "EBADF");
});

test("Socket.send() without a peer raises BrokenPipeError under any disposition of SIGPIPE", async () => {
  const { code, signal, stdout } = await program("sigpipe.ts", [], []).output();
  assertEquals([code, signal], [0, null]);
  assertEquals(new TextDecoder().decode(stdout), "EPIPE EPIPE EPIPE\n");
});

// These tests check types: they compile without a cast of an address.

/** Compiles if the two types are the same. */
function same<A, B>(
  _same: [A] extends [B] ? [B] extends [A] ? true : never : never,
) {}

test("Socket.getsockname(), accept() and recvfrom() return addresses that destructure without a cast", () => {
  using server = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
  const a = ["localhost", 0];
  server.bind(a);
  server.listen();
  const [host, port] = server.getsockname();
  using client = socket.create_connection([host, port]);
  const [conn, [peer, number]] = server.accept();
  using _ = conn;
  assertEquals([peer, number], client.getsockname());
  using udp = socket.socket(AF_INET, SOCK_DGRAM);
  udp.bind(["127.0.0.1", 0]);
  udp.sendto(new Uint8Array([1]), udp.getsockname());
  const [data, [sender]] = udp.recvfrom(1024);
  assertEquals([sender, ...data], ["127.0.0.1", 1]);
  same<typeof port, number>(true);
  same<typeof conn, socket.Socket<socket.InetAddress>>(true);
});

test("socket() returns a type that follows from the family, and fits a Socket of any", () => {
  const sockets: socket.Socket[] = [];
  sockets.push(socket.socket(), socket.socket(AF_INET6));
  assertEquals(sockets.map(({ family }) => family), [AF_INET, AF_INET6]);
  for (const sock of sockets) sock.close();

  using inet = socket.socket();
  same<typeof inet, socket.Socket<socket.InetAddress>>(true);
  using inet6 = socket.socket(socket.AF_INET6);
  same<typeof inet6, socket.Socket<socket.Inet6Address>>(true);
  using by_keyword = socket.socket({ family: socket.AF_INET6 });
  same<typeof by_keyword, socket.Socket<socket.Inet6Address>>(true);
  using datagrams = socket.socket({ type: socket.SOCK_DGRAM });
  same<typeof datagrams, socket.Socket<socket.InetAddress>>(true);
  using mixed = socket.socket(socket.AF_UNIX, { type: socket.SOCK_DGRAM });
  same<typeof mixed, socket.Socket<socket.UnixAddress>>(true);
  const family: number = socket.AF_INET;
  using any = socket.socket(family);
  same<typeof any, socket.Socket<socket.Address>>(true);
  using found = socket.socket({ fileno: socket.dup(inet.fileno()) });
  same<typeof found, socket.Socket<socket.Address>>(true);
  using said = socket.fromfd(inet.fileno(), socket.AF_INET, socket.SOCK_STREAM);
  same<typeof said, socket.Socket<socket.InetAddress>>(true);
  const [a, b] = socket.socketpair();
  same<typeof a, socket.Socket<socket.UnixAddress>>(true);
  a.close();
  b.close();
  using server = socket.create_server(["localhost", 0]);
  same<typeof server, socket.Socket<socket.InetAddress>>(true);
  const ipv6 = () =>
    socket.create_server(["::1", 0], { family: socket.AF_INET6 });
  same<ReturnType<typeof ipv6>, socket.Socket<socket.Inet6Address>>(true);
  const copy = inet.dup();
  same<typeof copy, typeof inet>(true);
  copy.close();
});

/** Asserts how a socket is shown. */
function shows(sock: socket.Socket, fields: string): void {
  const expected = `<socket.socket fd=${sock.fileno()}, ${fields}>`;
  assertEquals(String(sock), expected);
  assertEquals(Deno.inspect(sock), expected);
  assertStringIncludes(Deno.inspect({ key: sock }), expected);
}

test("Socket is shown with its family, type, protocol and addresses", () => {
  using pair = tcp_pair();
  const port = address_of(pair.a)[1], peer = address_of(pair.b)[1];
  const tcp = "family=AF_INET, type=SOCK_STREAM, proto=0, laddr=";
  const addresses = `('127.0.0.1', ${port}), raddr=('127.0.0.1', ${peer})`;
  shows(pair.a, tcp + addresses);
  using fresh = socket.socket();
  shows(fresh, `${tcp}('0.0.0.0', 0)`);
  using udp = bound_udp();
  const bound = `laddr=('127.0.0.1', ${address_of(udp)[1]})`;
  shows(udp, `family=AF_INET, type=SOCK_DGRAM, proto=0, ${bound}`);
  using unnamed = unix_pair(SOCK_SEQPACKET);
  shows(unnamed.a, "family=AF_UNIX, type=SOCK_SEQPACKET, proto=0");
  const fd = socket.socket(AF_UNIX, SOCK_DGRAM).detach();
  using other = socket.socket(9999, 77, 5, fd);
  shows(other, "family=9999, type=77, proto=5");
});

test_ipv6("Socket is shown with four parts to an IPv6 address", () => {
  using sock = socket.socket(AF_INET6, SOCK_DGRAM, socket.IPPROTO_UDP);
  sock.bind(["::1", 0]);
  const laddr = `laddr=('::1', ${sock.getsockname()[1]}, 0, 0)`;
  shows(sock, `family=AF_INET6, type=SOCK_DGRAM, proto=17, ${laddr}`);
});

test("Socket that was closed is shown without the next owner's addresses", () => {
  const closed = bound_udp();
  const fd = closed.fileno();
  closed.close();
  using next = bound_udp();
  assertEquals(next.fileno(), fd);
  const expected =
    "<socket.socket [closed] fd=-1, family=AF_INET, type=SOCK_DGRAM, proto=0>";
  assertEquals([String(closed), Deno.inspect(closed)], [expected, expected]);
});

test("Socket is shown in one printable line, whatever its name", () => {
  const names = [
    "\0iomux \n\t\x1b[31m'\\\x7f\u202e",
    new Uint8Array([0, 0x69, 0x80, 0xff]),
  ];
  for (const name of names) {
    using sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
    sock.bind(name);
    // deno-lint-ignore no-control-regex -- none must be there
    assertMatch(String(sock), /^<socket\.socket [^\x00-\x1f\x7f\u202e]+>$/);
    assertMatch(String(sock), / laddr=/);
  }
});
