import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { errno, os, OSError, OverflowError, select, socket } from "@iomux/py";
import { open_descriptors, test } from "../../descriptors.ts";
import { close_on_exec, free_number, open, pipe } from "../../ffi/kernel.ts";
import { Fd, not_integers, throws_errno, two } from "./setup.ts";

const { EBADF } = errno;

test("close() closes any descriptor, once", () => {
  const before = open_descriptors();
  for (const fd of [...os.pipe(), os.eventfd(0), socket.socket().detach()]) {
    os.close(fd);
    throws_errno(() => os.close(fd), EBADF, "close");
  }
  assertEquals(open_descriptors(), before);
  throws_errno(() => os.close(-1), EBADF, "close");
});

test("close() ends the waits for the descriptor", async () => {
  const [r, w] = os.pipe();
  const wait = select.selectAsync([r], [], [], 10).catch((error) => error);
  setTimeout(() => os.close(r), 5);
  const error = await wait;
  assert(error instanceof OSError);
  assertEquals(error.errno, EBADF);
  os.close(w);
});

test("dup() gives another number for the same pipe, closed on exec", () => {
  using fds = pipe();
  os.set_inheritable(fds.w.fileno(), true);
  using copy = new Fd(os.dup(fds.w.fileno()));
  assert(close_on_exec(copy.fd));
  fds.w.close();
  os.write(copy.fd, new Uint8Array([7]));
  assertEquals([...fds.r.read(8)], [7]);
  throws_errno(() => os.dup(-1), EBADF, "fcntl");
});

test("dup2() puts a descriptor in another's place or on a free number, inheritable by default", () => {
  using a = two(os.pipe());
  using b = two(os.pipe());
  const calls: Array<[[] | [boolean], boolean]> = [
    [[], true],
    [[true], true],
    [[false], false],
  ];
  for (const [args, inheritable] of calls) {
    assertEquals(os.dup2(a.b.fd, b.b.fd, ...args), b.b.fd);
    assertEquals(close_on_exec(b.b.fd), !inheritable);
  }
  os.write(b.b.fd, new Uint8Array([1]));
  assertEquals([...os.read(a.a.fd, 8)], [1]);
  // The other pipe has lost its writer.
  assertEquals(os.read(b.a.fd, 8).length, 0);
  using copy = new Fd(os.dup2(a.b.fd, free_number(), false));
  assertEquals(os.write(copy.fd, new Uint8Array(3)), 3);
});

test("dup2() ends the waits for what it replaces, a socket's too", async () => {
  using fds = two(os.pipe());
  const [sock, peer] = socket.socketpair();
  const [other, end] = os.pipe();
  const rejected = [() => os.readAsync(fds.a.fd, 1), () => sock.recvAsync(1)]
    .map((wait) => assertRejects(wait, OSError));
  for (const fd of [fds.a.fd, sock.fileno()]) os.dup2(other, fd);
  // This byte is not for a wait that began with the other file.
  os.write(end, new Uint8Array(1));
  for (const error of rejected) assertEquals((await error).errno, EBADF);
  for (const fd of [other, end]) os.close(fd);
  for (const one of [sock, peer]) one.close();
});

test("dup2() to itself changes nothing; not inheritable it is EINVAL, as in Python", async () => {
  using fds = two(os.pipe());
  const read = os.readAsync(fds.a.fd, 1);
  assertEquals(os.dup2(fds.a.fd, fds.a.fd), fds.a.fd);
  assert(close_on_exec(fds.a.fd));
  os.write(fds.b.fd, new Uint8Array(1));
  assertEquals((await read).length, 1);
  throws_errno(() => os.dup2(fds.a.fd, fds.a.fd, false), errno.EINVAL, "dup3");
});

test("dup2() of what is not open leaves the other open", () => {
  using fds = two(os.pipe());
  throws_errno(() => os.dup2(free_number(), fds.a.fd), EBADF, "fcntl");
  throws_errno(() => os.dup2(fds.a.fd, -1), EBADF, "dup2");
  throws_errno(() => os.dup2(fds.a.fd, -1, false), EBADF, "dup3");
  assertEquals(os.write(fds.b.fd, new Uint8Array(1)), 1);
});

test("set_blocking() and get_blocking() set and read O_NONBLOCK", () => {
  using fds = two(os.pipe());
  assertEquals(os.get_blocking(fds.a.fd), true);
  os.set_blocking(fds.a.fd, false);
  assertEquals(os.get_blocking(fds.a.fd), false);
  throws_errno(() => os.read(fds.a.fd, 1), errno.EAGAIN, "read");
  os.set_blocking(fds.a.fd, true);
  assertEquals(os.get_blocking(fds.a.fd), true);
  // A duplicate shares it; the other end does not.
  using copy = new Fd(os.dup(fds.a.fd));
  os.set_blocking(copy.fd, false);
  assertEquals(os.get_blocking(fds.a.fd), false);
  assertEquals(os.get_blocking(fds.b.fd), true);
});

