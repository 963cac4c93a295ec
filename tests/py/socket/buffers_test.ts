import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  decode,
  encode,
  program,
  raises_plain,
  tcp_pair,
  throws_plain,
  unix_pair,
} from "./setup.ts";

/** 64 bytes, of which a call may write only those from 16 to 32. */
class Guarded {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(buffer: ArrayBufferLike = new ArrayBuffer(64)) {
    this.bytes = new Uint8Array(buffer as ArrayBuffer, 0, 64).fill(0xaa);
  }

  /** How many bytes were written from 16 on; fails if any other was. */
  written(): number {
    const { bytes } = this;
    const outside = [...bytes.subarray(0, 16), ...bytes.subarray(32)];
    assert(outside.every((byte) => byte === 0xaa), `wrote outside: ${bytes}`);
    const end = bytes.indexOf(0xaa, 16);
    return (end === -1 ? 64 : end) - 16;
  }
}

const BUFFERS: [string, () => ArrayBufferLike][] = [
  ["ArrayBuffer", () => new ArrayBuffer(64)],
  ["SharedArrayBuffer", () => new SharedArrayBuffer(64)],
  ["resizable", () => new ArrayBuffer(64, { maxByteLength: 4096 })],
  ["growable", () => new SharedArrayBuffer(64, { maxByteLength: 4096 })],
  ["WebAssembly.Memory", () => new WebAssembly.Memory({ initial: 1 }).buffer],
];

const VIEWS: [string, (buffer: ArrayBufferLike) => ArrayBufferView][] = [
  ["Uint8Array", (buffer) => new Uint8Array(buffer, 16, 16)],
  ["DataView", (buffer) => new DataView(buffer, 16, 16)],
  ["Float64Array", (buffer) => new Float64Array(buffer, 16, 2)],
  ["Uint16Array", (buffer) => new Uint16Array(buffer, 16, 8)],
  ["BigInt64Array", (buffer) => new BigInt64Array(buffer, 16, 2)],
];

/** A view that overstates what it has. */
class Liar extends Uint8Array<ArrayBuffer> {
  override get byteLength() {
    return 1e9;
  }
  override get length() {
    return 4096;
  }
  override get byteOffset() {
    return 0;
  }
  override subarray() {
    return new Uint8Array(1e6);
  }
  override slice() {
    return new Uint8Array(1e6);
  }
}

test("Socket.recv(), recvfrom() and recvmsg() return bytes that later calls do not change", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const kept: [Uint8Array, number][] = [];
  // Short ones share a slab, long ones have their own; 512 is the border.
  for (let i = 0; i < 10_000; i++) {
    const length = [1, 7, 100, 511, 512, 513, 3000][i % 7]!;
    pair.a.send(new Uint8Array(length).fill(i));
    const calls = [
      () => pair.b.recv(4096),
      () => pair.b.recvfrom(4096)[0],
      () => pair.b.recvmsg(4096)[0],
    ];
    kept.push([calls[i % 3]!(), length]);
  }
  for (const [i, [data, length]] of kept.entries()) {
    assertEquals(data.length, length);
    assert(data.every((byte) => byte === i % 256), `result ${i} has changed`);
  }
});

test("Socket.recv() cuts results of up to 512 bytes from shared memory, and no longer ones", () => {
  using pair = unix_pair();
  const room_of = (length: number) => {
    pair.a.send(new Uint8Array(length));
    return pair.b.recv(1024).buffer.byteLength;
  };
  assert(room_of(512) > 512);
  assertEquals(room_of(513), 513);
});

test("Socket.recv() returns bytes that can be written without changing other results", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const results = Array.from({ length: 100 }, (_, i) => {
    pair.a.send(encode(`datagram ${i}`));
    return pair.b.recv(100);
  });
  results.forEach((data, i) => i % 2 === 0 && data.fill(0));
  results.forEach((data, i) => {
    if (i % 2 === 1) assertEquals(data, encode(`datagram ${i}`));
  });
});

test("Socket.recv() loses no byte, whatever properties a result's buffer has", () => {
  using pair = unix_pair();
  for (const byteLength of [0, 1, -1, 1e9, NaN, "many", null, Symbol("no")]) {
    pair.a.send(encode("x"));
    const { buffer } = pair.b.recv(8);
    Object.defineProperty(buffer, "byteLength", { value: byteLength });
    Object.defineProperty(buffer, "detached", { value: true });
    // More than a slab has room for.
    for (let i = 0; i < 50; i++) {
      pair.a.send(new Uint8Array(200).fill(i));
      assertEquals(pair.b.recv(200), new Uint8Array(200).fill(i));
    }
  }
});

