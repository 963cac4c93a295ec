import { assertEquals, assertThrows } from "@std/assert";
import {
  AT_FDCWD,
  close_fd,
  duplicate,
  is_readable,
  is_writable,
  move_up,
  set_cloexec,
  set_nonblocking,
  unread,
} from "../../ffi/descriptor.ts";
import { EBADF, EMFILE } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { OSError } from "../../ffi/os_error.ts";
import { socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { failing } from "../py/socket/setup.ts";
import { pipe } from "./kernel.ts";
import { record } from "./storm.ts";

test("move_up() closes the descriptor, also if none is free above it", () => {
  const fd = socket.socket().detach();
  {
    using _ = failing("fcntl", EMFILE, 1);
    assertThrows(() => move_up(fd), OSError);
  }
  const error = assertThrows(() => duplicate(fd), OSError);
  assertEquals(error.errno, EBADF);
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
