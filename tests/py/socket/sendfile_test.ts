import {
  BrokenPipeError,
  os,
  OSError,
  OverflowError,
  select,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { libc } from "../../../ffi/libc.ts";
import { raises } from "../raises.ts";
import { closeSync, openSync } from "node:fs";
import { test } from "../../descriptors.ts";
import "../../reactor.ts";
import { drain, fill, turns } from "../async_twins.ts";
import {
  checksum,
  decode,
  encode,
  patterned,
  Peer,
  raises_errno,
  replaced,
  tcp_pair,
  throws_errno,
  throws_plain,
  unix_pair,
} from "./setup.ts";

/** A file of some bytes, open for reading; gone at the end of a `using` block. */
class File implements Disposable {
  readonly fd: number;
  readonly #path = Deno.makeTempFileSync();

  constructor(bytes: Uint8Array) {
    Deno.writeFileSync(this.#path, bytes);
    this.fd = openSync(this.#path, "r");
  }

  fileno(): number {
    return this.fd;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
    Deno.removeSync(this.#path);
  }
}

const CONTENT = patterned(10_000);

test("Socket.sendfile() sends a whole file, given by its descriptor or by an object", () => {
  using file = new File(CONTENT);
  for (const make of [tcp_pair, unix_pair]) {
    for (const given of [file, file.fd]) {
      using pair = make();
      assertEquals(pair.a.sendfile(given), CONTENT.length);
      const got = pair.b.recv(CONTENT.length, socket.MSG_WAITALL);
      assertEquals(got, CONTENT);
    }
  }
});

test("Socket.sendfile() sends a part, and stops at the end of the file", () => {
  using file = new File(CONTENT);
  for (
    const [offset, count, length] of [
      [0, 10, 10],
      [100, 10, 10],
      [9_990, null, 10],
      [9_990, 1_000, 10],
      [0, 2 ** 40, 10_000],
      [10_000, null, 0],
      [10_000, 5, 0],
      [2 ** 40, null, 0],
    ] as [number, number | null, number][]
  ) {
    using pair = tcp_pair();
    assertEquals(pair.a.sendfile(file, offset, count), length);
    pair.a.close();
    const got = length === 0
      ? pair.b.recv(1)
      : pair.b.recv(length, socket.MSG_WAITALL);
    assertEquals(got, CONTENT.slice(offset, offset + length));
    assertEquals(pair.b.recv(1).length, 0);
  }
});

test("Socket.sendfile() sends 64 MiB to a peer that reads", async () => {
  const content = patterned(0x4000000);
  using file = new File(content);
  for (const timeout of [null, 60]) {
    await using peer = new Peer("drain");
    peer.conn.settimeout(timeout);
    assertEquals(peer.conn.sendfile(file), content.length);
    peer.conn.shutdown(socket.SHUT_WR);
    const told = decode(peer.conn.recv(100));
    assertEquals(told, `${content.length} ${checksum(content)}`);
  }
});

test("Socket.sendfile() raises BrokenPipeError when the peer has closed", () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  pair.b.close();
  const error = raises_errno(BrokenPipeError, {
    EPIPE: () => pair.a.sendfile(file),
  });
  assertEquals(error.syscall, "sendfile");
});

test("Socket.sendfile() raises ValueError for a socket that is not a blocking stream", () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  pair.a.setblocking(false);
  assertThrows(() => pair.a.sendfile(file), ValueError, "non-blocking");
  using datagrams = unix_pair(socket.SOCK_DGRAM);
  assertThrows(() => datagrams.a.sendfile(file), ValueError, "SOCK_STREAM");
});

test("Socket.sendfile() takes true as 1, as Python's bool is an int", () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  assertEquals(pair.a.sendfile(file, 0, true as unknown as number), 1);
  assertEquals(pair.b.recv(8), CONTENT.slice(0, 1));
});

test("Socket.sendfile() raises ValueError, OverflowError or TypeError for other arguments", () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  const { a } = pair;
  throws_errno(() => a.sendfile(file, -1), OSError, "EINVAL");
  for (const count of [-1, 0]) {
    assertThrows(
      () => a.sendfile(file, 0, count),
      ValueError,
      `count must be a positive integer (got ${count})`,
    );
  }
  assertThrows(
    () => a.sendfile(file, 0, 1.5),
    TypeError,
    "count must be a positive integer (got 1.5)",
  );
  assertThrows(() => a.sendfile(file, 2 ** 60), OverflowError, "offset");
  raises(TypeError, {
    offset: () => a.sendfile(file, 1.5),
    count: () => a.sendfile(file, 0, "1" as unknown as number),
  });
  assertThrows(() => a.sendfile(-1), ValueError, "negative");
  for (const wrong of ["file", null, {}, { fileno: 5 }, 1.5]) {
    assertThrows(() => a.sendfile(wrong as unknown as number), TypeError);
  }
  pair.a.close();
  assertEquals(pair.b.recv(1).length, 0);
});

test("Socket.sendfile() raises OSError when the descriptor is not a readable file", () => {
  using pair = unix_pair();
  using other = unix_pair();
  const { a } = pair, { fd } = { fd: other.a.detach() };
  throws_errno(() => a.sendfile(other.b), OSError, "ESPIPE");
  socket.close(fd);
  throws_errno(() => a.sendfile(fd), OSError, "EBADF");
});

