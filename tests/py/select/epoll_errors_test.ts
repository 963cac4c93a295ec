import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import {
  errno,
  FileExistsError,
  FileNotFoundError,
  OSError,
  OverflowError,
  PermissionError,
  select,
  socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { dup, free_number, open, pipe } from "../../ffi/kernel.ts";

// What TypeScript would refuse, and JavaScript would not.
// deno-lint-ignore no-explicit-any
type Any = any;

const { EPOLLIN, EPOLLOUT } = select;

/** The error of epoll_ctl(2) that a call throws. */
function control_error(fn: () => unknown): OSError {
  const error = assertThrows(fn, OSError);
  assertEquals(error.syscall, "epoll_ctl");
  return error;
}

test("epoll() throws ValueError for a sizehint of 0 or below -1", () => {
  for (const sizehint of [0, -0, -2, -1000]) {
    assertThrows(
      () => select.epoll(sizehint),
      ValueError,
      "sizehint must be positive or -1, not ",
    );
  }
});

test("epoll() throws TypeError for a sizehint or flags of other types", () => {
  for (const value of ["foo", null, [], ["foo"], 1.5, NaN, 1n] as Any[]) {
    assertThrows(
      () => select.epoll(value),
      TypeError,
      "sizehint must be an integer, not ",
    );
    assertThrows(
      () => select.epoll(-1, value),
      TypeError,
      "flags must be an integer, not ",
    );
  }
});

test("epoll() throws OverflowError for values beyond a C int", () => {
  assertThrows(() => select.epoll(2 ** 31), OverflowError, "sizehint");
  assertThrows(() => select.epoll(-1, 2 ** 31), OverflowError, "flags");
});

test("epoll() throws OSError without an errno for other flags, as in CPython", () => {
  const error = assertThrows(
    () => select.epoll(-1, 12356),
    OSError,
    "invalid flags: 12356",
  );
  assertEquals(error.errno, null);
});

test("Epoll.register() throws FileExistsError the second time", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  const error = assertThrows(
    () => ep.register(fds.w, EPOLLIN),
    FileExistsError,
    "[Errno 17] File exists",
  );
  assertEquals(
    [error.errno, error.code, error.syscall],
    [errno.EEXIST, "EEXIST", "epoll_ctl"],
  );
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
});

test("Epoll.register() throws PermissionError for a regular file", () => {
  using file = open(Deno.execPath());
  using ep = select.epoll();
  const error = assertThrows(
    () => ep.register(file, EPOLLIN),
    PermissionError,
    "[Errno 1] Operation not permitted",
  );
  assertEquals(error.errno, errno.EPERM);
});

test("Epoll.register() throws EINVAL for itself", () => {
  using ep = select.epoll();
  assertEquals(control_error(() => ep.register(ep, EPOLLIN)).errno, 22);
});

test("Epoll.register() throws ELOOP for two that watch each other", () => {
  using one = select.epoll();
  using two = select.epoll();
  one.register(two, EPOLLIN);
  const error = control_error(() => two.register(one, EPOLLIN));
  assertEquals(error.errno, errno.ELOOP);
});

const changes = ["modify", "unregister"] as const;
const methods = ["register", ...changes] as const;

for (const name of changes) {
  test(`Epoll.${name}() throws FileNotFoundError for an unregistered descriptor`, () => {
    using fds = pipe();
    using ep = select.epoll();
    const error = assertThrows(
      () => ep[name](fds.r, EPOLLIN),
      FileNotFoundError,
      "[Errno 2] No such file or directory",
    );
    assertEquals([error.errno, error.syscall], [errno.ENOENT, "epoll_ctl"]);
  });

  test(`Epoll.${name}() throws EBADF for a descriptor that was closed since`, () => {
    using fds = pipe();
    const fd = fds.r.fileno();
    using ep = select.epoll();
    ep.register(fd, EPOLLIN);
    fds.r.close();
    assertEquals(control_error(() => ep[name](fd, 0)).errno, errno.EBADF);
  });
}

