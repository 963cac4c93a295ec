import {
  BlockingIOError,
  ConnectionRefusedError,
  errno,
  OSError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  address_of,
  decode,
  encode,
  listening,
  Peer,
  raises_errno,
  test_ipv6,
  throws_errno,
  unused,
} from "./setup.ts";

const {
  AF_INET6,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} = socket;

test("Socket.connect() and accept() make a connection with both addresses", () => {
  using server = listening();
  using client = socket.socket();
  client.connect(address_of(server));
  const [conn, address] = server.accept();
  assertEquals(address, client.getsockname());
  assertEquals(conn.getpeername(), client.getsockname());
  assertEquals(client.getpeername(), server.getsockname());
  assertEquals(conn.getsockname(), server.getsockname());
  assertEquals(
    [conn.family, conn.type, conn.proto],
    [server.family, server.type, server.proto],
  );
  client.sendall(encode("hello"));
  assertEquals(decode(conn.recv(16)), "hello");
  conn.close();
});

test_ipv6(
  "Socket.connect() and accept() meet over IPv6, with four parts to an address",
  () => {
    using server = socket.socket(AF_INET6, SOCK_STREAM);
    server.bind(["::1", 0]);
    server.listen();
    const address = server.getsockname();
    assertEquals([address[0], ...address.slice(2)], ["::1", 0, 0]);
    for (
      const to of [address, ["::1", address[1]], ["0:0::1", address[1], 0]]
    ) {
      using client = socket.socket(AF_INET6, SOCK_STREAM);
      client.connect(to);
      const [conn, from] = server.accept();
      assertEquals(from, client.getsockname());
      assertEquals(conn.getsockname(), address);
      conn.close();
    }
  },
);

test_ipv6(
  "Socket.bind() takes a flow label and a scope, and refuses what does not fit",
  () => {
    using sock = socket.socket(AF_INET6, SOCK_STREAM);
    for (
      const [address, name] of [
        [["::1", 0, -1], "flowinfo"],
        [["::1", 0, 0x100000], "flowinfo"],
        [["::1", 0, 0, -1], "scope_id"],
        [["::1", 0, 0, 2 ** 32], "scope_id"],
      ] as [socket.Inet6Address, string][]
    ) {
      assertThrows(() => sock.bind(address), OverflowError, name);
    }
    assertThrows(
      () => sock.bind(["::1", 0, 0, 0, 0] as unknown as socket.Inet6Address),
      TypeError,
      "[host, port, flowinfo, scope_id]",
    );
    sock.bind(["::1", 0, 5, 0]);
  },
);

test("Socket.accept() waits for a client that comes later", async () => {
  // Its constructor is in accept() before the peer has started.
  await using peer = new Peer("greet");
  assertEquals(peer.conn.getblocking(), true);
});

test("Socket.connect() raises ConnectionRefusedError when nothing listens", async () => {
  using refusing = unused();
  for (const timeout of [null, 30]) {
    using client = socket.socket();
    client.settimeout(timeout);
    const error = raises_errno(ConnectionRefusedError, {
      ECONNREFUSED: () => client.connect(address_of(refusing)),
    });
    assertEquals(error.syscall, "connect");
    using another = socket.socket();
    another.settimeout(timeout);
    assertEquals(another.connect_ex(address_of(refusing)), errno.ECONNREFUSED);
    using twin = socket.socket();
    assertEquals(
      await twin.connect_exAsync(address_of(refusing)),
      errno.ECONNREFUSED,
    );
  }
});

test("Socket.connect() raises BlockingIOError EINPROGRESS on a non-blocking socket", () => {
  using server = listening();
  using client = socket.socket();
  client.setblocking(false);
  const address = address_of(server);
  throws_errno(() => client.connect(address), BlockingIOError, "EINPROGRESS");
  const [, writable] = select.select([], [client], [], 30);
  assertEquals(writable, [client]);
  assertEquals(client.getsockopt(SOL_SOCKET, SO_ERROR), 0);
  assertEquals(client.getpeername(), address);
});

test("Socket.connect_ex() returns EINPROGRESS, and SO_ERROR reports the refusal", () => {
  using refusing = unused();
  using client = socket.socket();
  client.setblocking(false);
  assertEquals(client.connect_ex(address_of(refusing)), errno.EINPROGRESS);
  select.select([], [client], [], 30);
  assertEquals(client.getsockopt(SOL_SOCKET, SO_ERROR), errno.ECONNREFUSED);
});

test("Socket.connect_ex() returns 0 on success, EISCONN the second time", async () => {
  using server = listening();
  using awaited = socket.socket();
  await awaited.connectAsync(address_of(server));
  server.accept()[0].close();
  throws_errno(() => awaited.connect(["127.0.0.1", 1]), OSError, "EISCONN");
  for (const timeout of [null, 30]) {
    using client = socket.socket();
    client.settimeout(timeout);
    assertEquals(client.connect_ex(address_of(server)), 0);
    server.accept()[0].close();
    // While the kernel has not reported the success, connect_ex() returns 0 once more.
    if (timeout !== null) client.connect_ex(address_of(server));
    assertEquals(client.connect_ex(address_of(server)), errno.EISCONN);
    throws_errno(() => client.connect(address_of(server)), OSError, "EISCONN");
  }
});

test("Socket.connect() takes a host by name", () => {
  using server = listening();
  const [, port] = address_of(server);
  for (const host of ["localhost", "127.1", "0x7f000001", ""]) {
    using client = socket.socket();
    client.connect([host, port]);
    server.accept()[0].close();
  }
});

