import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  errno,
  os,
  OSError,
  OverflowError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { libc, set_errno } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { interrupted, record, storm } from "../../ffi/storm.ts";
import { one, turns } from "../async_twins.ts";
import { failing, replaced } from "../socket/setup.ts";
import {
  decode,
  encode,
  Fd,
  not_integers,
  throws_errno,
  two,
} from "./setup.ts";

const { EAGAIN, EBADF, EINVAL, EOPNOTSUPP, EPIPE, ESPIPE } = errno;
const PIPE_BUF = 4096n;

/** A file in memory with some bytes, at its start. */
function file(content = ""): Fd {
  const fd = new Fd(os.memfd_create("test"));
  os.write(fd.fd, encode(content));
  os.lseek(fd.fd, 0);
  return fd;
}

test("read() returns the bytes that are there, then none once the writer has closed", () => {
  using fds = two(os.pipe());
  os.write(fds.b.fd, encode("hello"));
  assertEquals(decode(os.read(fds.a.fd, 2)), "he");
  assertEquals(decode(os.read(fds.a.fd, 100)), "llo");
  fds.b.close();
  for (const n of [100, 1, 0]) assertEquals(os.read(fds.a.fd, n).length, 0);
});

test("read() of 0 bytes leaves the bytes, and results do not share theirs", () => {
  using fds = two(os.pipe());
  os.write(fds.b.fd, encode("abcdef"));
  assertEquals(os.read(fds.a.fd, 0), new Uint8Array(0));
  const first = os.read(fds.a.fd, 3), second = os.read(fds.a.fd, 3);
  first.fill(0);
  assertEquals([decode(second), first.length], ["def", 3]);
});

test("read(), write() and lseek() throw the errno of what cannot be done", () => {
  using f = file();
  using fds = two(os.pipe()), broken = two(os.pipe());
  broken.a.close();
  const byte = new Uint8Array(1);
  throws_errno(() => os.read(fds.a.fd, -1), EINVAL, "read");
  for (const fd of [fds.b.fd, -1]) {
    throws_errno(() => os.read(fd, 1), EBADF, "read");
  }
  for (const fd of [fds.a.fd, -1]) {
    throws_errno(() => os.write(fd, byte), EBADF, "write");
  }
  throws_errno(() => os.write(broken.b.fd, byte), EPIPE, "write");
  throws_errno(() => os.lseek(fds.a.fd, 0), ESPIPE, "lseek");
  throws_errno(() => os.lseek(f.fd, -1), EINVAL, "lseek");
  throws_errno(() => os.lseek(f.fd, 0, 99), EINVAL, "lseek");
  throws_errno(() => os.lseek(-1, 0), EBADF, "lseek");
});

test("read() takes more than its buffer holds in one piece", () => {
  using f = file();
  const size = 3_000_000;
  os.ftruncate(f.fd, size);
  assertEquals(os.read(f.fd, 2 ** 22).length, size);
});

test("read() throws BlockingIOError for an empty non-blocking pipe", () => {
  using fds = two(os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC));
  throws_errno(() => os.read(fds.a.fd, 10), EAGAIN, "read");
});

test("read() continues after a signal", () => {
  using timer = new Fd(os.timerfd_create(os.CLOCK_MONOTONIC));
  using calls = record("read");
  using _ = storm();
  interrupted(calls, () => {
    os.timerfd_settime(timer.fd, { initial: 0.05 });
    assertEquals(os.read(timer.fd, 8).length, 8);
  });
});

test("write() returns how many bytes were taken", () => {
  using fds = two(os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC));
  assertEquals(os.write(fds.b.fd, encode("hello")), 5);
  assertEquals(os.write(fds.b.fd, new Uint8Array(0)), 0);
  const room = os.write(fds.b.fd, new Uint8Array(10_000_000));
  assert(room >= 4096 && room < 10_000_000);
  throws_errno(() => os.write(fds.b.fd, new Uint8Array(1)), EAGAIN, "write");
});

test("write() takes buffers and views of any type", () => {
  using fds = two(os.pipe());
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  for (
    const data of [
      bytes.buffer,
      new DataView(bytes.buffer),
      new Uint16Array(bytes.buffer),
      new BigInt64Array(bytes.buffer),
    ]
  ) {
    assertEquals(os.write(fds.b.fd, data), 8);
    assertEquals(os.read(fds.a.fd, 99), bytes);
  }
  assertEquals(os.write(fds.b.fd, bytes.subarray(2, 5)), 3);
  assertEquals([...os.read(fds.a.fd, 99)], [3, 4, 5]);
});

test("write() throws TypeError for a string, with a hint to encode it", () => {
  assertThrows(
    () => os.write(1, "text" as never),
    TypeError,
    "data must be bytes, not a string: encode it",
  );
  for (const bad of [null, 5, [1], undefined]) {
    assertThrows(() => os.write(1, bad as never), TypeError, "data must be an");
  }
});

