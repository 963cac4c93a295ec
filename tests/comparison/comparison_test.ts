import {
  BlockingIOError,
  ConnectionRefusedError,
  errno,
  os,
  OSError,
  select,
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

// Programs do not reach these differences: the tests below do.
const elsewhere = [
  "a boolean as a descriptor",
  "`makefile()` and a time-out",
  "`makefile()` of a non-blocking socket",
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

test("Socket.recvAsync() waits when nothing is ready, also on a non-blocking socket", async () => {
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

test("Socket.recv_intoAsync() returns 0 after a shutdown, like a blocking call", async () => {
  for (const family of [socket.AF_INET, socket.AF_INET6]) {
    using sock = socket.socket(family, socket.SOCK_DGRAM);
    sock.bind([family === socket.AF_INET ? "127.0.0.1" : "::1", 0]);
    using copy = sock.dup();
    copy.setblocking(false);
    // The kernel reports that it is not connected, but shuts it down.
    const error = assertThrows(() => sock.shutdown(socket.SHUT_RD), OSError);
    assertEquals(error.errno, errno.ENOTCONN);
    const buffer = new Uint8Array(5);
    assertThrows(() => copy.recv_into(buffer), BlockingIOError);
    assertEquals(await copy.recv_intoAsync(buffer), 0);
    copy.setblocking(true);
    assertEquals(copy.recv_into(buffer), 0);
  }
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

test("Socket.acceptAsync() makes duplicates of the listener non-blocking, but accept() waits", async () => {
  using listener = socket.create_server(["127.0.0.1", 0]);
  const address = listener.getsockname() as socket.InetAddress;
  const connect = () => socket.create_connection([...address]);
  const { family, type } = listener;
  using client = connect();
  (await listener.acceptAsync())[0].close();
  using copy = socket.fromfd(listener.fileno(), family, type);
  assertThrows(() => copy.accept(), BlockingIOError);
  // Even if a duplicate sets the flag.
  copy.setblocking(false);
  using another = connect();
  listener.accept()[0].close();
  for (const sock of [client, another]) assertEquals(sock.recv(1).length, 0);
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

test("select(), Poll.register() and os.fsync() raise TypeError for a boolean descriptor", () => {
  for (const fd of [true, false] as unknown as number[]) {
    assertThrows(() => select.select([fd], [], [], 0), TypeError);
    assertThrows(() => select.poll().register(fd), TypeError);
    assertThrows(() => os.fsync(fd), TypeError);
  }
});

test("Socket.makefile() keeps received bytes for the next read, after a time-out or EAGAIN", () => {
  const text = new TextEncoder();
  for (const timeout of [0.01, 0]) {
    const [a, b] = socket.socketpair();
    a.settimeout(timeout);
    const file = a.makefile("rb");
    b.send(text.encode("ab"));
    const expected = timeout === 0 ? BlockingIOError : TimeoutError;
    for (let i = 0; i < 2; i++) assertThrows(() => file.read(5), expected);
    b.send(text.encode("cde\n"));
    assertEquals(file.readline(), text.encode("abcde\n"));
    for (const it of [file, a, b]) it.close();
  }
});

test("os.open() refuses to open /proc/self/mem for writing", () => {
  assertThrows(
    () => os.open("/proc/self/mem", os.O_RDWR),
    Deno.errors.NotCapable,
  );
  os.close(os.open("/proc/self/mem", os.O_RDONLY));
});
