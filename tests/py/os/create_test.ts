import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { replaced } from "../socket/setup.ts";
import { errno, os, OverflowError, ValueError } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { close_on_exec, free_number } from "../../ffi/kernel.ts";
import {
  decode,
  encode,
  Fd,
  not_integers,
  throws_errno,
  two,
} from "./setup.ts";
import { libc } from "../../../ffi/libc.ts";

const { EAGAIN, EBADF, EINVAL, EIO, ENOSPC, ENOTTY, ESRCH } = errno;

test("pipe() makes a reader and a writer, closed on exec", () => {
  using fds = two(os.pipe());
  for (const { fd } of [fds.a, fds.b]) {
    assert(close_on_exec(fd));
    assert(os.get_blocking(fd));
  }
  os.write(fds.b.fd, encode("x"));
  assertEquals(os.read(fds.a.fd, 9).length, 1);
});

test("pipe2() sets just the flags that it is given", () => {
  for (
    const [flags, cloexec, blocking] of [
      [0, false, true],
      [os.O_CLOEXEC, true, true],
      [os.O_NONBLOCK, false, false],
      [os.O_CLOEXEC | os.O_NONBLOCK, true, false],
    ] as const
  ) {
    using fds = two(os.pipe2(flags));
    for (const { fd } of [fds.a, fds.b]) {
      assertEquals(close_on_exec(fd), cloexec);
      assertEquals(os.get_blocking(fd), blocking);
    }
  }
  throws_errno(() => os.pipe2(1), EINVAL, "pipe2");
  for (const bad of not_integers) {
    assertThrows(() => os.pipe2(bad), TypeError, "flags must be an integer");
  }
});

test("pipe2() with O_DIRECT reads each write by itself", () => {
  using fds = two(os.pipe2(os.O_DIRECT | os.O_CLOEXEC));
  os.write(fds.b.fd, encode("one"));
  os.write(fds.b.fd, encode("three"));
  assertEquals(os.read(fds.a.fd, 99).length, 3);
  assertEquals(os.read(fds.a.fd, 99).length, 5);
});

test("eventfd() counts what is written until it is read, with EFD_SEMAPHORE 1 at a time", () => {
  using fd = new Fd(os.eventfd(5));
  assert(close_on_exec(fd.fd));
  os.eventfd_write(fd.fd, 2);
  os.eventfd_write(fd, 0);
  os.eventfd_write(fd, 10n);
  assertEquals(os.eventfd_read(fd.fd), 17);
  const flags = os.EFD_SEMAPHORE | os.EFD_NONBLOCK;
  using semaphore = new Fd(os.eventfd(2, flags));
  assert(!close_on_exec(semaphore.fd) && !os.get_blocking(semaphore.fd));
  for (let i = 0; i < 2; i++) assertEquals(os.eventfd_read(semaphore), 1);
  throws_errno(() => os.eventfd_read(semaphore), EAGAIN, "read");
});

test("eventfd() refuses bad arguments", () => {
  throws_errno(() => os.eventfd(0, 2), EINVAL, "eventfd");
  assertThrows(() => os.eventfd(-1), ValueError, "initval must be positive");
  assertThrows(() => os.eventfd(2 ** 32), OverflowError, "initval must be in");
  using most = new Fd(os.eventfd(2 ** 32 - 1));
  assertEquals(os.eventfd_read(most), 2 ** 32 - 1);
  for (const bad of not_integers) {
    assertThrows(() => os.eventfd(bad), TypeError, "initval must be");
    assertThrows(() => os.eventfd(0, bad), TypeError, "flags must be");
  }
});

test("eventfd_write() takes up to 2^64 - 2, and throws beyond", () => {
  using fd = new Fd(os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC));
  const most = 2n ** 64n - 2n;
  os.eventfd_write(fd, most);
  throws_errno(() => os.eventfd_write(fd, 1), EAGAIN, "eventfd_write");
  // 2^64 is the nearest number.
  assertEquals(os.eventfd_read(fd), 2 ** 64);
  os.eventfd_write(fd, Number.MAX_SAFE_INTEGER);
  assertEquals(os.eventfd_read(fd), Number.MAX_SAFE_INTEGER);
  throws_errno(() => os.eventfd_write(fd, most + 1n), EINVAL, "eventfd_write");
  for (const value of [2n ** 64n, 2 ** 64]) {
    raises(OverflowError, {
      "value must be in 0 to 2^64 - 1": () => os.eventfd_write(fd, value),
    });
  }
  for (const value of [-1, -1n]) {
    raises(ValueError, {
      "value must be positive": () => os.eventfd_write(fd, value),
    });
  }
  for (const bad of ["1", null, 1.5, NaN, {}] as never[]) {
    assertThrows(() => os.eventfd_write(fd, bad), TypeError, "value must be");
  }
});

