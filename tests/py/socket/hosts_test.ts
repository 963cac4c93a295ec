import { OSError, OverflowError, socket } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import { python } from "../../machine.ts";
import { throws_plain } from "./setup.ts";

const NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV;

/** What this machine's Python answers; `null` where there is none. */
function python_of(expression: string): unknown {
  return python(`import json, socket; print(json.dumps(${expression}))`);
}

/** Asserts a name service's error: class, number, its name and its meaning. */
function throws_named(
  fn: () => unknown,
  expected: typeof socket.gaierror,
  [number, code]: [number, string],
): void {
  const error = assertThrows(fn, expected);
  assertEquals([error.errno, error.code], [number, code]);
  assertEquals(error.message, `[Errno ${number}] ${error.strerror}`);
  assert(error instanceof OSError);
  assertEquals(error.constructor, expected);
}

test("getnameinfo() returns numbers with NI_NUMERICHOST and NI_NUMERICSERV", () => {
  assertEquals(
    socket.getnameinfo(["127.0.0.1", 80], NUMERIC),
    ["127.0.0.1", "80"],
  );
  assertEquals(
    socket.getnameinfo(["::1", 65535, 0, 0], NUMERIC),
    ["::1", "65535"],
  );
  assertEquals(socket.getnameinfo(["::1", 0], NUMERIC), ["::1", "0"]);
  assertEquals(
    socket.getnameinfo(["fe80::1", 0, 0, 1], NUMERIC)[0],
    `fe80::1%${socket.if_indextoname(1)}`,
  );
});

test("getnameinfo() returns CPython's names", () => {
  const expected = python_of('socket.getnameinfo(("127.0.0.1", 80), 0)');
  const found = socket.getnameinfo(["127.0.0.1", 80], 0);
  assertEquals(found, (expected ?? found) as [string, string]);
});

test("getnameinfo() raises gaierror for a name, for bad flags, and with NI_NAMEREQD for no name", () => {
  throws_named(
    () => socket.getnameinfo(["localhost", 80], 0),
    socket.gaierror,
    [socket.EAI_NONAME, "EAI_NONAME"],
  );
  throws_named(
    () => socket.getnameinfo(["127.0.0.1", 80], 2 ** 20),
    socket.gaierror,
    [socket.EAI_BADFLAGS, "EAI_BADFLAGS"],
  );
  const flags = socket.NI_NAMEREQD | socket.NI_NUMERICHOST;
  assertThrows(
    () => socket.getnameinfo(["192.0.2.1", 80], flags),
    socket.gaierror,
  );
});

test("getnameinfo() raises for addresses of another shape", () => {
  const info = (address: unknown, flags: unknown = 0) => () =>
    socket.getnameinfo(address as [string, number], flags as number);
  for (const wrong of ["127.0.0.1", null, 5, ["127.0.0.1"], [1, 2, 3, 4, 5]]) {
    assertThrows(info(wrong), TypeError, "getnameinfo()");
  }
  assertThrows(info([5, 80]), TypeError, "host must be a string");
  assertThrows(info(["127.0.0.1", "80"]), TypeError, "port must be an integer");
  assertThrows(info(["127.0.0.1", 80], "0"), TypeError, "flags");
  assertThrows(info(["::1", 80, 2 ** 20, 0]), OverflowError, "flowinfo");
  assertThrows(info(["::1", 80, 0, 2 ** 32]), OverflowError, "scope_id");
  throws_plain(
    info(["127.0.0.1", 80, 1]),
    OSError,
    "IPv4 sockaddr must be 2 tuple",
  );
});

test("gethostbyname_ex() returns name, aliases and addresses", () => {
  assertEquals(
    socket.gethostbyname_ex("127.0.0.1"),
    ["127.0.0.1", [], ["127.0.0.1"]],
  );
  const [name, aliases, addresses] = socket.gethostbyname_ex("localhost");
  assertEquals(name, "localhost");
  assert(Array.isArray(aliases) && addresses.includes("127.0.0.1"));
  const expected = python_of('socket.gethostbyname_ex("localhost")');
  if (expected !== null) assertEquals([name, aliases, addresses], expected);
});

test("gethostbyname_ex() raises gaierror, or herror where only gethostbyname(3) fails", () => {
  const name = "no-such-host.invalid";
  assertThrows(() => socket.gethostbyname_ex(name), socket.gaierror);
  throws_named(
    () => socket.gethostbyname_ex(""),
    socket.herror,
    [3, "NO_RECOVERY"],
  );
  const wrong = 5 as unknown as string;
  assertThrows(() => socket.gethostbyname_ex(wrong), TypeError, "hostname");
  assertThrows(() => socket.gethostbyname_ex("a\0b"), RangeError, "null");
});

test("gethostbyaddr() returns the name of an address, or of a name's address", () => {
  const found = socket.gethostbyaddr("127.0.0.1");
  assertEquals(found[0], "localhost");
  assertEquals(found[2], ["127.0.0.1"]);
  assertEquals(socket.gethostbyaddr("localhost")[0], "localhost");
  const expected = python_of('socket.gethostbyaddr("127.0.0.1")');
  if (expected !== null) assertEquals<unknown>(found, expected);
});

test("gethostbyaddr() raises herror for an address without a name", () => {
  const error = assertThrows(
    () => socket.gethostbyaddr("192.0.2.1"),
    socket.herror,
  );
  assert([1, 2].includes(error.errno!), `${error.errno}`);
  assertEquals(error.name, "herror");
  assertEquals(error.syscall, "gethostbyaddr_r");
  assertThrows(() => socket.gethostbyaddr("no.invalid"), socket.gaierror);
  throws_plain(
    () => socket.gethostbyaddr(""),
    OSError,
    "wildcard resolved to multiple address",
  );
  const wrong = null as unknown as string;
  assertThrows(() => socket.gethostbyaddr(wrong), TypeError, "ip_address");
});

test("getfqdn() returns a name with a dot, or its argument if it finds none", () => {
  assertEquals(socket.getfqdn("192.0.2.1"), "192.0.2.1");
  assertEquals(socket.getfqdn(" 192.0.2.1 "), "192.0.2.1");
  assertEquals(socket.getfqdn("no-such.invalid"), "no-such.invalid");
  const own = socket.getfqdn();
  for (const name of ["", "0.0.0.0", "::"]) {
    assertEquals(socket.getfqdn(name), own);
  }
  const expected = python_of(
    '[socket.getfqdn(), socket.getfqdn("127.0.0.1"), socket.getfqdn("localhost")]',
  );
  if (expected !== null) {
    const names = ["", "127.0.0.1", "localhost"].map(socket.getfqdn);
    assertEquals(names, expected as string[]);
  }
  const wrong = 5 as unknown as string;
  assertThrows(() => socket.getfqdn(wrong), TypeError, "name");
});

test("sethostname() sets the machine's name, or raises PermissionError", () => {
  const name = socket.gethostname();
  try {
    socket.sethostname(name);
  } catch (error) {
    assert(error instanceof OSError && error.code === "EPERM");
  }
  assertEquals(socket.gethostname(), name);
  const error = assertThrows(() => socket.sethostname("x".repeat(65)), OSError);
  assert(["EINVAL", "EPERM"].includes(error.code!));
  assertEquals(error.syscall, "sethostname");
  const wrong = 5 as unknown as string;
  assertThrows(() => socket.sethostname(wrong), TypeError, "name");
});
