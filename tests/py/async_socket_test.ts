import {
  BlockingIOError,
  ConnectionRefusedError,
  errno,
  os,
  OSError,
  select,
  socket,
} from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { libc } from "../../ffi/libc.ts";
import { test } from "../descriptors.ts";
import { record } from "../ffi/storm.ts";
import "../reactor.ts";
import { one, turns } from "./async_twins.ts";
import {
  address_of,
  bound_udp,
  encode,
  full_listener,
  listening,
  patterned,
  replaced,
  reset,
  tcp_pair,
  unix_pair,
  unused,
  when_polled,
} from "./socket/setup.ts";

const { AF_INET, AF_UNIX, IP_RECVERR, IPPROTO_IP, SHUT_RD, SOCK_DGRAM } =
  socket;

/** Datagram sockets: the kernel reports their shutdown to blocking calls only. */
const datagrams: Record<string, () => socket.Socket> = {
  "AF_UNIX": () => {
    const { a, b } = unix_pair(SOCK_DGRAM);
    a.close();
    return b;
  },
  "UDP": () => {
    const sock = socket.socket(AF_INET, SOCK_DGRAM);
    sock.bind(["127.0.0.1", 0]);
    sock.connect(sock.getsockname());
    return sock;
  },
};

test("Socket.sendallAsync() sends each byte once, however often it waits", async () => {
  using pair = unix_pair();
  const data = patterned(1_000_000);
  const sent = pair.a.sendallAsync(data);
  const received = new Uint8Array(data.length);
  for (let at = 0; at < data.length;) {
    const part = await pair.b.recvAsync(65536);
    received.set(part, at);
    at += part.length;
  }
  await sent;
  assert(received.every((byte, i) => byte === data[i]));
});

for (const [family, make] of Object.entries(datagrams)) {
  for (const when of ["before", "meanwhile"]) {
    test(`Socket.recvAsync() and the other receiving twins return no bytes of a ${family} datagram socket that is shut down ${when}`, async () => {
      using sock = make();
      if (when === "before") sock.shutdown(SHUT_RD);
      const buffer = new Uint8Array(8);
      const received = Promise.all([
        sock.recvAsync(8),
        sock.recv_intoAsync(buffer),
        sock.recvfromAsync(8),
        sock.recvfrom_intoAsync(buffer),
        sock.recvmsgAsync(8),
        sock.recvmsg_intoAsync([buffer]),
      ]);
      await turns();
      if (when === "meanwhile") sock.shutdown(SHUT_RD);
      const none = new Uint8Array();
      assertEquals(await received, [
        none,
        0,
        [none, null as never],
        [0, null as never],
        [none, [], 0, null as never],
        [0, [], 0, null as never],
      ]);
    });
  }
}

test("Socket.sendallAsync() sends a message whole, however long", async () => {
  using pair = unix_pair(socket.SOCK_SEQPACKET);
  const size = 300_000;
  pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * size);
  const whole = pair.a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) > size;
  // Where wmem_max is small, the kernel refuses the message, and takes no part of it.
  const sent = pair.a.sendallAsync(new Uint8Array(size));
  if (!whole) {
    const error = await assertRejects(() => sent, OSError);
    return assertEquals(error.errno, errno.EMSGSIZE);
  }
  await sent;
  assertEquals(pair.b.recv(size).length, size);
});

test("Socket.recvAsync() and the other receiving twins keep waiting while the error queue has a message", async () => {
  using sock = bound_udp();
  sock.setsockopt(IPPROTO_IP, IP_RECVERR, 1);
  using gone = bound_udp();
  const nowhere = address_of(gone);
  gone.close();
  sock.sendto(one, nowhere);
  await assertRejects(() => sock.recvAsync(8), ConnectionRefusedError);
  const twins = [
    () => sock.recvAsync(8),
    () => sock.recv_intoAsync(new Uint8Array(8)),
    () => sock.recvfromAsync(8).then(([data]) => data),
    () => sock.recvmsgAsync(8).then(([data]) => data),
  ];
  for (const twin of twins) {
    const received = twin();
    await turns();
    sock.sendto(one, address_of(sock));
    const data = await received;
    assertEquals(typeof data === "number" ? data : data.length, 1);
  }
});

for (const when of ["before", "meanwhile"]) {
  test(`Socket.acceptAsync() of AF_UNIX rejects when the listener is shut down ${when}`, async () => {
    using server = socket.socket(AF_UNIX);
    server.bind("");
    server.listen();
    if (when === "before") server.shutdown(SHUT_RD);
    const rejected = assertRejects(() => server.acceptAsync(), OSError);
    await turns();
    if (when === "meanwhile") server.shutdown(SHUT_RD);
    assertEquals((await rejected).errno, errno.EINVAL);
  });
}

