import { os, OSError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";

const S_IFMT = 0o170000, S_IFIFO = 0o010000, S_IFREG = 0o100000;
const S_IFSOCK = 0o140000;

test("os.fstat() tells a pipe, a file and a socket apart", () => {
  using sock = socket.socket();
  const [r, w] = os.pipe(), file = os.memfd_create("stat");
  const types = [r, file, sock].map((fd) => os.fstat(fd).st_mode & S_IFMT);
  assertEquals(types, [S_IFIFO, S_IFREG, S_IFSOCK]);
  assertEquals(os.fstat(r).st_ino, os.fstat(w).st_ino);
  for (const fd of [r, w, file]) os.close(fd);
});

test("os.fstat() agrees with Deno.stat()", () => {
  const path = Deno.makeTempFileSync();
  using file = Deno.openSync(path, { read: true, write: true });
  file.writeSync(new Uint8Array(1000));
  // Two times that are not the same, nor that of the change.
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
  // Deno tells whole seconds of it.
  const seconds = Math.floor(theirs.ctime!.getTime() / 1000);
  assertEquals(Math.floor(ours.st_ctime), seconds);
  assertEquals(Number(ours.st_mtime_ns / 1_000_000n), theirs.mtime!.getTime());
});

test("os.fstat() throws for a descriptor that is not open", () => {
  const error = assertThrows(() => os.fstat(999_999), OSError, "Bad file");
  assertEquals(error.syscall, "fstat");
  assertThrows(() => os.fstat(-1), ValueError);
  assertThrows(() => os.fstat("path" as never), TypeError);
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
