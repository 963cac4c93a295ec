import { errno, OSError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { open_descriptors, test } from "../../descriptors.ts";
import {
  address_of,
  encode,
  listening,
  Pair,
  tcp_pair,
  throws_errno,
  unix_pair,
} from "./setup.ts";

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

/** Every method of a class and those above it, but for what never fails. */
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

test("Socket.close() makes every method raise OSError EBADF", () => {
  const closed = socket.socket();
  closed.close();
  const tried = new Set<string>();
  for (const [name, call] of Object.entries(calls(closed))) {
    throws_errno(call, OSError, "EBADF");
    tried.add(name.split(",")[0]!);
  }
  assertEquals(closed.connect_ex(["127.0.0.1", 1]), errno.EBADF);
  // Its wait for the descriptor -1 fails first, as in CPython.
  assertThrows(() => closed.sendfile(0), ValueError, "negative");
  tried.add("sendfile");
  // A method that is new has to be listed above, unless it only wraps others.
  assertEquals(
    method_names().filter((name) => !tried.has(name) && !is_later(name)),
    [],
  );
});

// Messages, asynchronous twins and streams have tests of their own.
function is_later(name: string): boolean {
  return /Async$|msg|readable|writable|^read$|^write$/.test(name);
}

test("Socket.close() protects the descriptor's next owner from every method", () => {
  const closed = socket.socket();
  const fd = closed.fileno();
  closed.close();
  using pair = new Pair(socket.socketpair());
  const owner = [pair.a, pair.b].find((sock) => sock.fileno() === fd)!;
  const other = owner === pair.a ? pair.b : pair.a;
  other.send(encode("for the owner"));
  const keepalive = () =>
    owner.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE);
  const before = [owner.getsockname(), keepalive(), owner.get_inheritable()];

  for (const call of Object.values(calls(closed))) {
    throws_errno(call, OSError, "EBADF");
  }
  assertEquals(closed.connect_ex(["127.0.0.1", 1]), errno.EBADF);
  assertThrows(() => closed.sendfile(0), ValueError, "negative");
  closed.close();
  assertEquals(closed.detach(), -1);

  const after = [owner.getsockname(), keepalive(), owner.get_inheritable()];
  assertEquals(after, before);
  assertEquals(owner.recv(100), encode("for the owner"));
  other.settimeout(0);
  assertThrows(() => other.recv(1), OSError, "temporarily unavailable");
  // The flags are still those of a blocking socket, which has not been shut down.
  owner.send(encode("for the other"));
  assertEquals(other.recv(100), encode("for the other"));
});

test("Socket.close() can be called twice, and does not close the next owner", () => {
  const first = socket.socket();
  const fd = first.fileno();
  first.close();
  assertEquals(first.fileno(), -1);
  using second = socket.socket();
  assertEquals(second.fileno(), fd);
  first.close();
  first[Symbol.dispose]();
  assertEquals(second.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0);
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
  pair.b.setsockopt(
    socket.SOL_SOCKET,
    socket.SO_LINGER,
    new Int32Array([1, 0]),
  );
  pair.a.send(encode("unread"));
  pair.b.close();
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
  assertThrows(
    () => sock.set_inheritable("yes" as unknown as boolean),
    TypeError,
    "inheritable",
  );
});
