import {
  ConnectionRefusedError,
  errno,
  OSError,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  address_of,
  decode,
  encode,
  full_listener,
  listening,
  raises_errno,
  test_ipv6,
  unused,
} from "./setup.ts";

test("create_connection() connects to a name and a port, or a service", () => {
  using server = listening();
  const [, port] = address_of(server);
  for (const where of [port, String(port)]) {
    using client = socket.create_connection(["localhost", where]);
    assertEquals(client.getpeername(), ["127.0.0.1", port]);
    assertEquals(client.type, socket.SOCK_STREAM);
    const [conn] = server.accept();
    client.sendall(encode("hello"));
    assertEquals(decode(conn.recv(16)), "hello");
    conn.close();
  }
  using client = socket.create_connection([null, port]);
  assertEquals(client.getpeername(), ["127.0.0.1", port]);
});

test("create_connection() takes the default time-out when none is given, and null to block", () => {
  using server = listening();
  const address = address_of(server);
  socket.setdefaulttimeout(7);
  try {
    const timeouts = [undefined, null, 3, 90.5].map((timeout) => {
      using client = socket.create_connection(address, timeout);
      return client.gettimeout();
    });
    assertEquals(timeouts, [7, null, 3, 90.5]);
  } finally {
    socket.setdefaulttimeout(null);
  }
  using client = socket.create_connection(address);
  assertEquals(client.gettimeout(), null);
});

test("create_connection() connects from an address", () => {
  using server = listening();
  const source: socket.InetAddress = ["127.0.0.5", 0];
  using client = socket.create_connection(address_of(server), null, source);
  assertEquals(address_of(client)[0], "127.0.0.5");
});

test("create_connection() raises the last error, or all of them with all_errors", () => {
  using refusing = unused();
  const [, port] = address_of(refusing);
  const options = { all_errors: true };
  raises_errno(ConnectionRefusedError, {
    ECONNREFUSED: () => socket.create_connection(["127.0.0.1", port]),
  });
  const group = assertThrows(
    () => socket.create_connection(["localhost", port], null, null, options),
    AggregateError,
    "create_connection failed",
  );
  const tried = socket.getaddrinfo("localhost", port, 0, socket.SOCK_STREAM);
  assertEquals(group.errors.length, tried.length);
  for (const error of group.errors) {
    assertInstanceOf(error, ConnectionRefusedError);
  }
  const source: socket.InetAddress = ["192.0.2.1", 0];
  const [error] = assertThrows(
    () => socket.create_connection(["127.0.0.1", port], 1, source, options),
    AggregateError,
  ).errors;
  assertEquals(error.errno, errno.EADDRNOTAVAIL);
});

test("create_connection() raises TimeoutError when the peer does not answer", () => {
  using full = full_listener();
  raises(TimeoutError, {
    "timed out": () => socket.create_connection(full.address, 0.05),
  });
});

test("create_connection() raises gaierror and TypeError before it makes a socket", () => {
  const error = assertThrows(
    () => socket.create_connection(["no-such-host.invalid", 80]),
    socket.gaierror,
  );
  assert(error.errno! < 0);
  const options = { all_errors: true };
  assertThrows(
    () => socket.create_connection(["no.invalid", 80], 1, null, options),
    socket.gaierror,
  );
  for (
    const [wrong, kind] of [
      ["localhost", TypeError],
      [null, TypeError],
      [5, TypeError],
      [["a"], ValueError],
      [["a", 1, 2], ValueError],
    ] as const
  ) {
    const address = wrong as unknown as [string, number];
    raises(kind, {
      "address must be [host, port]": () => socket.create_connection(address),
    });
  }
  const port = {} as unknown as number;
  assertThrows(() => socket.create_connection(["", port]), TypeError, "port");
});

test("create_connection() closes its socket when an argument is wrong", () => {
  using server = listening();
  const address = address_of(server);
  assertThrows(() => socket.create_connection(address, -1), ValueError);
  const timeout = "1" as unknown as number;
  assertThrows(() => socket.create_connection(address, timeout), TypeError);
  const source = 5 as unknown as socket.InetAddress;
  assertThrows(
    () => socket.create_connection(address, null, source),
    TypeError,
  );
});