for (const twin of ["sendallAsync", "writable", "sendfileAsync"] as const) {
  test(`Socket.${twin} does not starve timers beside an equally fast reader`, async () => {
    using pair = tcp_pair();
    const size = 192 << 20;
    let received = 0, ticks = 0, over = false;
    const timer = setInterval(() => ticks++, 1);
    const reading = (async () => {
      const buffer = new Uint8Array(1 << 20);
      while (received < size) received += await pair.b.recv_intoAsync(buffer);
    })();
    const file = os.memfd_create("zeros");
    os.ftruncate(file, size);
    const sends = {
      sendallAsync: () => pair.a.sendallAsync(new Uint8Array(size)),
      writable: () => pair.a.writable.getWriter().write(new Uint8Array(size)),
      sendfileAsync: () => pair.a.sendfileAsync(file),
    };
    // The most bytes that were received between two ticks.
    let most = 0, last = 0;
    const watching = setInterval(() => {
      if (!over) most = Math.max(most, received - last);
      last = received;
    }, 0);
    await sends[twin]();
    await reading;
    over = true;
    clearInterval(timer);
    clearInterval(watching);
    os.close(file);
    // Counted in bytes, not in time: a twin that does not yield receives all of them.
    assertLessOrEqual(most, size / 2);
    assert(ticks > 1);
  });
}

test("Socket.writable closes after a reset as Deno.Conn's does", async () => {
  using pair = tcp_pair();
  const writer = pair.a.writable.getWriter();
  await writer.write(one);
  reset(pair.b);
  await assertRejects(() => pair.a.recvAsync(1), OSError);
  await writer.close();
});

test("Socket.connectAsync() asks no resolver for a number, and a thread for a name", async () => {
  using server = listening();
  const [, port] = address_of(server);
  using calls = record("getaddrinfo");
  using parked = record("getaddrinfo_parked");
  for (const host of ["127.0.0.1", "localhost"]) {
    using client = socket.socket();
    await client.connectAsync([host, port]);
    const [conn] = server.accept();
    conn.close();
  }
  // The name is tried in place, as a number alone, then on another thread; the number needs neither.
  assertEquals(calls.calls.length, 1);
  assertEquals(parked.calls.length, 1);
});

test("Socket.connectAsync() stops waiting for a name when its signal aborts", async () => {
  using client = socket.socket();
  const controller = new AbortController(), reason = new Error("enough");
  const { signal } = controller;
  const rejected = assertRejects(
    () => client.connectAsync(["localhost", 9], { signal }),
  );
  controller.abort(reason);
  assertEquals(await rejected, reason);
});

test("Socket.connectAsync() and connect_exAsync() say EBADF of a socket that is closed while its host is resolved, or by others", async () => {
  const ways: ((sock: socket.Socket) => void)[] = [
    (sock) => sock.close(),
    (sock) => os.close(sock.detach()),
  ];
  for (const close of ways) {
    using client = socket.socket();
    using other = socket.socket();
    const rejected = assertRejects(
      () => client.connectAsync(["localhost", 9]),
      OSError,
    );
    const returned = other.connect_exAsync(["localhost", 9]);
    close(client);
    close(other);
    assertEquals((await rejected).errno, errno.EBADF);
    assertEquals(await returned, errno.EBADF);
  }
  const foreign = socket.socket();
  os.close(foreign.fileno());
  assertEquals(await foreign.connect_exAsync(["127.0.0.1", 9]), errno.EBADF);
  foreign.detach();
});

test("create_connectionAsync() connects by name, and raises the errors of all addresses", async () => {
  using server = socket.create_server(["localhost", 0]);
  const [, port] = server.getsockname();
  using client = await socket.create_connectionAsync(["localhost", port], {
    timeout: 5,
  });
  assertEquals(client.gettimeout(), 5);
  const [conn] = server.accept();
  conn.close();
  server.close();
  await assertRejects(
    () =>
      socket.create_connectionAsync(["localhost", port], { all_errors: true }),
    AggregateError,
  );
  await assertRejects(
    () => socket.create_connectionAsync(["localhost", port]),
    OSError,
  );
});

test("create_connectionAsync() closes its socket when its signal aborts", async () => {
  // A reason is not one of the errors of the addresses.
  for (const reason of [new Error("enough"), new OSError("enough")]) {
    using full = full_listener();
    const controller = new AbortController();
    const { signal } = controller;
    const options = { signal, all_errors: true };
    const rejected = assertRejects(() =>
      socket.create_connectionAsync(full.address, options)
    );
    await turns();
    controller.abort(reason);
    assertStrictEquals(await rejected, reason);
  }
});

