import {
  BrokenPipeError,
  ConnectionResetError,
  errno,
  os,
  OSError,
  socket,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { open_descriptors, test } from "../../descriptors.ts";
import {
  address_of,
  decode,
  encode,
  failing,
  listening,
  Pair,
  patterned,
  replaced,
  reset,
  tcp_pair,
  throws_errno,
  unix_pair,
  until_readable,
} from "./setup.ts";
import { libc, set_errno } from "../../../ffi/libc.ts";

const { SHUT_RD, SHUT_RDWR, SHUT_WR } = socket;

/** Every method that needs the descriptor, with arguments that it would take. */
function calls(sock: socket.Socket): Record<string, () => unknown> {
  const data = encode("stray");
  return {
    accept: () => sock.accept(),
    bind: () => sock.bind(["127.0.0.1", 0]),
    connect: () => sock.connect(["127.0.0.1", 1]),
    dup: () => sock.dup(),
    get_inheritable: () => sock.get_inheritable(),
    getpeername: () => sock.getpeername(),
    getsockname: () => sock.getsockname(),
    getsockopt: () => sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),
    "getsockopt, bytes": () =>
      sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 4),
    listen: () => sock.listen(),
    recv: () => sock.recv(16),
    recv_into: () => sock.recv_into(new Uint8Array(16)),
    recvfrom: () => sock.recvfrom(16),
    recvmsg: () => sock.recvmsg(16),
    recvmsg_into: () => sock.recvmsg_into([new Uint8Array(16)]),
    sendmsg: () => sock.sendmsg([data]),
    recvfrom_into: () => sock.recvfrom_into(new Uint8Array(16)),
    send: () => sock.send(data),
    sendall: () => sock.sendall(data),
    "sendall, nothing": () => sock.sendall(new Uint8Array(0)),
    sendto: () => sock.sendto(data, ["127.0.0.1", 1]),
    set_inheritable: () => sock.set_inheritable(true),
    setblocking: () => sock.setblocking(false),
    setsockopt: () =>
      sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    settimeout: () => sock.settimeout(1),
    shutdown: () => sock.shutdown(socket.SHUT_RDWR),
  };
}

/** The methods of Socket, inherited ones too, but for those that never fail. */
function method_names(): string[] {
  const names = new Set<string>();
  let prototype = socket.Socket.prototype;
  while (prototype !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) names.add(name);
    prototype = Object.getPrototypeOf(prototype);
  }
  const harmless = [
    "constructor",
    "fileno",
    "close",
    "detach",
    "family",
    "type",
    "proto",
    "timeout",
    "gettimeout",
    "getblocking",
    "toString",
    // The file fails once it is read or written.
    "makefile",
    // It returns EBADF.
    "connect_ex",
  ];
  return [...names].filter((name) => !harmless.includes(name)).sort();
}

// Ciphers, asynchronous twins and streams have tests of their own.
function is_later(name: string): boolean {
  return /Async$|_afalg|readable|writable|^read$|^write$/.test(name);
}

// poll(2) would wait for the descriptor -1 until the time-out.
for (const timeout of [null, 0.01]) {
  test(`Socket.close() makes every method raise EBADF, and protects the descriptor's next owner, with a time-out of ${timeout}`, async () => {
    const closed = socket.socket();
    closed.settimeout(timeout);
    const fd = closed.fileno();
    closed.close();
    using pair = new Pair(socket.socketpair());
    const owner = [pair.a, pair.b].find((sock) => sock.fileno() === fd)!;
    const other = owner === pair.a ? pair.b : pair.a;
    other.send(encode("for the owner"));
    const keepalive = () =>
      owner.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE);
    const before = [owner.getsockname(), keepalive(), owner.get_inheritable()];

    const tried = new Set(["sendfile"]);
    for (const [name, call] of Object.entries(calls(closed))) {
      throws_errno(call, OSError, "EBADF");
      tried.add(name.split(",")[0]!);
    }
    assertEquals(closed.connect_ex(["127.0.0.1", 1]), errno.EBADF);
    assertEquals(
      await closed.connect_exAsync(["127.0.0.1", 1]),
      errno.EBADF,
    );
    // The wait for the descriptor -1 fails first, as in CPython.
    assertThrows(() => closed.sendfile(0), ValueError, "negative");
    // A method that is new has to be listed above, unless it only wraps others.
    assertEquals(
      method_names().filter((name) => !tried.has(name) && !is_later(name)),
      [],
    );
    closed.close();
    closed[Symbol.dispose]();
    assertEquals([closed.detach(), closed.fileno()], [-1, -1]);

    const after = [owner.getsockname(), keepalive(), owner.get_inheritable()];
    assertEquals(after, before);
    assertEquals(owner.recv(100), encode("for the owner"));
    other.settimeout(0);
    assertThrows(() => other.recv(1), OSError, "temporarily unavailable");
    // The flags are still those of a blocking socket, which has not been shut down.
    owner.send(encode("for the other"));
    assertEquals(other.recv(100), encode("for the other"));
  });
}

