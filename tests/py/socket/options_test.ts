import { BlockingIOError, OSError, OverflowError, socket } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  decode,
  encode,
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
  sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);
  assertEquals(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1);
  sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 77);
  assertEquals(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 77);
});

test("Socket.setsockopt() takes a negative integer", () => {
  using sock = socket.socket();
  sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 5);
  sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, -1);
  assert(sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) !== 5);
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
  throws_errno(
    () => sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1])),
    OSError,
    "EINVAL",
  );
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
  throws_errno(
    () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, 4),
    OSError,
    "EFAULT",
  );
  throws_errno(
    () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, 0),
    OSError,
    "EINVAL",
  );
  assertThrows(
    () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null),
    TypeError,
    "optlen",
  );
  assertThrows(
    () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1, 4),
    TypeError,
    "optlen",
  );
  throws_errno(
    () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, -1),
    OSError,
    "EINVAL",
  );
  for (const wrong of [-(2 ** 31) - 1, 2 ** 32]) {
    assertThrows(
      () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, null, wrong),
      OverflowError,
      "optlen",
    );
  }
});

test("Socket.setsockopt() raises TypeError or OverflowError for wrong options", () => {
  using sock = socket.socket();
  for (const wrong of ["1", undefined, 1n, {}, 1.5, NaN, [1], Symbol()]) {
    assertThrows(
      () => sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, wrong as number),
      TypeError,
      "value",
    );
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
  const error = throws_errno(
    () => sock.getsockopt(SOL_SOCKET, 9999),
    OSError,
    "ENOPROTOOPT",
  );
  assertEquals(error.syscall, "getsockopt");
  throws_errno(
    () => sock.setsockopt(SOL_SOCKET, 9999, 1),
    OSError,
    "ENOPROTOOPT",
  );
});

test("Socket.getsockopt() with buflen returns the option's bytes", () => {
  using sock = socket.socket();
  const four = new Uint8Array(new Int32Array([socket.SOCK_STREAM]).buffer);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 4), four);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 1024), four);
  assertEquals(sock.getsockopt(SOL_SOCKET, SO_TYPE, 2), four.slice(0, 2));
  const { TCP_CONGESTION, TCP_INFO, IPPROTO_TCP } = socket;
  const name = decode(sock.getsockopt(IPPROTO_TCP, TCP_CONGESTION, 16));
  assert(/^[a-z]/.test(name), name);
  assert(sock.getsockopt(IPPROTO_TCP, TCP_INFO, 1024).length > 100);
});

test("Socket.getsockopt() returns bytes that later calls do not change", () => {
  using sock = socket.socket();
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

test("Socket.getsockopt() with SO_PEERCRED returns the peer's struct ucred", () => {
  using pair = unix_pair();
  const ucred = pair.a.getsockopt(SOL_SOCKET, socket.SO_PEERCRED, 12);
  const [pid, uid] = new Uint32Array(ucred.buffer);
  assertEquals(ucred.length, 12);
  const file = Deno.makeTempFileSync();
  assertEquals([pid, uid], [Deno.pid, Deno.statSync(file).uid!]);
  Deno.removeSync(file);
});

test("Socket.getsockopt() with SO_ERROR reports an error once", () => {
  using pair = tcp_pair();
  pair.b.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]));
  pair.b.close();
  const { SO_ERROR } = socket;
  assertEquals(pair.a.getsockopt(SOL_SOCKET, SO_ERROR), 104);
  assertEquals(pair.a.getsockopt(SOL_SOCKET, SO_ERROR), 0);
});

test("Socket.getsockopt() reads back a name that setsockopt() set", () => {
  using sock = socket.socket();
  const { IPPROTO_TCP, TCP_CONGESTION } = socket;
  // "reno" is compiled into every kernel.
  sock.setsockopt(IPPROTO_TCP, TCP_CONGESTION, encode("reno"));
  const name = decode(sock.getsockopt(IPPROTO_TCP, TCP_CONGESTION, 16));
  assertEquals(name.replace(/\0.*/s, ""), "reno");
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
  // Never touched, the memory is none.
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
