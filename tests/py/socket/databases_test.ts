import { errno, OSError, OverflowError, socket } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { libc } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { type Functions, throws_errno, throws_plain } from "./setup.ts";

const { ERANGE } = errno;

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
  const table = libc as Functions;
  const { gethostbyname_r } = libc;
  const rooms: number[] = [];
  table.gethostbyname_r = (...args) => {
    rooms.push(Number(args[3]));
    return rooms.length === 1 ? ERANGE : gethostbyname_r(...args);
  };
  try {
    // An address needs no file and no name server.
    const [, , addresses] = socket.gethostbyname_ex("127.0.0.1");
    assertEquals(addresses, ["127.0.0.1"]);
  } finally {
    table.gethostbyname_r = gethostbyname_r;
  }
  assertEquals(rooms.map((room) => room / rooms[0]!), [1, 2]);
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
  throws_plain(
    () => socket.getservbyname("no-such-service"),
    OSError,
    "service/proto not found",
  );
  throws_plain(
    () => socket.getservbyname("http", "no-such"),
    OSError,
    "service/proto not found",
  );
  throws_plain(
    () => socket.getservbyport(1, "no-such"),
    OSError,
    "port/proto not found",
  );
});

test("getservbyname() and getservbyport() raise for wrong arguments", () => {
  for (const wrong of [-1, 65536, 2 ** 40]) {
    assertThrows(
      () => socket.getservbyport(wrong),
      OverflowError,
      "getservbyport: port must be 0-65535.",
    );
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
  for (const [name, number, ...aliases] of protocols) {
    for (const one of [name!, ...aliases]) {
      const first = protocols.find(([main, , ...others]) =>
        [main, ...others].includes(one)
      )!;
      assertEquals(socket.getprotobyname(one), Number(first[1]), one);
    }
    assert(Number(number) >= 0);
  }
  throws_plain(
    () => socket.getprotobyname("no-such"),
    OSError,
    "protocol not found",
  );
  const wrong = 6 as unknown as string;
  assertThrows(() => socket.getprotobyname(wrong), TypeError, "protocolname");
});

test("if_nameindex(), if_nametoindex() and if_indextoname() agree", () => {
  const found = socket.if_nameindex();
  assert(found.length > 0 && found.some(([, name]) => name === "lo"));
  for (const [index, name] of found) {
    assertEquals(socket.if_nametoindex(name), index);
    assertEquals(socket.if_indextoname(index), name);
  }
});

test("if_nametoindex() raises OSError without errno for an unknown interface", () => {
  for (const name of ["no-such", "", "x".repeat(100)]) {
    throws_plain(
      () => socket.if_nametoindex(name),
      OSError,
      "no interface with this name",
    );
  }
  const wrong = 1 as unknown as string;
  assertThrows(() => socket.if_nametoindex(wrong), TypeError, "if_name");
});

test("if_indextoname() raises ENXIO for an unknown interface", () => {
  for (const index of [0, 99999, 2 ** 32 - 1]) {
    throws_errno(() => socket.if_indextoname(index), OSError, "ENXIO");
  }
  assertThrows(() => socket.if_indextoname(-1), OverflowError, "if_index");
  assertThrows(() => socket.if_indextoname(2 ** 32), OverflowError);
  const wrong = "lo" as unknown as number;
  assertThrows(() => socket.if_indextoname(wrong), TypeError, "if_index");
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