test("create_server() listens at an address that was in use a moment ago", () => {
  const first = socket.create_server(["127.0.0.1", 0]);
  const address = address_of(first);
  assertEquals(first.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), 1);
  const client = socket.create_connection(address);
  const [conn] = first.accept();
  // Our end closes first and lingers.
  conn.close();
  client.close();
  first.close();
  using again = socket.create_server(address);
  assertEquals(address_of(again), address);
});

test("create_server() takes a backlog", () => {
  for (const backlog of [0, 1, 4096, null]) {
    using server = socket.create_server(["127.0.0.1", 0], { backlog });
    using client = socket.create_connection(address_of(server), 1);
    using conn = server.accept()[0];
    assertEquals(conn.getpeername(), client.getsockname());
  }
});

test("create_server() shares an address with reuse_port", () => {
  const options = { reuse_port: true };
  using first = socket.create_server(["127.0.0.1", 0], options);
  using second = socket.create_server(address_of(first), options);
  assertEquals(second.getsockname(), first.getsockname());
  const { SO_REUSEPORT, SOL_SOCKET } = socket;
  assertEquals(first.getsockopt(SOL_SOCKET, SO_REUSEPORT), 1);
  using alone = socket.create_server(["127.0.0.1", 0]);
  assertEquals(alone.getsockopt(SOL_SOCKET, SO_REUSEPORT), 0);
});

test("create_server() takes a path", () => {
  const path = `\0iomux-${crypto.randomUUID()}`;
  const family = socket.AF_UNIX;
  using server = socket.create_server(path, { family, reuse_port: true });
  assertEquals(server.getsockname(), path);
});

test_ipv6(
  "create_server() serves IPv6 alone, or with dualstack_ipv6 IPv4 as well",
  () => {
    const family = socket.AF_INET6;
    // Of IPv4, another program could have a listener at the same port.
    using refusing = unused();
    const [, port] = address_of(refusing);
    using single = socket.create_server(["::", port], { family });
    using client = socket.create_connection(["::1", port], 1);
    assertEquals(client.getpeername()[0], "::1");
    assertEquals(single.getsockname()[1], port);
    assertThrows(
      () => socket.create_connection(["127.0.0.1", port], 1),
      ConnectionRefusedError,
    );
    assertEquals([socket.has_ipv6, socket.has_dualstack_ipv6()], [true, true]);
    raises(ValueError, {
      "dualstack_ipv6 requires AF_INET6 family": () =>
        socket.create_server(["", 0], { dualstack_ipv6: true }),
    });
    using both = socket.create_server(["::", 0], {
      family,
      dualstack_ipv6: true,
    });
    const [, shared] = both.getsockname();
    for (const host of ["::1", "127.0.0.1"]) {
      using client = socket.create_connection([host, shared], 1);
      const [conn, address] = both.accept();
      const [from] = address;
      assertEquals(from, host === "::1" ? host : `::ffff:${host}`);
      conn.close();
      assertEquals(client.recv(1).length, 0);
    }
  },
);

test("create_server() names the address that it cannot bind, and leaves no descriptor open", () => {
  using server = listening();
  const [host, port] = address_of(server);
  const error = assertThrows(() => socket.create_server([host, port]), OSError);
  assertEquals(error.errno, errno.EADDRINUSE);
  assertEquals(error.syscall, "bind");
  assertEquals(
    error.message,
    `[Errno 98] Address already in use (while attempting to bind on address ('${host}', ${port}))`,
  );
  const unresolved = assertThrows(
    () => socket.create_server(["no-such-host.invalid", 1]),
    socket.gaierror,
    "(while attempting to bind on address ('no-such-host.invalid', 1))",
  );
  assert(unresolved.code!.startsWith("EAI_"));
  const family = socket.AF_UNIX;
  const long = assertThrows(
    () => socket.create_server("x".repeat(200), { family }),
    OSError,
    "AF_UNIX path too long (while attempting to bind on address 'xxx",
  );
  assertEquals(long.errno, null);
  const wrong = 5 as unknown as socket.InetAddress;
  assertThrows(() => socket.create_server(wrong), TypeError, "bind()");
  const half = { family: "2" as unknown as number };
  assertThrows(() => socket.create_server(["", 0], half), TypeError, "family");
  const backlog = { backlog: "5" as unknown as number };
  raises(TypeError, {
    backlog: () => socket.create_server(["127.0.0.1", 0], backlog),
  });
});
