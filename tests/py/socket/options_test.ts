import {
  BlockingIOError,
  OSError,
  OverflowError,
  socket,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  decode,
  encode,
  raises_errno,
  tcp_pair,
  throws_errno,
  throws_plain,
  unix_pair,
} from "./setup.ts";

const { SOL_SOCKET, SO_KEEPALIVE, SO_LINGER, SO_REUSEADDR, SO_TYPE } = socket;

test("Socket.setsockopt() takes an integer or a boolean, and getsockopt() returns an integer", () => {
  using sock = socket.socket();
  for (
    const [given, got] of [[1, 1], [0, 0], [true, 1], [false, 0], [7, 1]] as [
      number | boolean,
      number,
    ][]
  ) {
    sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, given);
    assertEquals(sock.getsockopt(SOL_SOCKET, SO_REUSEADDR), got);
  }
  const { IPPROTO_IP, IPPROTO_TCP, IP_TTL, TCP_KEEPIDLE, TCP_NODELAY } = socket;
  for (
    const [option, value] of [[TCP_NODELAY, 1], [TCP_KEEPIDLE, 77]] as const
  ) {
    sock.setsockopt(IPPROTO_TCP, option, value);
    assertEquals(sock.getsockopt(IPPROTO_TCP, option), value);
  }
  for (const ttl of [5, -1]) sock.setsockopt(IPPROTO_IP, IP_TTL, ttl);
  assert(sock.getsockopt(IPPROTO_IP, IP_TTL) !== 5);
});

test("Socket.setsockopt() takes the bytes of a struct, from where a view begins", () => {
  using sock = socket.socket();
  const linger = (seconds: number) => {
    const bytes = sock.getsockopt(SOL_SOCKET, SO_LINGER, 8);
    assertEquals([...new Int32Array(bytes.buffer)], [1, seconds]);
  };
  sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 5]));
  linger(5);
  const words = new Int32Array([9, 9, 1, 6, 9]);
  sock.setsockopt(SOL_SOCKET, SO_LINGER, words.subarray(2, 4));
  linger(6);
  sock.setsockopt(SOL_SOCKET, SO_LINGER, new DataView(words.buffer, 8, 8));
  linger(6);
  sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 8]).buffer);
  linger(8);
  raises_errno(OSError, {
    EINVAL: () => sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1])),
  });
});

test("Socket.setsockopt() with SO_RCVTIMEO lets a blocking recv() raise BlockingIOError", () => {
  using pair = unix_pair();
  // struct timeval { time_t tv_sec; suseconds_t tv_usec; }: 20 ms.
  const timeval = new BigInt64Array([0n, 20_000n]);
  pair.a.setsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, timeval);
  assertEquals(pair.a.gettimeout(), null);
  throws_errno(() => pair.a.recv(1), BlockingIOError, "EAGAIN");
  const got = pair.a.getsockopt(SOL_SOCKET, socket.SO_RCVTIMEO, 16);
  assertEquals(new BigInt64Array(got.buffer)[0], 0n);
  assertEquals(got.length, 16);
});

test("Socket.setsockopt() takes a length with null alone", () => {
  using sock = socket.socket();
  raises_errno(OSError, {
    EFAULT: () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, 4),
    EINVAL: () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, 0),
  });
  raises(TypeError, {
    optlen: [
      () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null),
      () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1, 4),
    ],
  });
  raises_errno(OSError, {
    EINVAL: () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, -1),
  });
  for (const wrong of [-(2 ** 31) - 1, 2 ** 32]) {
    raises(OverflowError, {
      optlen: () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, wrong),
    });
  }
});

test("Socket.setsockopt() raises TypeError or OverflowError for wrong options", () => {
  using sock = socket.socket();
  for (const wrong of ["1", undefined, 1n, {}, 1.5, NaN, [1], Symbol()]) {
    raises(TypeError, {
      value: () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, wrong as number),
    });
  }
  for (const large of [2 ** 31, -(2 ** 31) - 1, 2 ** 53]) {
    assertThrows(
      () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, large),
      OverflowError,
    );
  }
  assertThrows(() => sock.setsockopt(0.5, 1, 1), TypeError, "level");
  assertThrows(() => sock.setsockopt(1, 2 ** 31, 1), OverflowError, "optname");
});