test("Socket.close() in an argument of a receive protects the descriptor's next owner, too", async () => {
  // Each receives into the buffers, or by the keywords, whose use runs `close`.
  type Receive = (sock: socket.Socket, close: () => void) => unknown;
  const buffers = function* (close: () => void) {
    close();
    yield new Uint8Array(8);
  };
  const keywords = (close: () => void) => ({
    get nbytes() {
      close();
      return 8;
    },
  });
  const into = new Uint8Array(8);
  const receives: Record<string, Receive> = {
    recv_into: (sock, close) => sock.recv_into(into, keywords(close)),
    recv_intoAsync: (sock, close) => sock.recv_intoAsync(into, keywords(close)),
    recvfrom_into: (sock, close) => sock.recvfrom_into(into, keywords(close)),
    recvfrom_intoAsync: (sock, close) =>
      sock.recvfrom_intoAsync(into, keywords(close)),
    recvmsg_into: (sock, close) => sock.recvmsg_into(buffers(close)),
    recvmsg_intoAsync: (sock, close) => sock.recvmsg_intoAsync(buffers(close)),
  };
  for (const [name, receive] of Object.entries(receives)) {
    using pair = unix_pair(), other = unix_pair();
    other.a.send(encode("not ours"));
    const fd = pair.b.fileno();
    const close = () => {
      pair.b.close();
      os.dup2(other.b.fileno(), fd, false);
    };
    const error = await assertRejects(
      async () => await receive(pair.b, close),
      OSError,
      undefined,
      name,
    );
    assertEquals(error.errno, errno.EBADF, name);
    assertEquals(decode(other.b.recv(100)), "not ours", name);
    os.close(fd);
  }
});

test("Socket.close() keeps family, type, proto and the time-out readable", () => {
  const sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  sock.settimeout(2.5);
  sock.close();
  assertEquals(
    [sock.family, sock.type, sock.proto],
    [socket.AF_UNIX, socket.SOCK_DGRAM, 0],
  );
  assertEquals([sock.gettimeout(), sock.timeout], [2.5, 2.5]);
  assert(sock.getblocking());
});

test("Socket is closed at the end of a using block, also after an error", () => {
  let fd = -1;
  assertThrows(() => {
    using sock = socket.socket();
    fd = sock.fileno();
    throw new RangeError("on the way");
  }, RangeError);
  throws_errno(() => socket.close(fd), OSError, "EBADF");
});

test("Socket.close() raises no error after the peer's reset", () => {
  using pair = tcp_pair();
  pair.a.send(encode("unread"));
  reset(pair.b);
  pair.a.close();
  assertEquals(pair.a.fileno(), -1);
});

test("Socket.detach() returns the descriptor, and later calls raise EBADF", () => {
  const sock = socket.socket();
  const fd = sock.fileno();
  assertEquals(sock.detach(), fd);
  assertEquals(sock.fileno(), -1);
  assertEquals(sock.detach(), -1);
  throws_errno(() => sock.listen(), OSError, "EBADF");
  sock.close();
  using again = socket.socket(-1, -1, -1, fd);
  assertEquals(again.getsockname(), ["0.0.0.0", 0]);
});

