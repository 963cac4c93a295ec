import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { test } from "../../descriptors.ts";

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP } = socket;
const { SOCK_DGRAM, SOCK_STREAM } = socket;

function throws_gai(call: () => unknown, code: string): socket.gaierror {
  const error = assertThrows(call, socket.gaierror);
  const number = (socket as unknown as Record<string, number>)[code]!;
  assertEquals([error.code, error.errno], [code, number]);
  assertEquals(error.message, `[Errno ${number}] ${error.strerror}`);
  return error;
}

/** A test that needs the services file to know "http". */
function test_services(name: string, fn: () => void): void {
  let services = "";
  try {
    services = Deno.readTextFileSync("/etc/services");
  } catch {
    // Slim systems go without it.
  }
  if (/^http\s+80\/tcp/m.test(services)) test(name, fn);
  else Deno.test.ignore(`${name} (ignored: no http in /etc/services)`, fn);
}

test("getaddrinfo() returns one answer for each type, in the order of socket()'s arguments", () => {
  const found = socket.getaddrinfo("127.0.0.1", 80);
  const address: socket.InetAddress = ["127.0.0.1", 80];
  assertEquals(found.slice(0, 2), [
    [AF_INET, SOCK_STREAM, IPPROTO_TCP, "", address],
    [AF_INET, SOCK_DGRAM, IPPROTO_UDP, "", address],
  ]);
  for (const [family, type, proto] of found.slice(0, 2)) {
    using sock = socket.socket(family, type, proto);
    assertEquals([sock.family, sock.type, sock.proto], [family, type, proto]);
  }
});

test("getaddrinfo() filters by family, type and protocol", () => {
  assertEquals(
    socket.getaddrinfo("127.0.0.1", 80, AF_INET, SOCK_DGRAM),
    [[AF_INET, SOCK_DGRAM, IPPROTO_UDP, "", ["127.0.0.1", 80]]],
  );
  assertEquals(
    socket.getaddrinfo("127.0.0.1", 80, 0, 0, IPPROTO_TCP),
    [[AF_INET, SOCK_STREAM, IPPROTO_TCP, "", ["127.0.0.1", 80]]],
  );
  assertEquals(
    socket.getaddrinfo("::1", 80, AF_INET6, SOCK_STREAM),
    [[AF_INET6, SOCK_STREAM, IPPROTO_TCP, "", ["::1", 80, 0, 0]]],
  );
});

test("getaddrinfo() takes null for the loopback, and with AI_PASSIVE for every interface", () => {
  const found = (flags: number) =>
    socket.getaddrinfo(null, 80, AF_INET, SOCK_STREAM, 0, flags)
      .map((one) => one[4]);
  assertEquals(found(0), [["127.0.0.1", 80]]);
  assertEquals(found(socket.AI_PASSIVE), [["0.0.0.0", 80]]);
  throws_gai(() => socket.getaddrinfo(null, null), "EAI_NONAME");
});

test("getaddrinfo() takes null, digits or a number for the port", () => {
  const port = (port: string | number | null) =>
    socket.getaddrinfo(
      "127.0.0.1",
      port,
      0,
      SOCK_STREAM,
    )[0]![4][1];
  assertEquals([port(null), port(0), port(8080), port("8080")], [
    0,
    0,
    8080,
    8080,
  ]);
});

test_services("getaddrinfo() takes a service by name", () => {
  assertEquals(
    socket.getaddrinfo("127.0.0.1", "http", 0, SOCK_STREAM)[0]![4],
    ["127.0.0.1", 80],
  );
});

test("getaddrinfo() finds localhost", () => {
  const found = socket.getaddrinfo("localhost", 80, AF_INET, SOCK_STREAM);
  assertEquals(found[0]![4], ["127.0.0.1", 80]);
});

test("getaddrinfo() with AI_CANONNAME names the host in the first answer", () => {
  const found = socket.getaddrinfo(
    "127.0.0.1",
    80,
    0,
    0,
    0,
    socket.AI_CANONNAME | socket.AI_NUMERICHOST,
  );
  const names = found.map((one) => one[3]);
  assertEquals(names[0], "127.0.0.1");
  assert(names.slice(1).every((name) => name === ""));
});

test("getaddrinfo() reads the scope of a link-local address", () => {
  const flags = socket.AI_NUMERICHOST;
  assertEquals(
    socket.getaddrinfo("fe80::1%7", 80, 0, SOCK_STREAM, 0, flags)[0]![4],
    ["fe80::1", 80, 0, 7],
  );
});

