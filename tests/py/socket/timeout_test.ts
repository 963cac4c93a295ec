import {
  BlockingIOError,
  errno,
  OSError,
  OverflowError,
  select,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";

import { is_nonblocking } from "../../../ffi/descriptor.ts";
import { libc } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { lasts } from "../../ffi/kernel.ts";
import { record } from "../../ffi/storm.ts";
import {
  address_of,
  encode,
  full_listener,
  listening,
  patterned,
  Peer,
  replaced,
  throws_errno,
  throws_plain,
  unix_pair,
  until_readable,
} from "./setup.ts";

/** Runs a function with another default time-out. */
function with_default(timeout: number | null, run: () => void): void {
  const before = socket.getdefaulttimeout();
  socket.setdefaulttimeout(timeout);
  try {
    run();
  } finally {
    socket.setdefaulttimeout(before);
  }
}

/** Asserts that a call ends with a time-out, and not before it is due. */
function times_out(call: () => unknown, seconds: number): void {
  // poll(2) counts in whole milliseconds on a clock of its own.
  lasts(
    seconds * 1000 - 2,
    () => throws_plain(call, TimeoutError, "timed out"),
  );
}

test("Socket.settimeout() takes seconds, 0 and null, and gettimeout() returns them", () => {
  using sock = socket.socket();
  for (
    const [timeout, blocking] of [
      [0, false],
      [null, true],
      [2.5, true],
      [1e-9, true],
      [1e9, true],
      [-0, false],
    ] as [number | null, boolean][]
  ) {
    sock.settimeout(timeout);
    assert(sock.gettimeout() === timeout);
    assert(sock.timeout === timeout);
    assertEquals(sock.getblocking(), blocking);
  }
  // Whole nanoseconds, rounded up, and true is 1.
  const kept = [[1 / 3, 0.333333334], [1e-10, 1e-9], [0.1, 0.1], [true, 1]];
  for (const [given, expected] of kept as [number, number][]) {
    sock.settimeout(given);
    assertEquals(sock.gettimeout(), expected);
  }
});

test("Socket.setblocking() takes booleans and numbers, and sets the time-out to null or 0", () => {
  using sock = socket.socket();
  for (const flag of [false, true, 0, 1, 2 ** 40, -0.5, 0]) {
    sock.setblocking(flag as boolean);
    assertEquals(sock.gettimeout(), flag ? null : 0);
    assertEquals(sock.getblocking(), Boolean(flag));
  }
  for (const wrong of ["no", null, "", [], {}]) {
    const flag = wrong as unknown as boolean;
    assertThrows(() => sock.setblocking(flag), TypeError, "flag");
  }
});

test("Socket.settimeout() raises ValueError, OverflowError or TypeError and changes nothing", () => {
  using sock = socket.socket();
  sock.settimeout(7);
  assertThrows(() => sock.settimeout(-1), ValueError, "out of range");
  assertThrows(() => sock.settimeout(-1e-9), ValueError);
  assertThrows(() => sock.settimeout(NaN), ValueError, "NaN");
  assertThrows(() => sock.settimeout(Infinity), OverflowError);
  assertThrows(() => sock.settimeout(1e12), OverflowError);
  for (const wrong of [undefined, "1", {}, 1n, Symbol(), [1]]) {
    const value = wrong as unknown as number;
    assertThrows(() => sock.settimeout(value), TypeError, "timeout");
    assertThrows(() => socket.setdefaulttimeout(value), TypeError, "timeout");
  }
  assertThrows(() => socket.setdefaulttimeout(-1), ValueError);
  assertThrows(() => socket.setdefaulttimeout(NaN), ValueError);
  assertEquals([sock.gettimeout(), socket.getdefaulttimeout()], [7, null]);
});

test("Socket.recv(), recv_into(), recvfrom() and recvfrom_into() raise TimeoutError when no bytes arrive in time", () => {
  using pair = unix_pair();
  // Bytes that are there are returned under any time-out.
  for (const timeout of [0, 1e-9, 0.5, null]) {
    pair.a.settimeout(timeout);
    pair.b.send(encode("x"));
    assertEquals(pair.a.recv(10), encode("x"));
  }
  pair.a.settimeout(0.02);
  times_out(() => pair.a.recv(1), 0.02);
  times_out(() => pair.a.recv_into(new Uint8Array(1)), 0.02);
  times_out(() => pair.a.recvfrom(1), 0.02);
  times_out(() => pair.a.recvfrom_into(new Uint8Array(1)), 0.02);
  const error = assertThrows(() => pair.a.recv(1), TimeoutError);
  assertInstanceOf(error, OSError);
  assertEquals(socket.timeout, TimeoutError);
  assertEquals([error.name, error.syscall], ["TimeoutError", "recv"]);
});

test("Socket.accept() raises TimeoutError or BlockingIOError without a client", () => {
  using server = listening();
  server.settimeout(0.02);
  times_out(() => server.accept(), 0.02);
  server.settimeout(0);
  const error = throws_errno(() => server.accept(), BlockingIOError, "EAGAIN");
  assertEquals(error.syscall, "accept4");
});

test("Socket.accept() returns a blocking socket, whatever the listener's time-out", () => {
  using server = listening();
  for (const timeout of [null, 5, 0]) {
    server.settimeout(timeout);
    using client = socket.socket();
    client.connect(address_of(server));
    until_readable(server);
    using conn = server.accept()[0];
    assertEquals(conn.gettimeout(), null);
    // Were the descriptor non-blocking, this would say EAGAIN at once.
    client.shutdown(socket.SHUT_WR);
    assertEquals(conn.recv(1).length, 0);
  }
});

test("Socket.send() and sendall() raise TimeoutError when the peer does not read", () => {
  using pair = unix_pair();
  pair.a.settimeout(0.02);
  const data = patterned(0x1000000);
  times_out(() => pair.a.sendall(data), 0.02);
  times_out(() => pair.a.send(data), 0.02);
});

test("Socket.sendall() counts its time-out for the whole, not for each part", async () => {
  await using peer = new Peer("sip");
  const { conn } = peer;
  // Small, so that each sip makes room well within the time-out.
  conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096);
  conn.settimeout(1);
  // The peer reads 4 MB in 10 seconds: counted for each part, this would send all of them.
  times_out(() => conn.sendall(new Uint8Array(4_000_000)), 1);
});