test("Socket.dup() shares the connection, has its own descriptor and the same settings", () => {
  using pair = unix_pair();
  pair.a.settimeout(1.5);
  using copy = pair.a.dup();
  assert(copy instanceof socket.Socket);
  assert(copy.fileno() !== pair.a.fileno());
  assertEquals(
    [copy.family, copy.type, copy.proto, copy.gettimeout()],
    [pair.a.family, pair.a.type, pair.a.proto, 1.5],
  );
  pair.b.send(encode("ab"));
  assertEquals(pair.a.recv(1), encode("a"));
  assertEquals(copy.recv(1), encode("b"));
  pair.a.close();
  copy.send(encode("open"));
  assertEquals(pair.b.recv(16), encode("open"));
  copy.close();
  assertEquals(pair.b.recv(16).length, 0);
});

test("Socket is not inherited when it is new, accepted, paired, duplicated or adopted", () => {
  using server = listening();
  using client = socket.socket();
  client.connect(address_of(server));
  using conn = server.accept()[0];
  using copy = conn.dup();
  using from = socket.fromfd(conn.fileno(), -1, -1);
  using pair = unix_pair();
  for (const sock of [server, client, conn, copy, from, pair.a, pair.b]) {
    assertFalse(sock.get_inheritable());
  }
});

test("Socket.set_inheritable() decides whether a child process inherits the descriptor", async () => {
  using sock = socket.socket();
  const fd = sock.fileno();
  const inode = [...open_descriptors()]
    .find((one) => one.startsWith(`${fd} -> `))!.split(" -> ")[1]!;
  const listed = async () => {
    const { stdout } = await new Deno.Command("ls", {
      args: ["-l", "/proc/self/fd"],
    }).output();
    return new TextDecoder().decode(stdout).includes(inode);
  };
  assertFalse(await listed());
  sock.set_inheritable(true);
  assert(sock.get_inheritable());
  assert(await listed());
  sock.set_inheritable(false);
  assertFalse(sock.get_inheritable());
  assertFalse(await listed());
  raises(TypeError, {
    inheritable: () => sock.set_inheritable("yes" as unknown as boolean),
  });
});

test("Socket.recv() returns the rest, then b'' at the end", () => {
  for (const make of [tcp_pair, unix_pair]) {
    using pair = make();
    pair.a.sendall(encode("the last words"));
    pair.a.close();
    assertEquals(decode(pair.b.recv(9)), "the last ");
    assertEquals(decode(pair.b.recv(9)), "words");
    assertEquals(pair.b.recv(9), new Uint8Array(0));
    assertEquals(pair.b.recv(9), new Uint8Array(0));
    assertEquals(pair.b.recv_into(new Uint8Array(9)), 0);
  }
});