test("getaddrinfo() raises gaierror with the number and its EAI_ name", () => {
  const { AI_NUMERICHOST, AI_NUMERICSERV } = socket;
  const numeric = (host: string) => () =>
    socket.getaddrinfo(host, 80, 0, 0, 0, AI_NUMERICHOST);
  for (const host of ["localhost", "256.0.0.1", "1.2.3.4.5", "::1::", ""]) {
    const error = throws_gai(numeric(host), "EAI_NONAME");
    assertInstanceOf(error, OSError);
    assertEquals([error.name, error.syscall], ["gaierror", "getaddrinfo"]);
    assertEquals(error.strerror, "Name or service not known");
  }
  const with_port = (port: string, flags = 0) => () =>
    socket.getaddrinfo("127.0.0.1", port, 0, SOCK_STREAM, 0, flags);
  throws_gai(with_port("no-such-service"), "EAI_SERVICE");
  throws_gai(with_port("http", AI_NUMERICSERV), "EAI_NONAME");
  throws_gai(() => socket.getaddrinfo("127.0.0.1", 80, 9999), "EAI_FAMILY");
  throws_gai(
    () => socket.getaddrinfo("127.0.0.1", 80, 0, 9999),
    "EAI_SOCKTYPE",
  );
  throws_gai(
    () => socket.getaddrinfo("127.0.0.1", 80, 0, 0, 0, 2 ** 30),
    "EAI_BADFLAGS",
  );
  throws_gai(
    () => socket.getaddrinfo("::1", 80, AF_INET, 0, 0, AI_NUMERICHOST),
    "EAI_ADDRFAMILY",
  );
});

test("getaddrinfo() raises TypeError, ValueError or OverflowError for other arguments", () => {
  for (const wrong of [undefined, 5, {}, new Uint8Array(4)]) {
    assertThrows(
      () => socket.getaddrinfo(wrong as unknown as string, 80),
      TypeError,
      "host",
    );
  }
  for (const wrong of [1.5, NaN, {}, 80n, Symbol()]) {
    assertThrows(
      () => socket.getaddrinfo("127.0.0.1", wrong as number),
      TypeError,
      "port",
    );
  }
  const { getaddrinfo } = socket;
  assertThrows(() => getaddrinfo("127.0.0.1\0.x", 80), ValueError, "null");
  assertThrows(() => getaddrinfo("127.0.0.1", "80\0"), ValueError, "null");
  assertThrows(() => getaddrinfo("127.0.0.1", 80, 2 ** 31), OverflowError);
  assertThrows(() => getaddrinfo("127.0.0.1", 80, 0, 0, 0, 0.5), TypeError);
});

test("getaddrinfo() encodes a host outside ASCII as IDNA", () => {
  // Full-width digits are digits: RFC 3490 maps them.
  const found = socket.getaddrinfo(
    "１２７.0.0.1",
    80,
    0,
    SOCK_STREAM,
    0,
    socket.AI_NUMERICHOST,
  );
  assertEquals(found[0]![4], ["127.0.0.1", 80]);
  throws_gai(
    () =>
      socket.getaddrinfo("bücher.example", 80, 0, 0, 0, socket.AI_NUMERICHOST),
    "EAI_NONAME",
  );
  for (const host of ["ü@127.0.0.1", "127.0.0.1/ü", "\ud800", "ü ü", "ü%41"]) {
    assertThrows(() => socket.getaddrinfo(host, 80), ValueError, "IDNA");
  }
});

test("getaddrinfo() can be called many times", () => {
  // The kernel's list is freed each time: 20,000 would be 4 MB at least.
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < 20_000; i++) {
    socket.getaddrinfo("127.0.0.1", i, 0, SOCK_STREAM);
  }
  assert(Deno.memoryUsage().rss - before < 100_000_000);
});

test("gethostbyname() returns an IPv4 address", () => {
  assertEquals(socket.gethostbyname("127.0.0.1"), "127.0.0.1");
  assertEquals(socket.gethostbyname("localhost"), "127.0.0.1");
  assertEquals(socket.gethostbyname("127.1"), "127.0.0.1");
  assertEquals(socket.gethostbyname(""), "0.0.0.0");
  assertEquals(socket.gethostbyname("<broadcast>"), "255.255.255.255");
  assertEquals(socket.gethostbyname("255.255.255.255"), "255.255.255.255");
});

test("gethostbyname() raises TypeError, ValueError or gaierror", () => {
  const wrong = 5 as unknown as string;
  assertThrows(() => socket.gethostbyname(wrong), TypeError, "hostname");
  assertThrows(() => socket.gethostbyname("a\0b"), ValueError, "null");
  assertThrows(() => socket.gethostbyname("::1"), socket.gaierror);
});

test("gethostname() returns the kernel's name of the machine", () => {
  const { stdout } = new Deno.Command("uname", { args: ["-n"] }).outputSync();
  assertEquals(socket.gethostname(), new TextDecoder().decode(stdout).trim());
});

test("getaddrinfo() leaves the check of the port to the resolver", () => {
  for (const port of [2 ** 31, 2 ** 64, -1, -(2 ** 64)]) {
    try {
      const [found] = socket.getaddrinfo("127.0.0.1", port, {
        type: SOCK_STREAM,
      });
      assertInstanceOf(found, Array);
    } catch (error) {
      // glibc cuts some to 16 bits, and refuses others.
      assertInstanceOf(error, socket.gaierror);
    }
  }
});
