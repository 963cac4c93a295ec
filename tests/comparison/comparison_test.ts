import {
  BlockingIOError,
  ConnectionRefusedError,
  errno,
  socket,
  TimeoutError,
} from "@iomux/py";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../descriptors.ts";
import "../reactor.ts";
import { allowed } from "./allowed.ts";
import { compare, cpython, shown } from "./compare.ts";

const OPERATIONS = 4000;

for (const seed of [1, 2, 3]) {
  const title = `compare() finds CPython's outcomes: seed ${seed}`;
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

// Programs do not reach these differences: tests of pollers, of makefile() and of os.open() do.
const elsewhere = [
  "a boolean as a descriptor",
  "`makefile()` and a time-out",
  "`makefile()` of a non-blocking socket",
  '`makefile("rw")`',
  '`makefile("w", 1)`',
  "`close()` of a socket before its file",
  "`os.open()` of `/proc/self/mem`",
];

test("docs/porting.md has a row for each allowed difference, and no others", async () => {
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

test("Socket.connectAsync() waits for room in an AF_UNIX listener's queue, unlike connect()", async () => {
  const path = `\0iomux-${crypto.randomUUID()}`;
  using listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  listener.bind(path);
  listener.listen(0);
  using first = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  first.connect(path);
  using second = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  second.settimeout(0.01);
  const error = assertThrows(() => second.connect(path), BlockingIOError);
  assertEquals(error.errno, errno.EAGAIN);
  await assertRejects(() => second.connectAsync(path), TimeoutError);
  second.settimeout(null);
  const connected = second.connectAsync(path);
  for (let i = 0; i < 2; i++) (await listener.acceptAsync())[0].close();
  await connected;
});

test("Socket.connectAsync() waits though a duplicate has made the descriptor non-blocking", async () => {
  const free = socket.create_server(["127.0.0.1", 0]);
  const address = free.getsockname() as socket.InetAddress;
  free.close();
  for (const wait of [true, false]) {
    using sock = socket.socket();
    using copy = sock.dup();
    copy.setblocking(false);
    assertEquals(sock.gettimeout(), null);
    if (wait) {
      await assertRejects(
        () => sock.connectAsync(address),
        ConnectionRefusedError,
      );
    } else {
      const error = assertThrows(() => sock.connect(address), BlockingIOError);
      assertEquals(error.errno, errno.EINPROGRESS);
    }
  }
});

test("Socket.connect_ex() takes `%scope` in an address for the index of the interface", () => {
  const index = socket.if_nametoindex("lo");
  const connect = (address: socket.Inet6Address | [string, number]) => {
    using sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
    return sock.connect_ex(address as socket.Inet6Address);
  };
  const expected = connect(["fe80::1", 9, 0, index]);
  assertEquals(connect(["fe80::1%lo", 9]), expected);
  // Without a scope, the kernel does not know the interface.
  assertEquals(connect(["fe80::1", 9]), errno.EINVAL);
});
