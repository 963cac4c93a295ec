import { errno, OSError, OverflowError, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import { python } from "../../machine.ts";
import { raises_plain, replaced, throws_errno } from "./setup.ts";
import { libc } from "../../../ffi/libc.ts";

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

test("getnameinfo() returns numbers with NI_NUMERICHOST and NI_NUMERICSERV, else CPython's names", () => {
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
  const named = socket.getnameinfo(["127.0.0.1", 80], 0);
  const expected = python_of('socket.getnameinfo(("127.0.0.1", 80), 0)');
  assertEquals(named, (expected ?? named) as [string, string]);
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
  for (const wrong of ["127.0.0.1", null, 5]) {
    assertThrows(info(wrong), TypeError, "address must be an array");
  }
  for (const wrong of [["127.0.0.1"], ["127.0.0.1", 80, 0, 0, 0]]) {
    assertThrows(info(wrong), TypeError, "illegal sockaddr argument");
  }
  assertThrows(info([5, 80]), TypeError, "host must be a string");
  assertThrows(info(["127.0.0.1", "80"]), TypeError, "port must be an integer");
  assertThrows(info(["127.0.0.1", 80], "0"), TypeError, "flags");
  assertThrows(info(["::1", 80, 2 ** 20, 0]), OverflowError, "flowinfo");
  assertThrows(info(["::1", 80, 0, 2 ** 32]), OverflowError, "scope_id");
  raises_plain(OSError, {
    "IPv4 sockaddr must be 2 tuple": info(["127.0.0.1", 80, 1]),
  });
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
  raises_plain(OSError, {
    "wildcard resolved to multiple address": () => socket.gethostbyaddr(""),
  });
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

test("gethostbyname_exAsync(), gethostbyaddrAsync() and getfqdnAsync() return what their calls return", async () => {
  for (const host of ["127.0.0.1", "localhost"]) {
    assertEquals(
      await socket.gethostbyname_exAsync(host),
      socket.gethostbyname_ex(host),
    );
    assertEquals(
      await socket.gethostbyaddrAsync(host),
      socket.gethostbyaddr(host),
    );
  }
  for (const name of [undefined, " 192.0.2.1 ", "no-such.invalid", "::"]) {
    assertEquals(await socket.getfqdnAsync(name), socket.getfqdn(name));
  }
});

test("gethostbyname_exAsync(), gethostbyaddrAsync() and getfqdnAsync() reject with what their calls raise", async () => {
  const wrong = 5 as unknown as string;
  const pairs: [() => unknown, () => Promise<unknown>][] = [
    ...["no-such-host.invalid", "", "a\0b", wrong].map((host) =>
      [
        () => socket.gethostbyname_ex(host),
        () => socket.gethostbyname_exAsync(host),
      ] as [() => unknown, () => Promise<unknown>]
    ),
    ...["192.0.2.1", "no.invalid", "", wrong].map((host) =>
      [
        () => socket.gethostbyaddr(host),
        () => socket.gethostbyaddrAsync(host),
      ] as [() => unknown, () => Promise<unknown>]
    ),
    [() => socket.getfqdn(wrong), () => socket.getfqdnAsync(wrong)],
  ];
  for (const [call, twin] of pairs) {
    const expected = assertThrows(call, Error);
    const error = await assertRejects(twin, Error);
    assertEquals(error.message, expected.message);
    assertEquals(error.constructor, expected.constructor);
    assertEquals((error as OSError).syscall, (expected as OSError).syscall);
  }
});

test("gethostbyname_exAsync(), gethostbyaddrAsync() and getfqdnAsync() stop waiting when their signal aborts", async () => {
  // A reason is not the error of a look-up.
  const reason = new OSError("enough");
  const held = Promise.withResolvers<number>();
  using _ = replaced(libc, "gethostbyname_r_parked", () => () => held.promise);
  using __ = replaced(libc, "gethostbyaddr_r_parked", () => () => held.promise);
  for (
    const call of [
      socket.gethostbyname_exAsync,
      socket.gethostbyaddrAsync,
      socket.getfqdnAsync,
    ]
  ) {
    for (const wait of [0, 10]) {
      const controller = new AbortController();
      const { signal } = controller;
      if (wait === 0) controller.abort(reason);
      else setTimeout(() => controller.abort(reason), wait);
      const error = await assertRejects(() => call("127.0.0.1", { signal }));
      assertStrictEquals(error, reason);
    }
  }
  held.resolve(0);
  await new Promise((resolve) => setTimeout(resolve));
});

test("getfqdnAsync() that is aborted about when its look-up fails rejects with the reason, or returns the name", async () => {
  for (let n = 0; n < 12; n++) {
    const held = Promise.withResolvers<number>();
    using _ = replaced(
      libc,
      "gethostbyaddr_r_parked",
      () => () => held.promise,
    );
    const controller = new AbortController(), reason = new OSError("enough");
    const { signal } = controller;
    const name = socket.getfqdnAsync("192.0.2.1", { signal });
    const ended = name.catch((error) => error);
    // The resolver of a number yields first.
    await new Promise((resolve) => setTimeout(resolve));
    held.resolve(0);
    for (let i = 0; i < n; i++) await null;
    controller.abort(reason);
    const found = await ended;
    assert(found === reason || found === "192.0.2.1", String(found));
  }
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

/** The lines of a file of /etc, without comments, cut at spaces. */
function lines(path: string): string[][] {
  try {
    return Deno.readTextFileSync(path).split("\n")
      .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
      .filter((words) => words.length > 1);
  } catch {
    return [];
  }
}

const services = lines("/etc/services");
const protocols = lines("/etc/protocols");

test("gethostbyname_ex() asks again with more room for a host that did not fit", () => {
  const rooms: number[] = [];
  using _ = replaced(libc, "gethostbyname_r", (original) => (...args) => {
    rooms.push(Number(args[3]));
    return rooms.length === 1 ? errno.ERANGE : original(...args);
  });
  // An address needs no file and no name server.
  const [, , addresses] = socket.gethostbyname_ex("127.0.0.1");
  assertEquals(addresses, ["127.0.0.1"]);
  assertEquals(rooms.map((room) => room / rooms[0]!), [1, 2]);
});

test("gethostbyaddrAsync() asks again with more room for a host that did not fit", async () => {
  const rooms: bigint[] = [];
  using _ = replaced(
    libc,
    "gethostbyaddr_r_parked",
    (original) => (...args) => {
      rooms.push(args[5]);
      return rooms.length === 1
        ? Promise.resolve(errno.ERANGE)
        : original(...args);
    },
  );
  const [hostname] = await socket.gethostbyaddrAsync("127.0.0.1");
  assertEquals(hostname, "localhost");
  assertEquals(rooms, [rooms[0]!, rooms[0]! * 2n]);
});

test(`getservbyname() and getservbyport() find each of the ${services.length} lines of /etc/services`, () => {
  for (const [name, where] of services) {
    const [port, protocol] = where!.split("/") as [string, string];
    // The first line that has the name, or has it for an alias.
    const named = services.find(([main, where, ...aliases]) =>
      where!.endsWith(`/${protocol}`) && [main, ...aliases].includes(name!)
    )!;
    const found = socket.getservbyname(name!, protocol);
    assertEquals(found, Number(named[1]!.split("/")[0]), name);
    const first = services.find((line) => line[1] === `${port}/${protocol}`)!;
    assertEquals(socket.getservbyport(Number(port), protocol), first[0]);
  }
  if (services.some(([name]) => name === "http")) {
    assertEquals(socket.getservbyname("http"), 80);
    assertEquals(socket.getservbyport(80), "http");
  }
});

test("getservbyname() and getservbyport() raise OSError without errno for unknown services", () => {
  raises_plain(OSError, {
    "service/proto not found": [
      () => socket.getservbyname("no-such-service"),
      () => socket.getservbyname("http", "no-such"),
    ],
    "port/proto not found": () => socket.getservbyport(1, "no-such"),
  });
});

test("getservbyname() and getservbyport() raise for wrong arguments", () => {
  for (const wrong of [-1, 65536, 2 ** 40]) {
    raises(OverflowError, {
      "getservbyport: port must be 0-65535.": () => socket.getservbyport(wrong),
    });
  }
  for (const wrong of ["80", 1.5, null]) {
    const port = wrong as number;
    assertThrows(() => socket.getservbyport(port), TypeError, "port");
  }
  const name = 80 as unknown as string;
  assertThrows(() => socket.getservbyname(name), TypeError, "servicename");
  assertThrows(() => socket.getservbyname("a", name), TypeError, "protocol");
  assertThrows(() => socket.getservbyname("a\0"), RangeError, "null");
});

test(`getprotobyname() finds each of the ${protocols.length} lines of /etc/protocols`, () => {
  for (const [name, , ...aliases] of protocols) {
    for (const one of [name!, ...aliases]) {
      const first = protocols.find(([main, , ...others]) =>
        [main, ...others].includes(one)
      )!;
      assertEquals(socket.getprotobyname(one), Number(first[1]), one);
    }
  }
  raises_plain(OSError, {
    "protocol not found": () => socket.getprotobyname("no-such"),
  });
  const wrong = 6 as unknown as string;
  assertThrows(() => socket.getprotobyname(wrong), TypeError, "protocolname");
});

test("if_nameindex(), if_nametoindex() and if_indextoname() agree, and raise for an unknown interface", () => {
  const found = socket.if_nameindex();
  assert(found.length > 0 && found.some(([, name]) => name === "lo"));
  for (const [index, name] of found) {
    assertEquals(socket.if_nametoindex(name), index);
    assertEquals(socket.if_indextoname(index), name);
  }
  for (const name of ["no-such", "", "x".repeat(100)]) {
    raises_plain(OSError, {
      "no interface with this name": () => socket.if_nametoindex(name),
    });
  }
  for (const index of [0, 99999, 2 ** 32 - 1]) {
    throws_errno(() => socket.if_indextoname(index), OSError, "ENXIO");
  }
  raises(OverflowError, {
    if_index: [-1, 2 ** 32].map((index) => () => socket.if_indextoname(index)),
  });
  raises(TypeError, {
    if_name: () => socket.if_nametoindex(1 as never),
    if_index: () => socket.if_indextoname("lo" as never),
  });
});

test("socket.dup() returns a new descriptor, closed on exec", () => {
  using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.bind(["127.0.0.1", 0]);
  sock.set_inheritable(true);
  using copy = socket.socket(-1, -1, -1, socket.dup(sock.fileno()));
  assertEquals(copy.getsockname(), sock.getsockname());
  assertEquals(copy.get_inheritable(), false);
  throws_errno(() => socket.dup(-1), OSError, "EBADF");
  assertThrows(() => socket.dup("0" as unknown as number), TypeError, "fd");
});