test("recvAsync(), getnameinfoAsync() and readlineAsync() leave no listener on a signal", async () => {
  using pair = unix_pair();
  const { signal } = new AbortController();
  const listeners: unknown[] = [];
  let added = 0;
  signal.addEventListener = (_type: string, listener: unknown) => {
    added = listeners.push(listener);
  };
  signal.removeEventListener = (_type: string, listener: unknown) => {
    listeners.splice(listeners.indexOf(listener), 1);
  };
  const received = pair.b.recvAsync(1, 0, { signal });
  assertEquals(added, 1);
  pair.a.send(one);
  await received;
  const names = socket.getnameinfoAsync(["127.0.0.1", 9], 0, { signal });
  assertEquals(added, 1);
  await names;
  const file = pair.b.makefile();
  const lines = [1, 2].map(() => file.readlineAsync(-1, { signal }));
  assertEquals(added, 2);
  pair.a.send(encode("one\ntwo\n"));
  await Promise.all(lines);
  // Let what follows the look-up run.
  await turns();
  assertEquals(listeners, []);
});

test("getaddrinfoAsync() and other twins refuse a signal that is not an AbortSignal", async () => {
  using server = new socketserver.TCPServer(
    ["127.0.0.1", 0],
    socketserver.BaseRequestHandler,
  );
  const signal = { aborted: false } as AbortSignal;
  const calls = [
    () => socket.getaddrinfoAsync("127.0.0.1", 80, { signal }),
    () => socket.create_connectionAsync(["127.0.0.1", 9], { signal }),
    () => select.selectAsync([], [], [], { signal }),
    () => server.serve_foreverAsync({ signal }),
  ];
  for (const call of calls) {
    await assertRejects(call, TypeError, "signal must be an AbortSignal");
  }
});

test("os.writeAsync() writes to a blocking pipe only what has room", async () => {
  const [r, w] = os.pipe();
  const data = new Uint8Array(1_000_000);
  let written = 0, received = 0;
  const writing = (async () => {
    while (written < data.length) {
      written += await os.writeAsync(w, data.subarray(written));
    }
    os.close(w);
  })();
  for (;;) {
    const { length } = await os.readAsync(r, 65536);
    if (length === 0) break;
    received += length;
  }
  await writing;
  assertEquals(received, data.length);
  os.close(r);
});

test("os.readAsync() and os.writeAsync() reject at once for a descriptor open for the other direction", async () => {
  const [r, w] = os.pipe();
  for (
    const call of [() => os.readAsync(w, 1), () => os.writeAsync(r, one)]
  ) assertEquals((await assertRejects(call, OSError)).errno, errno.EBADF);
  assert(os.get_blocking(r) && os.get_blocking(w));
  os.close(r);
  os.close(w);
});

test("Socket.acceptAsync() leaves the descriptor of a socket that does not listen blocking", async () => {
  const { a, b } = unix_pair(SOCK_DGRAM);
  const bound = socket.socket();
  bound.bind(["127.0.0.1", 0]);
  for (const sock of [a, bound]) {
    await assertRejects(() => sock.acceptAsync(), OSError);
    assert(os.get_blocking(sock.fileno()));
  }
  for (const sock of [a, b, bound]) sock.close();
});

test("Socket.sendtoAsync() takes true for flags, as sendto() does", async () => {
  using server = bound_udp();
  using client = socket.socket(AF_INET, SOCK_DGRAM);
  const address = server.getsockname() as socket.InetAddress;
  // 1 is MSG_OOB, which UDP does not know.
  const flags = true as unknown as number;
  const data = new Uint8Array(1);
  const expected = assertThrows(
    () => client.sendto(data, flags, address),
    OSError,
  );
  const found = await assertRejects(
    () => client.sendtoAsync(data, flags, address),
    OSError,
  );
  assertEquals(found.errno, expected.errno);
});

test("Socket.connectAsync() that is refused leaves the socket as connect() does", async () => {
  using refusing = unused();
  const address = address_of(refusing);
  using sock = socket.socket();
  for (let i = 0; i < 2; i++) {
    // Without a reset of the state, the second would raise ECONNABORTED and keep the source address.
    await assertRejects(
      () => sock.connectAsync(address),
      ConnectionRefusedError,
    );
    assertEquals((sock.getsockname() as socket.InetAddress)[0], "0.0.0.0");
  }
  assert(os.get_blocking(sock.fileno()));
});

test("Socket.acceptAsync() leaves the descriptor non-blocking, and accept() does what its time-out says, of a dup() too", async () => {
  using server = listening();
  const controller = new AbortController();
  const rejected = assertRejects(() => server.acceptAsync(controller));
  controller.abort();
  await rejected;
  // The flag stays: a duplicate shares it, and other processes may.
  assert(!os.get_blocking(server.fileno()));
  using copy = server.dup();
  assert(!os.get_blocking(server.fileno()));
  for (const waiting of [server, copy]) {
    assertEquals(waiting.gettimeout(), null);
    using client = socket.socket();
    using _ = when_polled(() => client.connect(address_of(server)));
    waiting.accept()[0].close();
  }
  const { family, type } = server;
  using other = socket.fromfd(server.fileno(), family, type);
  server.setblocking(false);
  using _ = replaced(libc, "poll", () => () => {
    throw new Error("accept() waits");
  });
  for (const one of [server, other]) {
    assertThrows(() => one.accept(), BlockingIOError);
  }
});
