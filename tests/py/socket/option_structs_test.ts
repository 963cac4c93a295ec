import { socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import { tcp_pair, unix_pair } from "./setup.ts";

const { SOL_SOCKET } = socket;

test("linger() reads the value of SO_LINGER", () => {
  using sock = socket.socket();
  const option = () =>
    socket.linger(sock.getsockopt(SOL_SOCKET, socket.SO_LINGER, 8));
  assertEquals(option(), { l_onoff: 0, l_linger: 0 });
  sock.setsockopt(SOL_SOCKET, socket.SO_LINGER, new Int32Array([1, 300]));
  assertEquals(option(), { l_onoff: 1, l_linger: 300 });
});

test("ucred() reads the peer of a local socket", () => {
  using pair = unix_pair();
  const bytes = pair.a.getsockopt(SOL_SOCKET, socket.SO_PEERCRED, 12);
  const [pid, uid, gid] = [Deno.pid, Deno.uid()!, Deno.gid()!];
  assertEquals(socket.ucred(bytes), { pid, uid, gid });
  using alone = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  const none = alone.getsockopt(SOL_SOCKET, socket.SO_PEERCRED, 12);
  assertEquals(socket.ucred(none), {
    pid: 0,
    uid: 0xffffffff,
    gid: 0xffffffff,
  });
});

test("timeval() reads the value of SO_RCVTIMEO", () => {
  using sock = socket.socket();
  const value = new BigInt64Array([1n, 500_000n]);
  for (const option of [socket.SO_RCVTIMEO, socket.SO_SNDTIMEO]) {
    const read = () => socket.timeval(sock.getsockopt(SOL_SOCKET, option, 16));
    assertEquals(read(), { tv_sec: 0, tv_usec: 0 });
    sock.setsockopt(SOL_SOCKET, option, value);
    assertEquals(read(), { tv_sec: 1, tv_usec: 500_000 });
  }
});

test("tcp_info() follows a connection", () => {
  using pair = tcp_pair();
  const info = (sock: socket.Socket, room = 1024) =>
    socket.tcp_info(
      sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, room),
    );
  const TCP_ESTABLISHED = 1, TCP_CLOSE_WAIT = 8;
  assertEquals(info(pair.a).tcpi_state, TCP_ESTABLISHED);
  pair.a.sendall(new Uint8Array(5000));
  for (let left = 5000; left > 0;) left -= pair.b.recv(left).length;
  const receiver = info(pair.b), sender = info(pair.a);
  assertEquals(receiver.tcpi_bytes_received, 5000);
  assertEquals(sender.tcpi_bytes_sent, 5000);
  assert(sender.tcpi_snd_mss > 0 && sender.tcpi_rtt > 0);
  assertEquals(sender.tcpi_max_pacing_rate, Infinity);
  assertEquals(sender.tcpi_total_retrans, 0);
  // Window scaling, on in every Linux.
  assertEquals(sender.tcpi_options & 4, 4);
  assertEquals(sender.tcpi_snd_wscale, receiver.tcpi_rcv_wscale);
  pair.a.close();
  assertEquals(pair.b.recv(1).length, 0);
  assertEquals(info(pair.b).tcpi_state, TCP_CLOSE_WAIT);
});

test("tcp_info() reads the fields that fit into the bytes", () => {
  using pair = tcp_pair();
  const { IPPROTO_TCP, TCP_INFO } = socket;
  const info = (room: number) =>
    socket.tcp_info(pair.a.getsockopt(IPPROTO_TCP, TCP_INFO, room));
  assertEquals(info(92).tcpi_reordering > 0, true);
  assertEquals(info(92).tcpi_total_retrans, undefined);
  assertEquals(info(104).tcpi_total_retrans, 0);
  assertEquals("tcpi_pacing_rate" in info(104), false);
});

test("linger(), ucred(), timeval() and tcp_info() take any view, aligned or not", () => {
  const bytes = new Uint8Array(1024).fill(1);
  const buffers: socket.BytesLike[] = [
    bytes,
    bytes.buffer,
    new DataView(bytes.buffer, 3),
    bytes.subarray(5),
    new SharedArrayBuffer(256),
  ];
  for (const value of buffers) {
    const expected = value instanceof SharedArrayBuffer ? 0 : 0x01010101;
    assertEquals(socket.linger(value).l_linger, expected);
    assertEquals(socket.ucred(value).gid, expected);
    assertEquals(socket.timeval(value).tv_sec, expected * 0x100000001);
    assertEquals(socket.tcp_info(value).tcpi_rtt, expected);
  }
});

test("linger(), ucred(), timeval() and tcp_info() raise ValueError for too few bytes, TypeError for other types", () => {
  const readers = [
    [socket.linger, 8, "linger"],
    [socket.ucred, 12, "ucred"],
    [socket.timeval, 16, "timeval"],
    [socket.tcp_info, 92, "tcp_info"],
  ] as const;
  for (const [reader, size, name] of readers) {
    reader(new Uint8Array(size));
    assertThrows(
      () => reader(new Uint8Array(size - 1)),
      ValueError,
      `struct ${name} must have ${size} bytes, and ${size - 1} are too few`,
    );
    const lying = Object.defineProperty(new Uint8Array(size - 1), "length", {
      value: 1000,
    });
    assertThrows(() => reader(lying), ValueError, name);
    const detached = new Uint8Array(size);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    assertThrows(() => reader(detached), ValueError, name);
    for (const wrong of [null, 5, "text", [1, 2]]) {
      const value = wrong as unknown as Uint8Array;
      assertThrows(() => reader(value), TypeError, name);
    }
  }
});