test("sendfile() copies from an offset and leaves the position alone", () => {
  using f = file("hello, world");
  const [a, b] = socket.socketpair();
  assertEquals(os.sendfile(a.fileno(), f.fd, 7, 3), 3);
  assertEquals(os.sendfile(a.fileno(), f.fd, 10, 100), 2);
  assertEquals(os.sendfile(a.fileno(), f.fd, 12, 100), 0);
  assertEquals(decode(b.recv(100)), "world");
  assertEquals(os.lseek(f.fd, 0, os.SEEK_CUR), 0);
  a.close();
  b.close();
});

test("sendfile() without an offset copies from the position and moves it", () => {
  using f = file("hello, world");
  using fds = two(os.pipe());
  assertEquals(os.sendfile(fds.b.fd, f.fd, null, 5), 5);
  assertEquals(os.lseek(f.fd, 0, os.SEEK_CUR), 5);
  assertEquals(os.sendfile(fds.b.fd, f.fd, null, 100), 7);
  assertEquals(decode(os.read(fds.a.fd, 100)), "hello, world");
});

test("sendfile() to a full socket throws BlockingIOError until select reports room", () => {
  using f = file("x".repeat(100_000));
  const [a, b] = socket.socketpair();
  a.setblocking(false);
  let sent = 0;
  throws_errno(
    () => {
      for (;;) sent += os.sendfile(a.fileno(), f.fd, sent % 50_000, 50_000);
    },
    EAGAIN,
    "sendfile",
  );
  assertEquals(select.select([], [a], [], 0)[1], []);
  for (let got = 0; got < sent;) got += b.recv(65536).length;
  assertEquals(select.select([], [a], [], 0)[1], [a]);
  a.close();
  b.close();
});

test("sendfile() refuses bad arguments", () => {
  using f = file("x");
  using fds = two(os.pipe());
  const { fd } = fds.b;
  throws_errno(() => os.sendfile(fd, f.fd, -1, 1), EINVAL, "sendfile");
  throws_errno(() => os.sendfile(fd, -1, 0, 1), EBADF, "sendfile");
  throws_errno(() => os.sendfile(-1, f.fd, 0, 1), EBADF, "sendfile");
  throws_errno(() => os.sendfile(fd, f.fd, 0, -1), EINVAL, "sendfile");
  for (const bad of not_integers) {
    assertThrows(() => os.sendfile(bad, f.fd, 0, 1), TypeError, "out_fd");
    assertThrows(() => os.sendfile(fd, bad, 0, 1), TypeError, "in_fd");
    assertThrows(() => os.sendfile(fd, f.fd, 0, bad), TypeError, "count");
    if (bad === null) continue;
    assertThrows(() => os.sendfile(fd, f.fd, bad, 1), TypeError, "offset");
  }
});

test("lseek() moves the position from the start, the current one, or the end", () => {
  using f = file("hello");
  assertEquals(os.lseek(f.fd, 2), 2);
  assertEquals(os.lseek(f.fd, 2, os.SEEK_SET), 2);
  assertEquals(os.lseek(f.fd, 1, os.SEEK_CUR), 3);
  assertEquals(os.lseek(f.fd, -1, os.SEEK_END), 4);
  assertEquals(decode(os.read(f.fd, 9)), "o");
  assertEquals(os.lseek(f.fd, 2 ** 40), 2 ** 40);
  assertEquals(os.lseek(f.fd, 0, os.SEEK_DATA), 0);
  assertEquals(os.lseek(f.fd, 0, os.SEEK_HOLE) >= 5, true);
});

test("ftruncate() shortens a file and lengthens it with zeros", () => {
  using f = file("hello");
  os.ftruncate(f.fd, 2);
  os.ftruncate(f.fd, 4);
  assertEquals([...os.read(f.fd, 9)], [104, 101, 0, 0]);
  os.ftruncate(f.fd, 2 ** 33);
  assertEquals(os.lseek(f.fd, 0, os.SEEK_END), 2 ** 33);
  using fds = two(os.pipe());
  throws_errno(() => os.ftruncate(f.fd, -1), EINVAL, "ftruncate");
  throws_errno(() => os.ftruncate(fds.b.fd, 0), EINVAL, "ftruncate");
});

test("fsync() and fdatasync() take files by number or object, and no pipes", () => {
  using f = file("x");
  using fds = two(os.pipe());
  for (const name of ["fsync", "fdatasync"] as const) {
    os[name](f.fd);
    os[name](f);
    throws_errno(() => os[name](fds.a.fd), EINVAL, name);
    assertThrows(() => os[name](-1), ValueError, "negative");
    for (const wrong of ["1", true, false]) {
      assertThrows(() => os[name](wrong as never), TypeError);
    }
  }
});