test("Socket.sendfile() leaves the file's position after the last byte sent, also when it raises TimeoutError", () => {
  using file = new File(CONTENT);
  const position = () => os.lseek(file.fd, 0, os.SEEK_CUR);
  using pair = unix_pair();
  pair.a.sendfile(file, 100, 50);
  assertEquals(position(), 150);
  pair.a.sendfile(file);
  assertEquals(position(), CONTENT.length);
  // Nothing was sent: the position stays.
  pair.a.sendfile(file, 20_000);
  assertEquals(position(), CONTENT.length);
  // So the position tells how much was sent before a time-out.
  using long = new File(new Uint8Array(0x2000000));
  using stalled = tcp_pair();
  stalled.a.settimeout(0.05);
  throws_plain(() => stalled.a.sendfile(long), TimeoutError, "timed out");
  const sent = os.lseek(long.fd, 0, os.SEEK_CUR);
  stalled.a.close();
  let received = 0;
  for (let data; (data = stalled.b.recv(0x100000)).length > 0;) {
    received += data.length;
  }
  assertEquals(received, sent);
});

test("Socket.sendfile() with a time-out waits first, since sendfile(2) has no MSG_DONTWAIT, and counts it for the whole", () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  fill(pair.a);
  pair.a.settimeout(0.01);
  using duplicate = pair.a.dup();
  duplicate.settimeout(null);
  const times_out = () =>
    throws_plain(() => pair.a.sendfile(file), TimeoutError, "timed out");
  {
    using _ = replaced(libc, "sendfile", () => () => {
      throw new Error("sendfile() would block");
    });
    times_out();
  }
  drain(pair.b);
  // The kernel takes a part each time.
  let parts = 0;
  using _ = replaced(libc, "sendfile", () => () => {
    select.select([], [], [], 0.02);
    return parts++ < 9 ? 1 : 0;
  });
  times_out();
  assertEquals(parts, 1);
});

test("Socket.sendfileAsync() leaves the file's position after the last byte sent and the socket blocking, also when it raises BrokenPipeError", async () => {
  using file = new File(new Uint8Array(0x100000));
  using pair = unix_pair();
  let sent = 0;
  using _ = replaced(libc, "sendfile", (real) => (...args) => {
    const moved = Number(real(...args));
    if (moved > 0) sent += moved;
    // In the same try.
    pair.b.close();
    return moved;
  });
  await assertRejects(() => pair.a.sendfileAsync(file), BrokenPipeError);
  assert(os.get_blocking(pair.a.fileno()));
  assert(sent > 0);
  assertEquals(os.lseek(file.fd, 0, os.SEEK_CUR), sent);
});

test("Socket.sendfileAsync() sends in each try, however long the processor was away", async () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  pair.a.settimeout(2);
  using _ = replaced(libc, "clock_gettime", (real) => (clock, timespec) => {
    const end = performance.now() + 1;
    while (performance.now() < end);
    return real(clock, timespec);
  });
  assertEquals(await pair.a.sendfileAsync(file), CONTENT.length);
});

test("Socket.sendfileAsync() does not time out after it has sent the file", async () => {
  using file = new File(CONTENT);
  using pair = unix_pair();
  fill(pair.a);
  pair.a.settimeout(0.02);
  const sent = pair.a.sendfileAsync(file);
  // The processor is away after the send, in the try of the late timer.
  using _ = replaced(libc, "sendfile", (real) => (...args) => {
    const moved = real(...args), end = performance.now() + 1;
    while (performance.now() < end);
    return moved;
  });
  drain(pair.b);
  const end = performance.now() + 30;
  while (performance.now() < end);
  assertEquals(await sent, CONTENT.length);
});

for (const sends of [1, 2]) {
  test(`Socket.sendfileAsync() ends after its last byte even if the buffer is full then, sends: ${sends}`, async () => {
    using file = new File(new Uint8Array(100_000));
    using pair = unix_pair();
    const most = BigInt(100_000 / sends);
    // The processor is away after each send; the last one fills the buffer.
    using _ = replaced(libc, "sendfile", (real) => (to, from, at, count) => {
      const moved = real(to, from, at, BigInt(count) < most ? count : most);
      const end = performance.now() + 1;
      while (performance.now() < end);
      return moved;
    });
    const controller = new AbortController(), { signal } = controller;
    const sent = pair.a.sendfileAsync(file, { count: 100_000, signal });
    await turns();
    controller.abort();
    assertEquals(await sent, 100_000);
    const [, writable] = select.select([], [pair.a], [], 0);
    assertEquals(writable, []);
  });
}

test("Socket.sendfile() and its twin raise ValueError for a closed socket", async () => {
  using file = new File(CONTENT);
  const { a, b } = unix_pair();
  a.close();
  b.close();
  assertThrows(() => a.sendfile(file), ValueError, "negative");
  await assertRejects(() => a.sendfileAsync(file), ValueError, "negative");
});

for (const queued of [false, true]) {
  const when = queued ? "before its turn" : "while it waits";
  test(`Socket.sendfileAsync() rejects if its file is closed ${when}, and sends no byte of the number's next file`, async () => {
    for (const reused of [false, true]) {
      using pair = unix_pair();
      const [file, next] = ["file", "next"].map((name) => {
        const made = os.memfd_create(name);
        os.write(made, encode(name));
        return made;
      }) as [number, number];
      fill(pair.a);
      const before = queued ? pair.a.sendAsync(encode("before")) : undefined;
      const sent = pair.a.sendfileAsync(file);
      const rejected = assertRejects(() => sent, OSError, "[Errno 9]");
      await turns();
      if (reused) os.dup2(next, file);
      else os.close(file);
      drain(pair.b);
      await rejected;
      await before;
      pair.a.shutdown(socket.SHUT_WR);
      const received = await pair.b.makefile().readAsync();
      assertEquals(received, queued ? "before" : "");
      os.close(next);
      if (reused) os.close(file);
    }
  });
}