test("Socket.recv() writes to its own memory alone, even if methods of typed arrays are replaced", async () => {
  for (let i = 0; i < 3; i++) {
    const flags = ["--v8-flags=--expose-gc"];
    const { code, stdout, stderr } = await program("patched.ts", flags, [])
      .output();
    assertEquals(
      [code, decode(stdout), decode(stderr)],
      [0, "overwritten 0\n", ""],
    );
  }
});

test("Socket.recv() works after the buffer of a result was transferred", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  for (const size of [1, 100, 0, 512, 600, 0, 1]) {
    pair.a.send(new Uint8Array(size).fill(7));
    const { buffer } = pair.b.recv(1000);
    structuredClone(buffer, { transfer: [buffer] });
    pair.a.send(new Uint8Array(size).fill(8));
    assertEquals(pair.b.recv(1000), new Uint8Array(size).fill(8), `${size}`);
  }
});

test("Socket.recv() works after an empty first result was transferred", async () => {
  const { stdout, stderr } = await program("transferred.ts", [], []).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  assertEquals(decoder.decode(stdout), "0 0 1\n");
});

test("Socket.recv_into() writes where each kind of view begins", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  for (const [kind, view] of VIEWS) {
    for (const [where, make] of BUFFERS) {
      const guarded = new Guarded(make());
      pair.a.send(new Uint8Array(64));
      const count = pair.b.recv_into(view(guarded.bytes.buffer));
      assertEquals([count, guarded.written()], [16, 16], `${kind} of ${where}`);
      pair.a.send(new Uint8Array(5));
      const again = new Guarded(make());
      const result = pair.b.recvfrom_into(view(again.bytes.buffer));
      assertEquals([result[0], again.written()], [5, 5], `${kind} of ${where}`);
    }
  }
});

test("Socket.recv_into() takes a buffer itself", () => {
  using pair = unix_pair();
  for (const buffer of [new ArrayBuffer(8), new SharedArrayBuffer(8)]) {
    pair.a.send(encode("abc"));
    assertEquals(pair.b.recv_into(buffer), 3);
    assertEquals(new Uint8Array(buffer).slice(0, 4), encode("abc\0"));
  }
});

test("Socket.recv_into() writes at most nbytes", () => {
  using pair = unix_pair();
  const guarded = new Guarded();
  const view = guarded.bytes.subarray(16, 32);
  pair.a.send(new Uint8Array(10));
  assertEquals([pair.b.recv_into(view, 4), guarded.written()], [4, 4]);
  assertEquals([pair.b.recv_into(view, 0), guarded.written()], [6, 6]);
});

test("Socket.recv_into() and recvfrom_into() raise ValueError when nbytes is negative or more than the buffer has", async () => {
  using pair = unix_pair();
  const into = new Uint8Array(8);
  const methods = {
    recv_into: "buffer too small for requested bytes",
    recvfrom_into: "nbytes is greater than the length of the buffer",
  };
  for (const [name, too_small] of Object.entries(methods)) {
    const method = name as keyof typeof methods;
    const call = (n: number) => pair.a[method](into, n);
    for (
      const [n, words] of [
        [-1, `negative buffersize in ${method}:`],
        [9, too_small],
        [2 ** 53, too_small],
      ] as const
    ) {
      assertThrows(() => call(n), ValueError, words);
      const twin = () => pair.a[`${method}Async`](into, n);
      await assertRejects(twin, ValueError, words);
    }
    for (const wrong of [1.5, NaN, "1", null, []]) {
      assertThrows(() => call(wrong as number), TypeError, "nbytes");
    }
  }
  assertThrows(() => pair.a.recv_into(into, 1, 2 ** 31), OverflowError);
});

test("Socket.recv_into() never writes beyond a view that lies about its length", () => {
  using pair = unix_pair();
  pair.a.send(new Uint8Array(1000));
  const own = (buffer: ArrayBuffer) =>
    Object.defineProperties(new Uint8Array(buffer, 16, 16), {
      byteLength: { value: 4096 },
      length: { value: 4096 },
      byteOffset: { value: 0 },
    });
  for (const make of [own, (b: ArrayBuffer) => new Liar(b, 16, 16)]) {
    const guarded = new Guarded(), view = make(guarded.bytes.buffer);
    assertThrows(() => pair.b.recv_into(view, 17), ValueError, "too small");
    assertEquals([pair.b.recv_into(view), guarded.written()], [16, 16]);
    assertEquals(pair.b.recvfrom_into(view)[0], 16);
    guarded.written();
  }
});

