import { assertEquals, assertThrows } from "@std/assert";
import {
  AT_FDCWD,
  close_fd,
  duplicate,
  is_cloexec,
  is_nonblocking,
  set_cloexec,
  set_nonblocking,
} from "../../ffi/descriptor.ts";
import { EBADF } from "../../ffi/errno.ts";
import { errno, libc } from "../../ffi/libc.ts";
import { c_string } from "../../ffi/memory.ts";
import { OSError } from "../../ffi/os_error.ts";
import { test } from "../descriptors.ts";
import { close_on_exec, pipe } from "./kernel.ts";
import { record } from "./storm.ts";

test("duplicate() gives another number, closed on exec", () => {
  using fds = pipe();
  set_cloexec(fds.r.fileno(), false);
  const copy = duplicate(fds.r.fileno());
  assertEquals(copy === fds.r.fileno(), false);
  assertEquals([close_on_exec(fds.r.fileno()), close_on_exec(copy)], [
    false,
    true,
  ]);
  close_fd(copy);
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

test("close_fd() does not repeat an interrupted close(2)", () => {
  using calls = record("close");
  const close = libc.close;
  const table = libc as { close: (fd: number) => number };
  for (const [fd, number] of [[-1, EBADF]] as const) {
    const error = assertThrows(() => close_fd(fd), OSError);
    assertEquals([error.errno, error.syscall], [number, "close"]);
  }
  assertEquals(calls.calls.length, 1);
  // A call that leaves EINTR behind, as close(2) on a network file system may.
  table.close = () => {
    errno_is_eintr();
    return -1;
  };
  close_fd(-1);
  table.close = close;
});

/** Makes a call that a signal interrupts for certain: none; errno is written instead. */
function errno_is_eintr(): void {
  const location = libc.__errno_location() as Deno.PointerObject;
  new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4))[0] = 4;
  assertEquals(errno(), 4);
}