test("Socket.getsockopt() raises OSError ENOPROTOOPT for an unknown option", () => {
  using sock = socket.socket();
  const error = raises_errno(OSError, {
    ENOPROTOOPT: () => sock.getsockopt(SOL_SOCKET, 9999),
  });
  assertEquals(error.syscall, "getsockopt");
  raises_errno(OSError, {
    ENOPROTOOPT: () => sock.setsockopt(SOL_SOCKET, 9999, 1),
  });
});

test("Socket.getsockopt() with buflen returns the option's bytes", () => {
  using sock = socket.socket();
  const four = new Uint8Array(new Int32Array([socket.SOCK_STREAM]).buffer);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 4), four);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 1024), four);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 2), four.slice(0, 2));
  const { TCP_CONGESTION, TCP_INFO, IPPROTO_TCP } = socket;
  assert(sock.getsockopt(IPPROTO_TCP, TCP_INFO, 1024).length > 100);
  // "reno" is compiled into every kernel.
  sock.setsockopt(IPPROTO_TCP, TCP_CONGESTION, encode("reno"));
  const name = decode(sock.getsockopt(IPPROTO_TCP, TCP_CONGESTION, 16));
  assertEquals(name.replace(/\0.*/s, ""), "reno");
  // Later calls do not change what was returned.
  const first = sock.getsockopt(SOL_SOCKET, SO_TYPE, 4);
  sock.getsockopt(SOL_SOCKET, SO_KEEPALIVE, 4);
  assertEquals(first[0], socket.SOCK_STREAM);
});

test("Socket.getsockopt() raises OSError without errno when buflen is out of range", () => {
  using sock = socket.socket();
  for (const buflen of [-1, 1025]) {
    throws_plain(
      () => sock.getsockopt(SOL_SOCKET, SO_TYPE, buflen),
      OSError,
      `getsockopt buflen out of range: ${buflen}`,
    );
  }
  assertThrows(() => sock.getsockopt(1, 3, 1.5), TypeError, "buflen");
  assertThrows(() => sock.getsockopt(1, 3, 2 ** 31), OverflowError, "buflen");
});

test("Socket.getsockopt() has room for an option that the kernel counts in larger units", () => {
  // struct sock_filter { u16 code; u8 jt, jf; u32 k }: four times "return 65535".
  const filter = new Uint32Array([6, 65535, 6, 65535, 6, 65535, 6, 65535]);
  const pointer = Deno.UnsafePointer.of(filter);
  // struct sock_fprog { unsigned short len; struct sock_filter *filter }
  const fprog = new BigUint64Array([
    4n,
    BigInt(Deno.UnsafePointer.value(pointer)),
  ]);
  // SO_ATTACH_FILTER when set; Python has no name for it.
  const SO_GET_FILTER = 26;
  using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.setsockopt(SOL_SOCKET, SO_GET_FILTER, fprog);
  // The kernel answers with how many instructions it wrote, 8 bytes each.
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_GET_FILTER), 6);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_GET_FILTER, 1000).length, 4);
});

test("Socket.getsockopt() returns at most buflen bytes", () => {
  // The kernel answers with the length that it would need.
  const SOL_NETLINK = 270, NETLINK_LIST_MEMBERSHIPS = 9, NETLINK_ROUTE = 0;
  using sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE);
  for (const buflen of [1, 2, 4, 8, 64]) {
    const value = sock.getsockopt(
      SOL_NETLINK,
      NETLINK_LIST_MEMBERSHIPS,
      buflen,
    );
    assertLessOrEqual(value.length, buflen);
  }
});

test("Socket.setsockopt() raises OverflowError for more bytes than a C int counts", () => {
  using sock = socket.socket();
  // The kernel allocates no page that is never touched.
  const buffer = new ArrayBuffer(0, { maxByteLength: 2 ** 32 + 1 });
  for (const size of [2 ** 31, 2 ** 32, 2 ** 32 + 1]) {
    buffer.resize(size);
    assertThrows(
      () => sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, buffer),
      OverflowError,
      `value must have at most 2147483647 bytes, and has ${size}`,
    );
  }
});

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

test("tcp_info() follows a connection, and reads the fields that fit into the bytes", () => {
  using pair = tcp_pair();
  const info = (sock: socket.Socket, room = 1024) =>
    socket.tcp_info(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, room));
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
  assert(info(pair.b, 92).tcpi_reordering! > 0);
  assertEquals(info(pair.b, 92).tcpi_total_retrans, undefined);
  assertEquals(info(pair.b, 104).tcpi_total_retrans, 0);
  assertEquals("tcpi_pacing_rate" in info(pair.b, 104), false);
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
