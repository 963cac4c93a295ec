import { errno, os, select, socket } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "../descriptors.ts";
import "../reactor.ts";
import { allowed } from "./allowed.ts";
import { compare, cpython, shown } from "./compare.ts";

const OPERATIONS = 4000;

for (const seed of [1, 2, 3]) {
  const title = `calls have CPython's outcomes: seed ${seed}`;
  if (cpython() === null) {
    Deno.test.ignore(
      `${title} (ignored: no CPython of 3.11 or newer)`,
      () => {},
    );
  } else {
    test(title, async () => {
      const { differences } = await compare(seed, OPERATIONS);
      assertEquals(differences.map(shown), []);
    });
  }
}

// Of this row the programs see nothing: it is tested here.
const elsewhere = ["a boolean as a descriptor"];

test("docs/porting.md has a row for each difference that is allowed, and no other", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/porting.md", import.meta.url),
  );
  const [, section] = page.split("\n## What differs, and why\n");
  const [table] = section!.split("\n## ");
  const rows = table!.matchAll(/^\| (.+?) +\|/gm).map(([, name]) => name!)
    .filter((name) => name !== "what" && !name.startsWith("---"));
  const names = [
    ...allowed.filter(({ before }) => before === undefined)
      .map(({ name }) => name),
    ...elsewhere,
  ];
  assertEquals([...rows].sort(), names.sort());
});

test("a twin where nothing is ready waits, of a non-blocking socket too", async () => {
  const [a, b] = socket.socketpair();
  b.setblocking(false);
  const received = [
    b.recvAsync(1),
    b.recvAsync(1, socket.MSG_DONTWAIT),
  ];
  a.send(new Uint8Array([1, 2]));
  assertEquals((await Promise.all(received)).map(([byte]) => byte), [1, 2]);
  a.close();
  b.close();
});

test("`%scope` in an address counts as the number of the interface does", () => {
  const index = socket.if_nametoindex("lo");
  const connect = (address: socket.Inet6Address | [string, number]) => {
    using sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
    return sock.connect_ex(address as socket.Inet6Address);
  };
  const expected = connect(["fe80::1", 9, 0, index]);
  assertEquals(connect(["fe80::1%lo", 9]), expected);
  // Without a scope the kernel does not know where it is.
  assertEquals(connect(["fe80::1", 9]), errno.EINVAL);
});

test("a boolean as a descriptor raises TypeError", () => {
  for (const fd of [true, false] as unknown as number[]) {
    assertThrows(() => select.select([fd], [], [], 0), TypeError);
    assertThrows(() => select.poll().register(fd), TypeError);
    assertThrows(() => os.fsync(fd), TypeError);
  }
});