test("Socket.sendall() sends the true length of a view that lies", () => {
  using pair = tcp_pair();
  pair.a.settimeout(0.05);
  pair.a.sendall(new Liar(new ArrayBuffer(100)));
  assertEquals(pair.b.recv(1000).length, 100);
  // More than the buffers take, so that sendall() has to continue in the middle.
  raises(Error, {
    "timed out": () => pair.a.sendall(new Liar(new ArrayBuffer(0x4000000))),
  });
});

test("Socket.recv_into() treats a detached buffer, or a view out of bounds, as empty", () => {
  using pair = unix_pair();
  pair.a.send(encode("left alone"));
  const detached = new Uint8Array(16);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const resizable = new ArrayBuffer(64, { maxByteLength: 64 });
  const out = new Uint8Array(resizable, 16, 16);
  const tracking = new Uint8Array(resizable, 32);
  resizable.resize(8);
  for (const view of [detached, out, tracking]) {
    assertThrows(() => pair.b.recv_into(view, 1), ValueError, "too small");
    assertEquals(pair.b.recv_into(view), 0);
    assertEquals(pair.a.send(view), 0);
  }
  const data_view = new DataView(resizable, 0, 8);
  resizable.resize(4);
  assertThrows(() => pair.b.recv_into(data_view), TypeError);
  assertEquals(pair.b.recv(64), encode("left alone"));
});

test("Socket.recv_into() follows a view that tracks the length of its buffer", () => {
  using pair = unix_pair();
  const resizable = new ArrayBuffer(4, { maxByteLength: 64 });
  const view = new Uint8Array(resizable);
  pair.a.send(encode("abcdefghij"));
  assertEquals(pair.b.recv_into(view), 4);
  resizable.resize(6);
  assertEquals(pair.b.recv_into(view), 6);
  assertEquals(view, encode("efghij"));
});

test("Socket.recv_into() raises TypeError for other types than buffers", () => {
  using pair = unix_pair();
  pair.a.send(encode("x"));
  for (
    const wrong of [
      "x",
      [1],
      null,
      undefined,
      5,
      {},
      new Proxy(encode("x"), {}),
    ]
  ) {
    const into = wrong as unknown as Uint8Array;
    assertThrows(() => pair.b.recv_into(into), TypeError);
    assertThrows(() => pair.b.recvfrom_into(into), TypeError);
  }
  assertEquals(pair.b.recv(16), encode("x"));
});

test("Socket.sendmsg() and recvmsg_into() read and write where each kind of view begins", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  for (const [kind, view] of VIEWS) {
    for (const [memory, make] of BUFFERS) {
      const where = `${kind} of ${memory}`;
      const from = make();
      new Uint8Array(from).fill(7).fill(8, 16, 32);
      assertEquals(pair.a.sendmsg([view(from), view(from)]), 32, where);
      const into = [new Guarded(make()), new Guarded(make())];
      const views = into.map(({ bytes }) => view(bytes.buffer));
      assertEquals(pair.b.recvmsg_into(views)[0], 32, where);
      for (const guarded of into) {
        assertEquals(guarded.written(), 16, where);
        const bytes = guarded.bytes.subarray(16, 32);
        assert(bytes.every((byte) => byte === 8), where);
      }
    }
  }
});

test("Socket.sendmsg() takes buffers themselves", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const buffers = BUFFERS.slice(0, 4).map(([, make]) => make());
  assertEquals(pair.a.sendmsg(buffers), 256);
  assertEquals(pair.b.recvmsg_into(buffers)[0], 256);
});

test("Socket.recvmsg_into() never writes beyond views that lie about their length", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const guarded = new Guarded(), { buffer } = guarded.bytes;
  pair.a.send(new Uint8Array(4096));
  const liar = new Liar(buffer, 16, 16);
  assertEquals(pair.b.recvmsg_into([liar])[0], 16);
  assertEquals(guarded.written(), 16);
  assertEquals(pair.a.sendmsg([liar]), 16);
  const rights = [socket.SOL_SOCKET, socket.SCM_RIGHTS, liar] as const;
  new Int32Array(buffer).fill(pair.a.fileno());
  const sent = pair.a.sendmsg([liar], [rights]);
  assertEquals(sent, 16);
  assertEquals(pair.b.recv(64).length, 16);
  const [, fds] = socket.recv_fds(pair.b, 64, 100);
  assertEquals(fds.length, 4);
  fds.forEach(socket.close);
});