test("Socket.connect() raises TypeError for an address of another family's shape", () => {
  using inet = socket.socket();
  for (
    const wrong of [
      "127.0.0.1",
      [],
      ["127.0.0.1"],
      ["127.0.0.1", 1, 2],
      null,
      undefined,
      5,
      { 0: "127.0.0.1", 1: 80 },
      encode("x"),
      [1, 80],
      [null, 80],
      ["127.0.0.1", "80"],
      ["127.0.0.1", 1.5],
      ["127.0.0.1", null],
    ]
  ) {
    const address = wrong as unknown as socket.InetAddress;
    assertThrows(() => inet.connect(address), TypeError, "connect()");
    assertThrows(() => inet.connect_ex(address), TypeError, "connect_ex()");
    assertThrows(() => inet.bind(address), TypeError, "bind()");
  }
});

test("Socket.connect() raises OverflowError for a port out of range", () => {
  using sock = socket.socket();
  for (const port of [-1, 65536, 2 ** 31, 2 ** 53]) {
    raises(OverflowError, {
      port: () => sock.connect(["127.0.0.1", port]),
    });
    assertThrows(() => sock.bind(["127.0.0.1", port]), OverflowError, "port");
  }
});

test("Socket.connect() raises gaierror or ValueError for a wrong host", () => {
  using sock = socket.socket();
  const error = assertThrows(() => sock.connect(["::1", 80]), socket.gaierror);
  assertMatch(error.code!, /^EAI_(NONAME|ADDRFAMILY)$/);
  assertThrows(() => sock.connect(["127.0.0.1\0", 80]), ValueError, "null");
  // Taken for a URL, this would be 127.0.0.1.
  for (const host of ["ü@127.0.0.1", "127.0.0.1/ü", "127.0.0.1#ü", "ü:80"]) {
    assertThrows(() => sock.connect([host, 80]), ValueError, "IDNA");
  }
});

test("Socket.bind() raises OSError EADDRINUSE, EADDRNOTAVAIL or EINVAL", () => {
  using server = listening();
  using sock = socket.socket();
  throws_errno(() => sock.bind(address_of(server)), OSError, "EADDRINUSE");
  // TEST-NET-1 of RFC 5737 is on no interface.
  throws_errno(() => sock.bind(["192.0.2.1", 0]), OSError, "EADDRNOTAVAIL");
  sock.bind(["127.0.0.1", 0]);
  throws_errno(() => sock.bind(["127.0.0.1", 0]), OSError, "EINVAL");
  // Port 0 stands for any free port, and "" for every interface.
  using any = socket.socket();
  any.bind(["", 0]);
  const [host, port] = address_of(any);
  assert(host === "0.0.0.0" && port > 0);
});

test("Socket.bind() after SO_REUSEADDR takes a port whose connection has just ended", () => {
  using server = socket.socket();
  server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  server.bind(["127.0.0.1", 0]);
  server.listen();
  const address = address_of(server);
  using client = socket.socket();
  client.connect(address);
  // The side that closes first keeps the port, in TIME_WAIT.
  server.accept()[0].close();
  assertEquals(client.recv(1).length, 0);
  server.close();
  client.close();
  using again = socket.socket();
  throws_errno(() => again.bind(address), OSError, "EADDRINUSE");
  again.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  again.bind(address);
  again.listen();
});

test("Socket.listen() raises OSError EADDRINUSE when another listens there", () => {
  using first = socket.socket();
  first.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  first.bind(["127.0.0.1", 0]);
  using second = socket.socket();
  second.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  second.bind(address_of(first));
  first.listen();
  throws_errno(() => second.listen(), OSError, "EADDRINUSE");
});

test("Socket.listen() takes any C int as backlog, or no backlog", () => {
  using sock = socket.socket();
  for (const backlog of [0, 1, 2 ** 31 - 1, -5, undefined]) {
    sock.listen(backlog);
    assertEquals(sock.getsockopt(SOL_SOCKET, socket.SO_ACCEPTCONN), 1);
  }
  assertThrows(() => sock.listen(2 ** 31), OverflowError, "backlog");
  assertThrows(() => sock.listen(1.5), TypeError, "backlog");
  using datagrams = socket.socket(socket.AF_INET, SOCK_DGRAM);
  throws_errno(() => datagrams.listen(), OSError, "EOPNOTSUPP");
});

test("Socket.listen() lets 128 clients wait unless it is told otherwise", () => {
  using sock = socket.socket();
  // Of a listener, tcpi_sacked of struct tcp_info is its backlog; SOMAXCONN bounds it.
  const backlog = (given?: number) => {
    sock.listen(given);
    const info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104);
    return new DataView(info.buffer).getUint32(28, true);
  };
  assertEquals(backlog(5), 5);
  assertEquals(backlog(), backlog(128));
});

test("Socket.accept() raises EINVAL or EOPNOTSUPP, other calls ENOTCONN, without a connection", () => {
  using datagrams = socket.socket(socket.AF_INET, SOCK_DGRAM);
  throws_errno(() => datagrams.accept(), OSError, "EOPNOTSUPP");
  using sock = socket.socket();
  throws_errno(() => sock.accept(), OSError, "EINVAL");
  throws_errno(() => sock.recv(1), OSError, "ENOTCONN");
  throws_errno(() => sock.recvmsg(1), OSError, "ENOTCONN");
  throws_errno(() => sock.recv_into(new Uint8Array(1)), OSError, "ENOTCONN");
  throws_errno(() => sock.getpeername(), OSError, "ENOTCONN");
  throws_errno(() => sock.shutdown(socket.SHUT_RD), OSError, "ENOTCONN");
  using unix = socket.socket(socket.AF_UNIX, SOCK_STREAM);
  throws_errno(() => unix.send(encode("x")), OSError, "ENOTCONN");
});
