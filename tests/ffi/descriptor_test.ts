import { assertEquals, assertThrows } from "@std/assert";
import {
  AT_FDCWD,
  close_fd,
  duplicate,
  is_cloexec,
  is_nonblocking,
  is_readable,
  is_writable,
  move_up,
  set_cloexec,
  set_nonblocking,
  unread,
} from "../../ffi/descriptor.ts";
import { EBADF, EINTR, EMFILE } from "../../ffi/errno.ts";
import { libc, set_errno } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { OSError } from "../../ffi/os_error.ts";
import { socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { failing } from "../py/socket/setup.ts";
import { close_on_exec, pipe } from "./kernel.ts";
import { record } from "./storm.ts";

test("duplicate() gives another number, closed on exec", () => {
  using fds = pipe();
  set_cloexec(fds.r.fileno(), false);
  const copy = duplicate(fds.r.fileno());
  assertEquals(copy === fds.r.fileno(), false);
  assertEquals(close_on_exec(fds.r.fileno()), false);
  assertEquals(close_on_exec(copy), true);
  close_fd(copy);
});

test("move_up() closes the descriptor, also if none is free above it", () => {
  const fd = socket.socket().detach();
  {
    using _ = failing("fcntl", EMFILE, 1);
    assertThrows(() => move_up(fd), OSError);
  }
  const error = assertThrows(() => duplicate(fd), OSError);
  assertEquals(error.errno, EBADF);
});

test("set_cloexec() and set_nonblocking() turn one flag on and off", () => {
  using fds = pipe();
  const fd = fds.r.fileno();
  for (const on of [false, true, true, false, false]) {
    set_cloexec(fd, on);
    assertEquals(is_cloexec(fd), on);
    set_nonblocking(fd, !on);
    assertEquals(is_nonblocking(fd), !on);
  }
});

test("set_cloexec() makes no call when the flag is already right", () => {
  using fds = pipe();
  using calls = record("fcntl");
  set_cloexec(fds.r.fileno(), true);
  // F_GETFD alone.
  assertEquals(calls.calls.map(([, command]) => command), [1]);
});

test("set_nonblocking() is one call, as in CPython, and fails for an O_PATH descriptor", () => {
  using fds = pipe();
  using calls = record("ioctl");
  set_nonblocking(fds.r.fileno(), false);
  assertEquals(calls.calls.length, 1);
  const O_PATH = 0o10000000;
  const place = libc.openat(AT_FDCWD, c_string("/"), O_PATH, 0);
  const error = assertThrows(() => set_nonblocking(place, false), OSError);
  assertEquals(error.errno, EBADF);
  close_fd(place);
});

test("is_readable(), is_writable() and unread() ask without reading", () => {
  const [a, b] = socket.socketpair();
  assertEquals(is_readable(b.fileno()), false);
  assertEquals(is_writable(a.fileno()), true);
  a.send(new Uint8Array(7));
  assertEquals([is_readable(b.fileno()), unread(b.fileno())], [true, 7]);
  assertEquals(b.recv(10).length, 7);
  assertEquals(unread(b.fileno()), 0);
  a.close();
  assertEquals([is_readable(b.fileno()), unread(b.fileno())], [true, 0]);
  b.close();
  assertEquals([is_readable(-1), is_writable(-1), unread(-1)], [
    false,
    false,
    0,
  ]);
});

test("close_fd() throws EBADF, and does not repeat an interrupted close(2)", () => {
  const table = libc as { close: (fd: number) => number };
  const { close } = libc;
  {
    using calls = record("close");
    const error = assertThrows(() => close_fd(-1), OSError);
    assertEquals([error.errno, error.syscall], [EBADF, "close"]);
    assertEquals(calls.calls.length, 1);
  }
  let calls = 0;
  // As close(2) on a network file system may.
  table.close = () => {
    calls++;
    set_errno(EINTR);
    return -1;
  };
  try {
    close_fd(-1);
  } finally {
    table.close = close;
  }
  assertEquals(calls, 1);
});