test("Socket.shutdown() with SHUT_WR ends one direction and leaves the other", () => {
  using pair = tcp_pair();
  const answer = patterned(100_000);
  pair.a.sendall(encode("question"));
  pair.a.shutdown(SHUT_WR);
  assertEquals(decode(pair.b.recv(100)), "question");
  assertEquals(pair.b.recv(100).length, 0);
  pair.b.sendall(answer);
  pair.b.close();
  const got = new Uint8Array(answer.length);
  for (let at = 0; at < got.length;) {
    at += pair.a.recv_into(got.subarray(at));
  }
  assertEquals(got, answer);
  throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() with SHUT_RD lets recv() end at once", () => {
  using pair = unix_pair();
  pair.a.shutdown(SHUT_RD);
  assertEquals(pair.a.recv(10).length, 0);
  throws_errno(() => pair.b.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() with SHUT_RDWR ends both directions, for every duplicate", () => {
  using pair = tcp_pair();
  using copy = pair.a.dup();
  copy.shutdown(SHUT_RDWR);
  assertEquals(pair.a.recv(10).length, 0);
  assertEquals(pair.b.recv(10).length, 0);
  throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() raises OSError ENOTCONN or EINVAL", () => {
  using sock = socket.socket();
  throws_errno(() => sock.shutdown(SHUT_WR), OSError, "ENOTCONN");
  using pair = unix_pair();
  throws_errno(() => pair.a.shutdown(99), OSError, "EINVAL");
  assertThrows(() => pair.a.shutdown(1.5), TypeError, "how");
});

test("Socket.recv() raises ConnectionResetError when the peer has reset", () => {
  for (
    const call of [
      (sock: socket.Socket) => sock.recv(10),
      (sock: socket.Socket) => sock.recv_into(new Uint8Array(10)),
      (sock: socket.Socket) => sock.recvfrom(10),
      (sock: socket.Socket) => sock.send(encode("x")),
      (sock: socket.Socket) => sock.sendall(encode("x")),
    ]
  ) {
    using pair = tcp_pair();
    reset(pair.b);
    until_readable(pair.a);
    throws_errno(() => call(pair.a), ConnectionResetError, "ECONNRESET");
    // The error is reported once; then the connection is at its end.
    assertEquals(pair.a.recv(10).length, 0);
    throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
  }
  // Closing with bytes unread resets, too.
  using pair = tcp_pair();
  pair.a.send(encode("never read"));
  until_readable(pair.b);
  pair.b.close();
  throws_errno(() => pair.a.recv(10), ConnectionResetError, "ECONNRESET");
});

test("Socket.send() raises BrokenPipeError when the peer of a socketpair has closed", () => {
  using pair = unix_pair();
  pair.b.close();
  for (
    const call of [
      () => pair.a.send(encode("x")),
      () => pair.a.sendall(encode("x")),
      () => pair.a.sendall(patterned(1_000_000)),
    ]
  ) {
    const error = throws_errno(call, BrokenPipeError, "EPIPE");
    assertEquals(error.syscall, "send");
  }
});

test("Socket.getpeername() raises OSError ENOTCONN once the peer has reset", () => {
  using pair = tcp_pair();
  assertEquals(pair.a.getpeername(), pair.b.getsockname());
  reset(pair.b);
  until_readable(pair.a);
  throws_errno(() => pair.a.getpeername(), OSError, "ENOTCONN");
});

test("Socket.accept() returns a client that left before it was accepted", () => {
  using server = listening();
  const client = socket.socket();
  client.connect(server.getsockname());
  client.send(encode("left behind"));
  client.close();
  using conn = server.accept()[0];
  assertEquals(decode(conn.recv(100)), "left behind");
  assertEquals(conn.recv(100).length, 0);
});

for (const timeout of [null, 0, 5]) {
  test(`Socket.send(), recv(), recv_into() and accept() continue after signals, with a time-out of ${timeout}`, () => {
    using pair = unix_pair();
    using server = listening(), client = socket.socket();
    for (const sock of [pair.a, pair.b, server]) sock.settimeout(timeout);
    const interrupted = (name: keyof typeof libc, call: () => void) => {
      using signals = failing(name, errno.EINTR, 2);
      call();
      assertEquals(signals.calls(), 3, name);
    };
    interrupted("sendto", () => assertEquals(pair.a.send(encode("hello")), 5));
    interrupted("recv", () => assertEquals(decode(pair.b.recv(2)), "he"));
    const into = new Uint8Array(8);
    interrupted("recvfrom", () => assertEquals(pair.b.recv_into(into), 3));
    assertEquals(decode(into.subarray(0, 3)), "llo");
    client.connect(address_of(server));
    until_readable(server);
    interrupted("accept4", () => server.accept()[0].close());
  });
}

test("Socket.connect() continues after a signal that interrupts it once it has begun", () => {
  for (const timeout of [null, 5]) {
    using server = listening(), client = socket.socket();
    client.settimeout(timeout);
    using _ = replaced(libc, "connect", (connect) => (...args) => {
      connect(...args);
      set_errno(errno.EINTR);
      return -1;
    });
    client.connect(address_of(server));
    assertEquals(client.getpeername(), server.getsockname());
  }
});

test("Socket.recv() and send() raise the errno that follows a signal", () => {
  using pair = unix_pair();
  for (const name of ["recv", "sendto"] as const) {
    using _reset = failing(name, errno.ECONNRESET, 9);
    using _signal = failing(name, errno.EINTR, 1);
    const call = () =>
      name === "recv" ? pair.a.recv(1) : pair.a.send(encode("x"));
    const error = assertThrows(call, ConnectionResetError);
    assertEquals(error.syscall, name === "recv" ? "recv" : "send");
  }
});

test("Socket.close() does not repeat close(2) after a signal: the number may be another file's", () => {
  const sock = socket.socket();
  let calls = 0;
  using _ = replaced(libc, "close", (close) => (fd) => {
    calls++;
    close(fd);
    set_errno(errno.EINTR);
    return -1;
  });
  sock.close();
  assertEquals([calls, sock.fileno()], [1, -1]);
});
