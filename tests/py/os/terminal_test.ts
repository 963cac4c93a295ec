import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { errno, os } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { close_on_exec, free_number } from "../../ffi/kernel.ts";
import { libc } from "../../../ffi/libc.ts";
import { decode, encode, not_integers, throws_errno, two } from "./setup.ts";

const { EBADF, EIO, ENOSPC, ENOTTY } = errno;

test("openpty() makes a terminal and its master, closed on exec", () => {
  using fds = two(os.openpty());
  for (const { fd } of [fds.a, fds.b]) {
    assert(os.isatty(fd));
    assert(close_on_exec(fd));
    assert(os.get_blocking(fd));
  }
  // What is typed comes when the line is done, and is echoed.
  os.write(fds.a.fd, encode("typed\n"));
  assertEquals(decode(os.read(fds.b.fd, 100)), "typed\n");
  assertEquals(decode(os.read(fds.a.fd, 100)), "typed\r\n");
  os.write(fds.b.fd, encode("shown\n"));
  assertEquals(decode(os.read(fds.a.fd, 100)), "shown\r\n");
});

test("openpty() whose slave is closed reads EIO at the master", () => {
  using fds = two(os.openpty());
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
  const table = libc as { ptsname_r: (...args: unknown[]) => number };
  const { ptsname_r } = table;
  table.ptsname_r = () => ENOSPC;
  try {
    throws_errno(() => os.openpty(), ENOSPC, "ptsname_r");
  } finally {
    table.ptsname_r = ptsname_r;
  }
});

test("isatty() is false for other files and closed descriptors", () => {
  using fds = two(os.pipe());
  for (const fd of [fds.a.fd, fds.b.fd, -1, free_number()]) {
    assertEquals(os.isatty(fd), false);
  }
});

test("ttyname() throws ENOTTY for other files, EBADF for closed descriptors", () => {
  using fds = two(os.pipe());
  throws_errno(() => os.ttyname(fds.a.fd), ENOTTY, "ttyname_r");
  throws_errno(() => os.ttyname(-1), EBADF, "ttyname_r");
});

test("isatty() and ttyname() throw TypeError for other types", () => {
  for (const bad of not_integers) {
    assertThrows(() => os.isatty(bad), TypeError, "fd must be an integer");
    assertThrows(() => os.ttyname(bad), TypeError, "fd must be an integer");
  }
});