test("Socket.sendall() ends at its time-out, though the kernel takes a part each time", () => {
  using pair = unix_pair();
  pair.a.settimeout(0.01);
  using _slow = replaced(libc, "sendto", () => () => {
    select.select([], [], [], 0.02);
    return 1000;
  });
  throws_plain(
    () => pair.a.sendall(new Uint8Array(2000)),
    TimeoutError,
    "timed out",
  );
  // All was sent: it does not matter how late.
  pair.a.sendall(new Uint8Array(1000));
});

test("Socket.connect() raises TimeoutError, and connect_ex() returns EAGAIN, when the peer does not answer", () => {
  using full = full_listener();
  using client = socket.socket();
  using other = socket.socket();
  for (const sock of [client, other]) sock.settimeout(0.05);
  times_out(() => client.connect(full.address), 0.05);
  assertEquals(other.connect_ex(full.address), errno.EAGAIN);
});

test("Socket.connect() within its timeout leaves a socket that keeps it", () => {
  using server = listening();
  using client = socket.socket();
  client.settimeout(30);
  client.connect(address_of(server));
  assertEquals(client.gettimeout(), 30);
  assertEquals(client.getpeername(), server.getsockname());
});

test("setdefaulttimeout() applies to new sockets of every origin, not to old ones", () => {
  using old = listening();
  using early = socket.socket();
  early.connect(address_of(old));
  with_default(90.5, () => {
    assertEquals(socket.getdefaulttimeout(), 90.5);
    using server = listening();
    using client = socket.socket();
    client.connect(address_of(server));
    using conn = server.accept()[0];
    using pair = unix_pair();
    using from = socket.fromfd(pair.a.fileno(), -1, -1);
    using taken = socket.socket(-1, -1, -1, socket.socket().detach());
    for (const sock of [server, client, conn, pair.a, pair.b, from, taken]) {
      assertEquals(sock.gettimeout(), 90.5);
    }
    assertEquals(old.gettimeout(), null);
  });
  with_default(0.02, () => {
    using conn = old.accept()[0];
    using pair = unix_pair();
    times_out(() => conn.recv(1), 0.02);
    times_out(() => pair.b.recv(1), 0.02);
  });
  assertEquals(socket.getdefaulttimeout(), null);
});