test("set_inheritable() and get_inheritable() set and read FD_CLOEXEC", () => {
  using fds = two(os.pipe());
  assertEquals(os.get_inheritable(fds.a.fd), false);
  for (const inheritable of [true, true, false]) {
    os.set_inheritable(fds.a.fd, inheritable);
    assertEquals(os.get_inheritable(fds.a.fd), inheritable);
    assertEquals(close_on_exec(fds.a.fd), !inheritable);
  }
  // Python's 0 and 1.
  os.set_inheritable(fds.a.fd, 1 as never);
  assertEquals(os.get_inheritable(fds.a.fd), true);
});

test("close(), dup(), dup2() and the calls that get or set a flag throw EBADF, or TypeError for other types", () => {
  for (const fd of [-1, free_number()]) {
    throws_errno(() => os.get_blocking(fd), EBADF, "fcntl");
    throws_errno(() => os.set_blocking(fd, true), EBADF, "ioctl");
    throws_errno(() => os.get_inheritable(fd), EBADF, "fcntl");
    throws_errno(() => os.set_inheritable(fd, true), EBADF, "fcntl");
  }
  for (const bad of not_integers) {
    for (
      const call of [
        () => os.close(bad),
        () => os.dup(bad),
        () => os.dup2(bad, 0),
        () => os.get_blocking(bad),
        () => os.set_blocking(bad, true),
        () => os.get_inheritable(bad),
        () => os.set_inheritable(bad, true),
      ]
    ) {
      assertThrows(call, TypeError, "fd must be an integer, not ");
    }
    assertThrows(() => os.dup2(0, bad), TypeError, "fd2 must be an integer");
    // Any number is true or false.
    if (typeof bad !== "number") {
      assertThrows(() => os.set_blocking(-1, bad), TypeError, "blocking");
    }
    assertThrows(() => os.set_inheritable(0, bad), TypeError, "inheritable");
  }
  assertThrows(() => os.close(2 ** 31), OverflowError, "fd must be in ");
});

test("set_inheritable() decides whether a child sees a file", () => {
  using file = open(Deno.execPath());
  const seen = () => {
    const { success } = new Deno.Command("test", {
      args: ["-e", `/proc/self/fd/${file.fileno()}`],
    }).outputSync();
    return success;
  };
  assertEquals(seen(), false);
  os.set_inheritable(file.fileno(), true);
  assertEquals(seen(), true);
});

test("os.error is OSError, and strerror() returns libc's text for an errno", () => {
  assertEquals(os.error, OSError);
  assertEquals(os.strerror(errno.EPERM), "Operation not permitted");
  assertEquals(os.strerror(0), "Success");
  assertEquals(os.strerror(99999), "Unknown error 99999");
  assertEquals(os.strerror(-1), "Unknown error -1");
  assertThrows(() => os.strerror("1" as never), TypeError, "code must be");
});

const S_IFMT = 0o170000, S_IFIFO = 0o010000, S_IFREG = 0o100000;
const S_IFSOCK = 0o140000;

test("os.fstat() tells a pipe, a file and a socket apart", () => {
  using sock = socket.socket();
  const [r, w] = os.pipe(), file = os.memfd_create("stat");
  const fds = [r, file, sock.fileno()];
  const types = fds.map((fd) => os.fstat(fd).st_mode & S_IFMT);
  assertEquals(types, [S_IFIFO, S_IFREG, S_IFSOCK]);
  assertEquals(os.fstat(r).st_ino, os.fstat(w).st_ino);
  for (const fd of [r, w, file]) os.close(fd);
});

test("os.fstat() agrees with Deno.stat()", () => {
  const path = Deno.makeTempFileSync();
  using file = Deno.openSync(path, { read: true, write: true });
  file.writeSync(new Uint8Array(1000));
  // Two times that differ, from the time of the change too.
  file.utimeSync(new Date(1_000_000_000_500), new Date(1_100_000_000_250));
  const fd = Number(
    [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name).find(
      (fd) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          return false;
        }
      },
    ),
  );
  const theirs = file.statSync(), ours = os.fstat(fd);
  Deno.removeSync(path);
  assertEquals(
    [ours.st_size, ours.st_mode, ours.st_ino, ours.st_dev, ours.st_nlink],
    [theirs.size, theirs.mode!, theirs.ino!, theirs.dev, theirs.nlink!],
  );
  assertEquals(
    [ours.st_uid, ours.st_gid, ours.st_blksize, ours.st_blocks, ours.st_rdev],
    [theirs.uid!, theirs.gid!, theirs.blksize!, theirs.blocks!, theirs.rdev!],
  );
  assertEquals(
    [ours.st_atime * 1000, ours.st_mtime * 1000],
    [theirs.atime!.getTime(), theirs.mtime!.getTime()],
  );
  // Deno reports whole seconds of ctime.
  const seconds = Math.floor(theirs.ctime!.getTime() / 1000);
  assertEquals(Math.floor(ours.st_ctime), seconds);
  assertEquals(Number(ours.st_mtime_ns / 1_000_000n), theirs.mtime!.getTime());
});

test("os.fstat() throws EBADF, or TypeError for other types", () => {
  for (const fd of [-1, free_number()]) {
    throws_errno(() => os.fstat(fd), EBADF, "fstat");
  }
  // Python takes a number alone, here.
  const file = { fileno: () => 0 } as never;
  for (const bad of [...not_integers, file]) {
    assertThrows(() => os.fstat(bad), TypeError, "fd must be an integer");
  }
});
