import { assert, assertEquals, assertThrows } from "@std/assert";
import { errno, OSError, OverflowError, select } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { dup, free_number, pipe } from "../../ffi/kernel.ts";

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

const { EPOLLIN, EPOLLOUT } = select;

test("epoll.fromfd() is the same epoll object in the kernel", () => {
  using fds = pipe();
  using one = select.epoll();
  using two = select.epoll.fromfd(dup(one.fileno()).fileno());
  two.register(fds.w, EPOLLOUT);
  assertEquals(one.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  assertEquals(two.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
});

test("epoll.fromfd() takes the very descriptor, and closes it", () => {
  const one = select.epoll();
  const fd = one.fileno();
  const two = select.epoll.fromfd(fd);
  assertEquals(two.fileno(), fd);
  two.close();
  assert(two.closed && !one.closed);
  const error = assertThrows(() => one.poll(0), OSError);
  assertEquals([error.errno, error.syscall], [errno.EBADF, "epoll_wait"]);
  // Gone already: close(2) says EBADF, and close() nothing.
  one.close();
});

test("epoll.fromfd() of what is no epoll object fails at the first call", () => {
  using fds = pipe();
  const ep = select.epoll.fromfd(dup(fds.r.fileno()).fileno());
  const register = assertThrows(() => ep.register(fds.w, EPOLLIN), OSError);
  assertEquals([register.errno, register.syscall], [errno.EINVAL, "epoll_ctl"]);
  const poll = assertThrows(() => ep.poll(0), OSError);
  assertEquals([poll.errno, poll.syscall], [errno.EINVAL, "epoll_wait"]);
  ep.close();
});

test("epoll.fromfd() of what is not open fails at the first call", () => {
  using ep = select.epoll.fromfd(free_number());
  const error = assertThrows(() => ep.poll(0), OSError);
  assertEquals(error.errno, errno.EBADF);
});

test("epoll.fromfd() throws TypeError for what is no integer", () => {
  for (const fd of ["3", null, undefined, 1.5, NaN, {}] as Any[]) {
    assertThrows(
      () => select.epoll.fromfd(fd),
      TypeError,
      "fd must be an integer, not ",
    );
  }
});

test("epoll.fromfd() throws OverflowError for a negative or a too large number", () => {
  for (const fd of [-1, 2 ** 31]) {
    assertThrows(
      () => select.epoll.fromfd(fd),
      OverflowError,
      `fd must be in 0 to 2147483647, and ${fd} is not`,
    );
  }
});