test("setdefaulttimeout() of 0 makes new and accepted sockets non-blocking, as SOCK_NONBLOCK does under any", () => {
  using server = listening();
  with_default(9, () => {
    const type = socket.SOCK_STREAM | socket.SOCK_NONBLOCK;
    using sock = socket.socket(socket.AF_INET, type);
    assertEquals(sock.gettimeout(), 0);
  });
  with_default(0, () => {
    using client = socket.socket();
    assertEquals(client.getblocking(), false);
    client.connect_ex(address_of(server));
    using conn = server.accept()[0];
    throws_errno(() => conn.recv(1), BlockingIOError, "EAGAIN");
    throws_errno(() => client.recv(1), BlockingIOError, "EAGAIN");
  });
});

test("Socket.accept() with a default time-out takes one call, which leaves no client blocking", () => {
  using server = listening();
  for (const [timeout, nonblocking] of [[null, false], [0, true], [9, true]]) {
    with_default(timeout as number | null, () => {
      using client = socket.socket();
      client.connect_ex(address_of(server));
      using ioctl = record("ioctl");
      using conn = server.accept()[0];
      assertEquals(ioctl.calls.length, 0);
      assertEquals(conn.gettimeout(), timeout);
      assertEquals(is_nonblocking(conn.fileno()), nonblocking);
    });
  }
});

test("Socket with a time-out never blocks, though a duplicate has made the descriptor blocking", () => {
  using pair = unix_pair();
  pair.a.settimeout(0.01);
  using duplicate = pair.a.dup();
  duplicate.settimeout(null);
  // The flag is what keeps recv(2) from blocking: without it this test would hang.
  using recv = record("recv");
  pair.b.send(new Uint8Array(1));
  pair.a.recv(1);
  const flags = recv.calls[0]![3] as number;
  assertEquals(flags & socket.MSG_DONTWAIT, socket.MSG_DONTWAIT);
  assertThrows(() => pair.a.recv(1), TimeoutError, "timed out");
});

test("Socket.accept() with a time-out waits first, since accept4(2) has no MSG_DONTWAIT", () => {
  using server = listening();
  server.settimeout(0.01);
  using duplicate = server.dup();
  duplicate.settimeout(null);
  using accept4 = record("accept4");
  assertThrows(() => server.accept(), TimeoutError, "timed out");
  assertEquals(accept4.calls, []);
});

test("Socket.dup() sets O_NONBLOCK to match its time-out", () => {
  using pair = unix_pair();
  pair.a.setblocking(false);
  using second = pair.a.dup();
  second.setblocking(true);
  // The descriptors share the flag; a third copy has the first one's time-out.
  using third = pair.a.dup();
  assertEquals(third.gettimeout(), 0);
  assertThrows(() => third.recv(1), BlockingIOError);
});

test("Socket.acceptAsync() never blocks, though a duplicate has made the listener blocking", async () => {
  using server = listening();
  server.settimeout(0.02);
  using second = server.dup();
  second.setblocking(true);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await assertRejects(() => server.acceptAsync(), TimeoutError);
  clearInterval(timer);
  assert(turns > 0);
});