test("read(), write(), lseek() and ftruncate() throw TypeError for other types, OverflowError beyond 2^53", () => {
  using f = file("x");
  for (const bad of not_integers) {
    assertThrows(() => os.read(f.fd, bad), TypeError, "n must be an integer");
    assertThrows(() => os.read(bad, 1), TypeError, "fd must be an integer");
    assertThrows(() => os.write(bad, new Uint8Array(1)), TypeError, "fd must");
    assertThrows(() => os.lseek(f.fd, bad), TypeError, "pos must be");
    assertThrows(() => os.lseek(f.fd, 0, bad), TypeError, "whence must be");
    assertThrows(() => os.ftruncate(f.fd, bad), TypeError, "length must be");
  }
  for (const large of [2 ** 53, -(2 ** 60)]) {
    assertThrows(() => os.read(f.fd, large), OverflowError, "n is too large");
    assertThrows(() => os.lseek(f.fd, large), OverflowError, "pos is too");
    assertThrows(() => os.ftruncate(f.fd, large), OverflowError, "length");
  }
});

for (
  const name of [
    "readAsync",
    "readvAsync",
    "writeAsync",
    "writevAsync",
  ] as const
) {
  test(`${name}() of a file whose bytes are not in memory yet waits for the disk`, async () => {
    using f = file("hello");
    // RWF_NOWAIT fails like this; no test can choose which pages the kernel keeps in memory.
    let tried = 0;
    const would_wait = () => () => {
      tried++;
      set_errno(EAGAIN);
      return -1;
    };
    using _preadv2 = replaced(libc, "preadv2", would_wait);
    using _pwritev2 = replaced(libc, "pwritev2", would_wait);
    // epoll reports no file: a wait would end with the signal alone.
    const options = { signal: AbortSignal.timeout(30_000) };
    const calls = {
      readAsync: () => os.readAsync(f.fd, 9, options),
      readvAsync: () => os.readvAsync(f.fd, [new Uint8Array(9)], options),
      writeAsync: () => os.writeAsync(f.fd, encode("HELLO"), options),
      writevAsync: () => os.writevAsync(f.fd, [encode("HELLO")], options),
    };
    const expected = name === "readAsync" ? encode("hello") : 5;
    assertEquals(await calls[name](), expected);
    assertEquals(tried, 1);
  });
}

test("readAsync() and writeAsync() ask for what cannot block where the kernel lacks RWF_NOWAIT", async () => {
  using fds = two(os.pipe());
  using _preadv2 = failing("preadv2", EOPNOTSUPP, Infinity);
  using _pwritev2 = failing("pwritev2", EOPNOTSUPP, Infinity);
  let there = false;
  const sizes: bigint[] = [];
  using _read = replaced(libc, "read", (read) => (...args) => {
    assert(there, "read() would block");
    return read(...args);
  });
  // A larger write may block, though poll(2) reports room.
  using _write = replaced(libc, "write", (write) => (fd, buffer, size) => {
    sizes.push(size as bigint);
    return write(fd, buffer, size as bigint > PIPE_BUF ? PIPE_BUF : size);
  });
  const received = os.readAsync(fds.a.fd, 9);
  await turns();
  there = true;
  assertEquals(await os.writeAsync(fds.b.fd, encode("hello")), 5);
  assertEquals(await received, encode("hello"));
  const many = new Uint8Array(10_000);
  assertEquals(await os.writeAsync(fds.b.fd, many), Number(PIPE_BUF));
  assertEquals(sizes, [5n, PIPE_BUF]);
});

test("writeAsync() and writevAsync() to a terminal or an eventfd leave what does not fit", async () => {
  const [master, slave] = os.openpty(), count = os.eventfd(0);
  using _fds = two([master, slave]), _count = new Fd(count);
  const would_block = <Call extends (fd: number, ...given: never[]) => number>(
    call: Call,
  ) =>
    ((fd, ...given) => {
      assertEquals(os.get_blocking(fd as number), false);
      return call(fd as number, ...given);
    }) as Call;
  {
    using _write = replaced(libc, "write", would_block);
    using _writev = replaced(libc, "writev", would_block);
    const text = new Uint8Array(4000).fill(97), TOTAL = 200_000;
    let received = 0;
    const reads = async () => {
      while (received < TOTAL) {
        received += (await os.readAsync(master, TOTAL)).length;
      }
    };
    const writes = async () => {
      for (let sent = 0, calls = 0; sent < TOTAL; calls++) {
        const part = text.subarray(0, TOTAL - sent);
        sent += await (calls % 2 === 0
          ? os.writeAsync(slave, part)
          : os.writevAsync(slave, [part]));
      }
    };
    await Promise.all([reads(), writes()]);
    assertEquals(received, TOTAL);
    // Of the most, 2^64 - 2, all but 1: poll(2) reports room.
    await os.writeAsync(count, new BigUint64Array([2n ** 64n - 3n]));
    const added = os.writeAsync(count, new BigUint64Array([5n]));
    await turns();
    os.read(count, 8);
    assertEquals(await added, 8);
    assertEquals(os.eventfd_read(count), 5);
  }
  for (const fd of [slave, count]) assert(os.get_blocking(fd));
});

