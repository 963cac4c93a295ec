import { OverflowError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import { decode, encode, program, tcp_pair, unix_pair } from "./setup.ts";

/** 64 bytes, of which a call may write only those from 16 to 32. */
class Guarded {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(buffer: ArrayBufferLike = new ArrayBuffer(64)) {
    this.bytes = new Uint8Array(buffer as ArrayBuffer).fill(0xaa);
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

test("Socket.recv() returns bytes that later calls do not change", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const kept: [Uint8Array, number][] = [];
  // Short ones share a slab, long ones have their own; 512 is the border.
  for (let i = 0; i < 10_000; i++) {
    const length = [1, 7, 100, 511, 512, 513, 3000][i % 7]!;
    pair.a.send(new Uint8Array(length).fill(i));
    const data = i % 2 === 0 ? pair.b.recv(4096) : pair.b.recvfrom(4096)[0];
    kept.push([data, length]);
  }
  for (const [i, [data, length]] of kept.entries()) {
    assertEquals(data.length, length);
    assert(data.every((byte) => byte === i % 256), `result ${i} has changed`);
  }
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
  const kinds: [string, (buffer: ArrayBufferLike) => ArrayBufferView][] = [
    ["Uint8Array", (buffer) => new Uint8Array(buffer, 16, 16)],
    ["DataView", (buffer) => new DataView(buffer, 16, 16)],
    ["Float64Array", (buffer) => new Float64Array(buffer, 16, 2)],
    ["BigInt64Array", (buffer) => new BigInt64Array(buffer, 16, 2)],
    ["Uint16Array", (buffer) => new Uint16Array(buffer, 16, 8)],
  ];
  const buffers: [string, () => ArrayBufferLike][] = [
    ["ArrayBuffer", () => new ArrayBuffer(64)],
    ["SharedArrayBuffer", () => new SharedArrayBuffer(64)],
    ["resizable", () => new ArrayBuffer(64, { maxByteLength: 4096 })],
    ["growable", () => new SharedArrayBuffer(64, { maxByteLength: 4096 })],
  ];
  for (const [kind, view] of kinds) {
    for (const [where, make] of buffers) {
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

test("Socket.recv_into() takes an ArrayBuffer itself", () => {
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

test("Socket.recv_into() raises ValueError when nbytes is negative or more than the buffer has", () => {
  using pair = unix_pair();
  const into = new Uint8Array(8);
  for (
    const call of [
      (n: number) => pair.a.recv_into(into, n),
      (n: number) => pair.a.recvfrom_into(into, n),
    ]
  ) {
    assertThrows(() => call(-1), ValueError, "negative buffersize");
    assertThrows(() => call(9), ValueError, "buffer too small");
    assertThrows(() => call(2 ** 53), ValueError, "buffer too small");
    for (const wrong of [1.5, NaN, "1", null, []]) {
      assertThrows(() => call(wrong as number), TypeError, "nbytes");
    }
  }
  assertThrows(() => pair.a.recv_into(into, 1, 2 ** 31), OverflowError);
});

test("Socket.recv_into() never writes beyond a view that lies about its length", () => {
  using pair = unix_pair();
  pair.a.send(new Uint8Array(1000));
  class Liar extends Uint8Array<ArrayBuffer> {
    override get byteLength() {
      return 4096;
    }
    override get length() {
      return 4096;
    }
    override get byteOffset() {
      return 0;
    }
  }
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
  class Liar extends Uint8Array<ArrayBuffer> {
    override get byteLength() {
      return 1e9;
    }
    // Taken for a length, this would go on for ever.
    override subarray() {
      return new Uint8Array(0);
    }
    override slice() {
      return new Uint8Array(0);
    }
  }
  pair.a.settimeout(0.05);
  pair.a.sendall(new Liar(new ArrayBuffer(100)));
  assertEquals(pair.b.recv(1000).length, 100);
  // More than fits, so that it has to go on where it was.
  assertThrows(
    () => pair.a.sendall(new Liar(new ArrayBuffer(0x4000000))),
    Error,
    "timed out",
  );
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