test("Socket.sendmsg() treats a detached buffer, or a view out of bounds, as empty", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const detached = new Uint8Array(16);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const resizable = new ArrayBuffer(64, { maxByteLength: 64 });
  const out = new Uint8Array(resizable, 16, 16);
  const tracking = new Uint8Array(resizable, 32);
  resizable.resize(8);
  const parts = [encode("a"), detached, out, tracking, encode("b")];
  assertEquals(pair.a.sendmsg(parts), 2);
  assertEquals(pair.b.recvmsg_into(parts), [2, [], 0, null]);
  assertEquals([parts[0], parts[4]], [encode("a"), encode("b")]);
});

test("Socket.sendmsg() survives code that changes its buffers while it collects them", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const detach = (view: Uint8Array<ArrayBuffer>) =>
    structuredClone(view.buffer, { transfer: [view.buffer] });
  const make = () => {
    const first = new Uint8Array(100_000).fill(1);
    const second = new Uint8Array(64).fill(2);
    const resizable = new ArrayBuffer(4096, { maxByteLength: 4096 });
    return { first, second, shrunk: new Uint8Array(resizable, 0, 4096) };
  };
  const hostile = ({ first, second, shrunk }: ReturnType<typeof make>) => ({
    *[Symbol.iterator]() {
      yield first;
      yield shrunk;
      yield second;
      detach(first);
      (shrunk.buffer as ArrayBuffer).resize(0);
    },
  });
  assertEquals(pair.a.sendmsg(hostile(make())), 64);
  assertEquals(pair.b.recvmsg_into(hostile(make()))[0], 64);

  // A view whose own property runs code when it is read.
  const given = make();
  const trap = new DataView(new ArrayBuffer(8));
  Object.defineProperty(trap, "byteOffset", {
    get() {
      if (given.first.length > 0) detach(given.first);
      return 0;
    },
  });
  assertEquals(pair.a.sendmsg([given.first, given.second, trap]), 72);
  assertEquals(pair.b.recv(100).length, 72);

  // Ancillary data whose iterator detaches the buffers before it.
  const late = make();
  const ancillary = {
    [Symbol.iterator]() {
      detach(late.first);
      return [][Symbol.iterator]();
    },
  };
  assertEquals(pair.a.sendmsg([late.first, late.second], ancillary), 64);
});

test("Socket.sendmsg() and recvmsg_into() survive a garbage collection during the call", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  for (let round = 0; round < 300; round++) {
    // Garbage around each part, so that memory is allocated and freed all the time.
    const parts = Array.from({ length: 20 }, (_, i) => {
      void new Array(1000).fill(new Uint8Array(64));
      return new Uint8Array(100).fill(round + i);
    });
    pair.a.sendmsg(parts);
    const into = Array.from({ length: 20 }, () => new Uint8Array(100));
    assertEquals(pair.b.recvmsg_into(into)[0], 2000);
    for (const [i, part] of into.entries()) {
      assert(part.every((byte) => byte === (round + i) % 256));
    }
  }
});

test("Socket.sendmsg() refuses ancillary data that is too long for its length field", () => {
  using pair = unix_pair();
  // The kernel allocates these pages only when they are written to.
  const half = new Uint8Array(2 ** 30);
  const { SOL_SOCKET, SCM_RIGHTS } = socket;
  raises_plain(OSError, {
    "too much ancillary data": () =>
      pair.a.sendmsg([], [
        [SOL_SOCKET, SCM_RIGHTS, half],
        [SOL_SOCKET, SCM_RIGHTS, half],
      ]),
  });
  const whole = new Uint8Array(2 ** 31 - 24);
  throws_plain(
    () => pair.a.sendmsg([], [[SOL_SOCKET, SCM_RIGHTS, whole]]),
    OSError,
    "ancillary data item too large",
  );
});

test("Socket.sendmsg() raises TypeError for ancillary data of another shape", () => {
  using pair = unix_pair();
  const send = (ancdata: unknown) =>
    pair.a.sendmsg([], ancdata as socket.AncillaryDataLike);
  for (const wrong of [5, null, {}]) {
    raises(TypeError, {
      "sendmsg() argument 2 must be an iterable": () => send(wrong),
    });
  }
  for (
    const wrong of [[1], [[1, 2]], [[1, 2, encode("x"), 4]], "abc", [null]]
  ) {
    raises(TypeError, {
      "ancillary data items must be [level, type, data]": () => send(wrong),
    });
  }
  assertThrows(() => send([["1", 1, encode("x")]]), TypeError, "level");
  assertThrows(() => send([[1, 1.5, encode("x")]]), TypeError, "type");
  assertThrows(() => send([[2 ** 31, 1, encode("x")]]), RangeError, "level");
  assertThrows(() => send([[1, 1, "x"]]), TypeError, "encode it");
  assertThrows(() => send([[1, 1, [1]]]), TypeError, "data must be");
});