test("readvAsync() and writevAsync() ask for what cannot block where the kernel lacks RWF_NOWAIT", async () => {
  using fds = two(os.pipe());
  using _read = failing("preadv2", EOPNOTSUPP, Infinity);
  using _written = failing("pwritev2", EOPNOTSUPP, Infinity);
  const head = new Uint8Array(2), rest = new Uint8Array(5000);
  const received = os.readvAsync(fds.a.fd, [head, rest]);
  await turns();
  assertEquals(await os.writevAsync(fds.b.fd, [encode("he"), encode("y")]), 3);
  assertEquals(await received, 3);
  assertEquals([...head, rest[0]], [...encode("hey")]);
  // More than PIPE_BUF may block, though poll(2) says that there is room.
  const parts = [new Uint8Array(), new Uint8Array(10).fill(7), rest];
  assertEquals(await os.writevAsync(fds.b.fd, parts), 10);
  assertEquals(
    await os.writevAsync(fds.b.fd, [rest, rest]),
    Number(PIPE_BUF),
  );
  assertEquals(os.read(fds.a.fd, 11), new Uint8Array([...parts[1]!, 121]));
});

test("readvAsync() and writevAsync() refuse values as readv() and writev() do", async () => {
  using fds = two(os.pipe());
  const many = Array.from({ length: 1025 }, () => new Uint8Array(1));
  for (
    const [call, fd] of [
      [os.readvAsync, fds.a.fd],
      [os.writevAsync, fds.b.fd],
    ] as const
  ) {
    await assertRejects(() => call(fd, 5 as never), TypeError);
    await assertRejects(() => call(fd, ["text"] as never), TypeError, "encode");
    await assertRejects(() => call(-1, [one]), OSError, "Bad file");
    assertEquals(await call(fd, []), 0);
    const error = await assertRejects(() => call(fd, many), OSError);
    assertEquals(error.code, "EINVAL");
  }
});

test("readAsync() and writeAsync() of a file in memory move all that read() and write() would", async () => {
  using fd = file();
  const data = new Uint8Array(70_000).fill(7);
  assertEquals(await os.writeAsync(fd.fd, data), data.length);
  os.lseek(fd.fd, 0);
  assertEquals(await os.readAsync(fd.fd, 100_000), data);
  os.lseek(fd.fd, 10);
  // A hole: pages that were never written.
  os.ftruncate(fd.fd, 0);
  os.ftruncate(fd.fd, 50_000);
  assertEquals((await os.readAsync(fd.fd, 100_000)).length, 49_990);
});

test("readAsync() of no bytes does not wait for any", async () => {
  using fds = two(os.openpty());
  using reads = record("read");
  const read = os.readAsync(fds.a.fd, 0);
  assertEquals(reads.calls.length, 1);
  assertEquals(await read, new Uint8Array(0));
});

test("readAsync() of a pipe returns all bytes that are there", async () => {
  using fds = two(os.pipe());
  os.write(fds.b.fd, new Uint8Array(60_000));
  assertEquals((await os.readAsync(fds.a.fd, 100_000)).length, 60_000);
});

test("os.readv() and os.writev() take several buffers", () => {
  const [r, w] = os.pipe();
  const parts = [
    new Uint8Array([1, 2]),
    new Uint8Array(),
    new Uint16Array([3]),
  ];
  assertEquals(os.writev(w, parts), 4);
  const head = new Uint8Array(3), rest = new Uint8Array(9);
  assertEquals(os.readv(r, new Set([head, rest])), 4);
  assertEquals([...head, rest[0]], [1, 2, 3, 0]);
  os.close(w);
  assertEquals(os.readv(r, [head]), 0);
  os.close(r);
});

test("os.readv() and os.writev() throw TypeError for values that are not lists of buffers", () => {
  const [r, w] = os.pipe();
  for (const call of [os.readv, os.writev]) {
    assertThrows(() => call(r, 5 as never), TypeError);
    assertThrows(() => call(r, ["text"] as never), TypeError, "encode it");
    assertThrows(() => call(-1, [new Uint8Array(1)]), OSError, "Bad file");
    const many = Array.from({ length: 1025 }, () => new Uint8Array(1));
    const error = assertThrows(() => call(call === os.readv ? r : w, many));
    assert(error instanceof OSError);
    assertEquals(error.code, "EINVAL");
  }
  os.close(r);
  os.close(w);
});