test("eventfd_read() and eventfd_write() refuse other descriptors", () => {
  using fds = two(os.pipe());
  os.write(fds.b.fd, encode("abc"));
  throws_errno(() => os.eventfd_read(fds.a.fd), EINVAL, "read");
  throws_errno(() => os.eventfd_read(fds.b.fd), EBADF, "read");
  throws_errno(() => os.eventfd_write(fds.a.fd, 1), EBADF, "eventfd_write");
  assertThrows(() => os.eventfd_read(-1), ValueError, "negative");
  assertThrows(() => os.eventfd_write(-1, 1), ValueError, "negative");
  assertThrows(() => os.eventfd_read("1" as never), TypeError);
});

test("pidfd_open() makes a descriptor of a process, closed on exec", () => {
  using fd = new Fd(os.pidfd_open(Deno.pid));
  assert(close_on_exec(fd.fd));
  using other = new Fd(os.pidfd_open(Deno.pid, os.PIDFD_NONBLOCK));
  assert(!os.get_blocking(other.fd));
});

test("pidfd_open() throws ProcessLookupError for an unknown process, and refuses bad arguments", () => {
  // Above PID_MAX_LIMIT, which is 2^22.
  throws_errno(() => os.pidfd_open(2 ** 22 + 1), ESRCH, "pidfd_open");
  throws_errno(() => os.pidfd_open(0), EINVAL, "pidfd_open");
  throws_errno(() => os.pidfd_open(-1), EINVAL, "pidfd_open");
  throws_errno(() => os.pidfd_open(Deno.pid, 1), EINVAL, "pidfd_open");
  assertThrows(
    () => os.pidfd_open(1, -1),
    ValueError,
    "flags must be positive",
  );
  assertThrows(() => os.pidfd_open(1, 2 ** 32), OverflowError, "flags must be");
  for (const bad of not_integers) {
    assertThrows(() => os.pidfd_open(bad), TypeError, "pid must be");
    assertThrows(() => os.pidfd_open(1, bad), TypeError, "flags must be");
  }
});

test("memfd_create() makes a file in memory, closed on exec, with a name", () => {
  using f = new Fd(os.memfd_create("nötes"));
  assert(close_on_exec(f.fd));
  assertEquals(
    Deno.readLinkSync(`/proc/self/fd/${f.fd}`),
    "/memfd:nötes (deleted)",
  );
  using inherited = new Fd(os.memfd_create("", 0));
  assert(!close_on_exec(inherited.fd));
});

test("memfd_create() refuses bad arguments", () => {
  const longest = "x".repeat(249);
  using _ = new Fd(os.memfd_create(longest));
  throws_errno(() => os.memfd_create(longest + "x"), EINVAL, "memfd_create");
  throws_errno(() => os.memfd_create("x", 2 ** 20), EINVAL, "memfd_create");
  // Without MFD_HUGETLB a size means nothing.
  const size = os.MFD_CLOEXEC | os.MFD_HUGE_16GB;
  throws_errno(() => os.memfd_create("x", size), EINVAL, "memfd_create");
  assertThrows(() => os.memfd_create("a\0b"), ValueError, "null character");
  raises(TypeError, {
    "must be a string": () => os.memfd_create(5 as never),
  });
  for (const bad of not_integers) {
    assertThrows(() => os.memfd_create("x", bad), TypeError, "flags must be");
  }
});

test("openpty() makes a terminal and its master, closed on exec", () => {
  using fds = two(os.openpty());
  for (const { fd } of [fds.a, fds.b]) {
    assert(os.isatty(fd));
    assert(close_on_exec(fd));
    assert(os.get_blocking(fd));
  }
  // A typed line arrives when it is complete, and is echoed.
  os.write(fds.a.fd, encode("typed\n"));
  assertEquals(decode(os.read(fds.b.fd, 100)), "typed\n");
  assertEquals(decode(os.read(fds.a.fd, 100)), "typed\r\n");
  os.write(fds.b.fd, encode("shown\n"));
  assertEquals(decode(os.read(fds.a.fd, 100)), "shown\r\n");
  fds.b.close();
  throws_errno(() => os.read(fds.a.fd, 1), EIO, "read");
});

test("openpty() makes another terminal each time, each with its name", () => {
  using first = two(os.openpty());
  using second = two(os.openpty());
  const names = [os.ttyname(first.b.fd), os.ttyname(second.b.fd)];
  for (const name of names) assertMatch(name, /^\/dev\/pts\/\d+$/);
  assert(names[0] !== names[1]);
  assertEquals(Deno.statSync(names[0]!).isCharDevice, true);
});

test("openpty() leaves no descriptor open when it fails halfway", () => {
  using _ = replaced(libc, "ptsname_r", () => () => ENOSPC);
  throws_errno(() => os.openpty(), ENOSPC, "ptsname_r");
});

test("isatty() and ttyname() tell other files, closed descriptors and other types from terminals", () => {
  using fds = two(os.pipe());
  for (const fd of [fds.a.fd, fds.b.fd, -1, free_number()]) {
    assertEquals(os.isatty(fd), false);
  }
  throws_errno(() => os.ttyname(fds.a.fd), ENOTTY, "ttyname_r");
  throws_errno(() => os.ttyname(-1), EBADF, "ttyname_r");
  for (const bad of not_integers) {
    raises(TypeError, {
      "fd must be an integer": [() => os.isatty(bad), () => os.ttyname(bad)],
    });
  }
});