for (const name of methods) {
  test(`Epoll.${name}() throws EBADF for a descriptor that is not open`, () => {
    using ep = select.epoll();
    for (const fd of [free_number(), 1_000_000, 2 ** 31 - 1]) {
      const error = control_error(() => ep[name](fd, EPOLLIN));
      assertEquals(error.message, "[Errno 9] Bad file descriptor");
    }
  });

  test(`Epoll.${name}() throws TypeError for values that are not descriptors`, () => {
    using ep = select.epoll();
    for (const fd of [{}, null, undefined, "0", 0.5, NaN, 1n] as Any[]) {
      assertThrows(
        () => ep[name](fd, EPOLLIN),
        TypeError,
        "argument must be an int, or have a fileno() method",
      );
    }
    assertThrows(
      () => ep[name]({ fileno: () => null } as Any, EPOLLIN),
      TypeError,
      "fileno() returned null, not an integer",
    );
  });

  test(`Epoll.${name}() throws ValueError for a negative descriptor`, () => {
    using ep = select.epoll();
    const sock = socket.socket();
    sock.close();
    for (const fd of [-1, sock]) {
      assertThrows(
        () => ep[name](fd, EPOLLIN),
        ValueError,
        "file descriptor cannot be a negative integer (-1)",
      );
    }
  });

  test(`Epoll.${name}() throws ValueError when the fileno() that it calls closes the object`, () => {
    using fds = pipe();
    const ep = select.epoll();
    const file = {
      fileno() {
        ep.close();
        return fds.r.fileno();
      },
    };
    assertThrows(
      () => ep[name](file, EPOLLIN),
      ValueError,
      "I/O operation on closed epoll object",
    );
  });
}

test("Epoll.register() and modify() throw TypeError for a mask of another type", () => {
  using fds = pipe();
  using ep = select.epoll();
  for (const mask of ["1", null, 1.5, NaN, 1n, []] as Any[]) {
    for (const name of ["register", "modify"] as const) {
      assertThrows(
        () => ep[name](fds.r, mask),
        TypeError,
        "eventmask must be an integer, not ",
      );
    }
  }
});

test("Epoll.poll() throws ValueError for maxevents of 0 or below -1", () => {
  using ep = select.epoll();
  for (const maxevents of [0, -2, -1000]) {
    assertThrows(
      () => ep.poll(0, maxevents),
      ValueError,
      `maxevents must be greater than 0, not ${maxevents}`,
    );
  }
});

test("Epoll.poll() throws TypeError or OverflowError for other maxevents", () => {
  using ep = select.epoll();
  for (const maxevents of ["1", null, 1.5, NaN, 1n] as Any[]) {
    assertThrows(
      () => ep.poll(0, maxevents),
      TypeError,
      "maxevents must be an integer, not ",
    );
  }
  assertThrows(() => ep.poll(0, 2 ** 31), OverflowError, "maxevents");
});

test("Epoll.poll() throws ValueError for a time-out of NaN", () => {
  using ep = select.epoll();
  assertThrows(() => ep.poll(NaN), ValueError, "timeout must not be NaN");
});

test("Epoll.poll() throws OverflowError for a time-out above the highest int", () => {
  using fds = pipe();
  using ep = select.epoll();
  // Something ready: if the time-out were taken, the test would fail, not hang.
  ep.register(fds.w, EPOLLOUT);
  for (const timeout of [2147483.648, 1e9, 1e100, Infinity, -Infinity]) {
    assertThrows(
      () => ep.poll(timeout),
      OverflowError,
      `timeout is too large: ${timeout}`,
    );
  }
});

test("Epoll.poll() throws TypeError for a time-out of another type", () => {
  using ep = select.epoll();
  for (const timeout of ["1", [], 1n] as Any[]) {
    assertThrows(
      () => ep.poll(timeout),
      TypeError,
      "timeout must be a number or null, not ",
    );
  }
});

test("Epoll throws ValueError for every call after close()", () => {
  using fds = pipe();
  const ep = select.epoll();
  ep.close();
  const calls = [
    () => ep.fileno(),
    () => ep.register(fds.r, EPOLLIN),
    () => ep.modify(fds.r, EPOLLIN),
    () => ep.unregister(fds.r),
    () => ep.poll(0),
    () => ep.poll(),
  ];
  assert(ep.closed);
  for (const call of calls) {
    assertThrows(call, ValueError, "I/O operation on closed epoll object");
  }
});

test("Epoll.close() a second time leaves the number's next owner alone", () => {
  const ep = select.epoll();
  const fd = ep.fileno();
  ep.close();
  using next = dup(2, fd);
  assertEquals(next.fileno(), fd);
  ep.close();
  ep[Symbol.dispose]();
  using another = dup(2, fd);
  assertNotEquals(another.fileno(), fd, "The next owner was closed");
});
