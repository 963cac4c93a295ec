import { OSError, socket } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import { encode, throws_plain, unix_pair } from "./setup.ts";

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
  ["BigInt64Array", (buffer) => new BigInt64Array(buffer, 16, 2)],
];

/** Fails if a byte outside 16 to 32 has changed. */
function guard(buffer: ArrayBufferLike, where: string): void {
  const bytes = new Uint8Array(buffer).subarray(0, 64);
  const outside = [...bytes.subarray(0, 16), ...bytes.subarray(32)];
  assert(outside.every((byte) => byte === 0xaa), `wrote outside: ${where}`);
}

test("Socket.sendmsg() and recvmsg_into() read and write where each kind of view begins", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  for (const [kind, view] of VIEWS) {
    for (const [memory, make] of BUFFERS) {
      const where = `${kind} of ${memory}`;
      const from = make();
      new Uint8Array(from).fill(7).fill(8, 16, 32);
      assertEquals(pair.a.sendmsg([view(from), view(from)]), 32, where);
      const into = [make(), make()];
      for (const buffer of into) new Uint8Array(buffer).fill(0xaa);
      assertEquals(pair.b.recvmsg_into(into.map(view))[0], 32, where);
      for (const buffer of into) {
        guard(buffer, where);
        const bytes = new Uint8Array(buffer).subarray(16, 32);
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
    override subarray() {
      return new Uint8Array(1e6);
    }
  }
  const buffer = new ArrayBuffer(64);
  new Uint8Array(buffer).fill(0xaa);
  pair.a.send(new Uint8Array(4096));
  const liar = new Liar(buffer, 16, 16);
  assertEquals(pair.b.recvmsg_into([liar])[0], 16);
  guard(buffer, "a view that lies");
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

  // A view whose own property runs code when it is looked at.
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

  // Ancillary data whose iterator takes the buffers away that came before it.
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
    // Garbage around each part, so that memory is taken and given back all the time.
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
  throws_plain(
    () =>
      pair.a.sendmsg([], [
        [SOL_SOCKET, SCM_RIGHTS, half],
        [SOL_SOCKET, SCM_RIGHTS, half],
      ]),
    OSError,
    "too much ancillary data",
  );
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
    assertThrows(
      () => send(wrong),
      TypeError,
      "sendmsg() argument 2 must be an iterable",
    );
  }
  for (
    const wrong of [[1], [[1, 2]], [[1, 2, encode("x"), 4]], "abc", [null]]
  ) {
    assertThrows(
      () => send(wrong),
      TypeError,
      "ancillary data items must be [level, type, data]",
    );
  }
  assertThrows(() => send([["1", 1, encode("x")]]), TypeError, "level");
  assertThrows(() => send([[1, 1.5, encode("x")]]), TypeError, "type");
  assertThrows(() => send([[2 ** 31, 1, encode("x")]]), RangeError, "level");
  assertThrows(() => send([[1, 1, "x"]]), TypeError, "encode it");
  assertThrows(() => send([[1, 1, [1]]]), TypeError, "data must be");
});
