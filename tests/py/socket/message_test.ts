import {
  BlockingIOError,
  BrokenPipeError,
  FileNotFoundError,
  os,
  OSError,
  OverflowError,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  address_of,
  bound_udp,
  decode,
  encode,
  patterned,
  raises_errno,
  raises_plain,
  tcp_pair,
  test_ipv6,
  test_unless,
  throws_errno,
  unix_pair,
  until_readable,
} from "./setup.ts";

const { CMSG_LEN, CMSG_SPACE, SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } =
  socket;

const one = new Uint8Array([1]);

test("Socket.sendmsg() gathers buffers into one message for Socket.recvmsg()", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const parts = ["head", "", " and ", "body"].map(encode);
  assertEquals(pair.a.sendmsg(parts), 13);
  assertEquals(pair.b.recvmsg(100), [encode("head and body"), [], 0, null]);
  assertEquals(pair.a.sendmsg(new Set(parts)), 13);
  assertEquals(pair.b.recv(100).length, 13);
});

test("Socket.sendmsg() without buffers sends an empty datagram", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  assertEquals(pair.a.sendmsg([]), 0);
  assertEquals(pair.b.recvmsg(1), [new Uint8Array(0), [], 0, null]);
  assertEquals(pair.a.sendmsg([new Uint8Array(0)], []), 0);
  assertEquals(pair.b.recvmsg_into([]), [0, [], 0, null]);
});

test("Socket.sendmsg() on a stream returns the number of bytes sent, in order of the buffers", () => {
  using pair = tcp_pair();
  const data = patterned(4_000_000);
  // The kernel's own sizes differ from machine to machine: some take all of the data.
  pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536);
  pair.b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536);
  pair.a.setblocking(false);
  const parts = [0, 1, 2, 3].map((i) =>
    data.subarray(i * 1_000_000, (i + 1) * 1_000_000)
  );
  const sent = pair.a.sendmsg(parts);
  assert(sent > 0 && sent < data.length, `${sent}`);
  raises_errno(BlockingIOError, {
    EAGAIN: () => {
      for (;;) pair.a.sendmsg(parts);
    },
  });
  const received = new Uint8Array(sent);
  for (let at = 0; at < sent;) at += pair.b.recv_into(received.subarray(at));
  assertEquals(received, data.slice(0, sent));
});

test("Socket.sendmsg() sends to an address, and recvmsg() returns the sender's", () => {
  using a = bound_udp();
  using b = bound_udp();
  assertEquals(a.sendmsg([encode("hi")], [], 0, address_of(b)), 2);
  assertEquals(b.recvmsg(16), [encode("hi"), [], 0, address_of(a)]);
  a.sendmsg([one, one], [], socket.MSG_DONTWAIT, [
    "localhost",
    address_of(b)[1],
  ]);
  assertEquals(b.recvmsg_into([new Uint8Array(8)])[3], address_of(a));
});

test("Socket.sendmsg() raises the kernel's errors about an address", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  raises_errno(FileNotFoundError, {
    ENOENT: () => pair.a.sendmsg([one], [], 0, "/no/such/socket"),
  });
  using udp = bound_udp();
  throws_errno(() => udp.sendmsg([one]), OSError, "EDESTADDRREQ");
  const wrong = "127.0.0.1" as unknown as socket.InetAddress;
  assertThrows(
    () => udp.sendmsg([one], [], 0, wrong),
    TypeError,
    "sendmsg(): AF_INET address must be [host, port]",
  );
});

test("Socket.sendmsg() takes 1024 buffers, and not one more", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  assertEquals(pair.a.sendmsg(Array(1024).fill(one)), 1024);
  assertEquals(pair.b.recv(2000).length, 1024);
  for (const count of [1025, 100_000]) {
    const many = Array<Uint8Array>(count).fill(one);
    throws_errno(() => pair.a.sendmsg(many), OSError, "EMSGSIZE");
    throws_errno(() => pair.b.recvmsg_into(many), OSError, "EMSGSIZE");
  }
});

test("Socket.recvmsg_into() fills each buffer before the next", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  pair.a.send(encode("abcdefg"));
  const buffers = [3, 0, 2, 8].map((size) => new Uint8Array(size));
  assertEquals(pair.b.recvmsg_into(buffers), [7, [], 0, null]);
  assertEquals(buffers.map(decode), ["abc", "", "de", "fg\0\0\0\0\0\0"]);
});

test("Socket.recvmsg() returns MSG_TRUNC for a truncated datagram", () => {
  using pair = unix_pair(socket.SOCK_DGRAM);
  const { MSG_TRUNC } = socket;
  pair.a.send(encode("abcdef"));
  assertEquals(pair.b.recvmsg(2), [encode("ab"), [], MSG_TRUNC, null]);
  pair.a.send(encode("abcdef"));
  const into = new Uint8Array(2);
  // With the flag the result is the whole length; only the bytes that fit are written.
  assertEquals(pair.b.recvmsg_into([into], 0, MSG_TRUNC)[0], 6);
  assertEquals(into, encode("ab"));
  pair.a.send(encode("abcdef"));
  assertEquals(pair.b.recvmsg(3, 0, MSG_TRUNC)[0], encode("abc"));
});

test("Socket.recvmsg() leaves the message with MSG_PEEK, and returns MSG_EOR or no flag at the end of a record", () => {
  using pair = unix_pair(socket.SOCK_SEQPACKET);
  pair.a.sendmsg([encode("ab")], [], socket.MSG_EOR);
  assertEquals(pair.b.recvmsg(1, 0, socket.MSG_PEEK)[0], encode("a"));
  const [data, , flags] = pair.b.recvmsg(16);
  assertEquals(data, encode("ab"));
  assert(flags === socket.MSG_EOR || flags === 0, `${flags}`);
});

test("Socket.recvmsg() returns b'' and sendmsg() raises BrokenPipeError, without SIGPIPE, when the peer has closed", () => {
  for (const make of [tcp_pair, unix_pair]) {
    using pair = make();
    pair.b.close();
    assertEquals(pair.a.recvmsg(16, 64), [new Uint8Array(0), [], 0, null]);
    assertEquals(pair.a.recvmsg_into([new Uint8Array(4)])[0], 0);
    throws_errno(
      () => {
        // A TCP peer answers the first one with a reset.
        for (;;) pair.a.sendmsg([one]);
      },
      BrokenPipeError,
      "EPIPE",
    );
  }
});

test("Socket.recvmsg() and sendmsg() honour the time-out", () => {
  using pair = unix_pair();
  pair.a.settimeout(0.01);
  pair.b.settimeout(0.01);
  raises_plain(TimeoutError, {
    "timed out": [
      () => pair.b.recvmsg(1),
      () => pair.b.recvmsg_into([one]),
      () => {
        for (;;) pair.a.sendmsg([new Uint8Array(100_000)]);
      },
    ],
  });
  pair.b.setblocking(false);
  while (true) {
    try {
      pair.b.recvmsg(1_000_000);
    } catch (error) {
      assert(error instanceof BlockingIOError);
      break;
    }
  }
});

test("Socket.recvmsg() raises ValueError for sizes out of range", () => {
  using pair = unix_pair();
  raises(ValueError, {
    "negative buffer size in recvmsg()": () => pair.b.recvmsg(-1),
  });
  for (const wrong of [-1, 2 ** 31, 2 ** 40]) {
    for (
      const call of [
        () => pair.b.recvmsg(1, wrong),
        () => pair.b.recvmsg_into([one], wrong),
      ]
    ) assertThrows(call, ValueError, "invalid ancillary data buffer length");
  }
  assertThrows(() => pair.b.recvmsg(2 ** 60), OverflowError, "bufsize");
  assertThrows(() => pair.b.recvmsg(1, 0, 2 ** 31), OverflowError, "flags");
  for (const wrong of [1.5, "1", null, {}, NaN]) {
    const size = wrong as number;
    assertThrows(() => pair.b.recvmsg(size), TypeError, "bufsize");
    assertThrows(() => pair.b.recvmsg(1, size), TypeError, "ancbufsize");
    assertThrows(() => pair.b.recvmsg_into([], 0, size), TypeError, "flags");
    assertThrows(() => pair.a.sendmsg([], [], size), TypeError, "flags");
  }
});

test("Socket.sendmsg() raises TypeError for values that are not iterables of buffers", () => {
  using pair = unix_pair();
  for (const wrong of [5, null, undefined, {}]) {
    const buffers = wrong as unknown as Uint8Array[];
    raises(TypeError, {
      "sendmsg() argument 1 must be an iterable": () => pair.a.sendmsg(buffers),
      "recvmsg_into() argument 1 must be an iterable": () =>
        pair.b.recvmsg_into(buffers),
    });
  }
  for (const wrong of ["text", "", ["text"]]) {
    const buffers = wrong as unknown as Uint8Array[];
    assertThrows(() => pair.a.sendmsg(buffers), TypeError, "encode it");
    assertThrows(() => pair.b.recvmsg_into(buffers), TypeError, "encode it");
  }
  for (const wrong of [one, [1], [null], [[one]]]) {
    const buffers = wrong as unknown as Uint8Array[];
    assertThrows(() => pair.a.sendmsg(buffers), TypeError, "an item");
    assertThrows(() => pair.b.recvmsg_into(buffers), TypeError, "an item");
  }
});

test("Socket.sendmsg() passes on an error of an iterator, and sends nothing", () => {
  using pair = unix_pair();
  const broken = {
    *[Symbol.iterator]() {
      yield one;
      throw new Error("broken");
    },
  };
  assertThrows(() => pair.a.sendmsg(broken), Error, "broken");
  assertThrows(() => pair.b.recvmsg_into(broken), Error, "broken");
  pair.b.setblocking(false);
  assertThrows(() => pair.b.recv(1), BlockingIOError);
});

test("Socket.sendmsg() checks its flags before its address, as CPython does", () => {
  using sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  const long = "x".repeat(200);
  assertThrows(() => sock.sendmsg([], [], 2 ** 32, long), OverflowError);
});

/** Takes a received descriptor over; fails if it is inherited. */
function owned(fd: number): socket.Socket {
  const sock = socket.socket(-1, -1, -1, fd);
  assertEquals(sock.get_inheritable(), false, `${fd} is not closed on exec`);
  return sock;
}

test("CMSG_LEN() and CMSG_SPACE() are the C macros, and raise out of range or for other types", () => {
  assertEquals([0, 1, 4, 12].map(CMSG_LEN), [16, 17, 20, 28]);
  assertEquals([0, 1, 4, 12].map(CMSG_SPACE), [16, 24, 24, 32]);
  assertEquals(CMSG_LEN(2 ** 31 - 17), 2 ** 31 - 1);
  assertEquals(CMSG_SPACE(2 ** 31 - 25), 2 ** 31 - 8);
  const macros = { CMSG_LEN, CMSG_SPACE };
  for (const [name, macro] of Object.entries(macros)) {
    const most = name === "CMSG_LEN" ? 2 ** 31 - 17 : 2 ** 31 - 25;
    for (const wrong of [-1, most + 1, 2 ** 40]) {
      raises(OverflowError, {
        [`${name}() argument out of range: ${wrong}`]: () => macro(wrong),
      });
    }
    for (const wrong of [1.5, "1", null]) {
      assertThrows(() => macro(wrong as number), TypeError);
    }
  }
});

test("send_fds() and recv_fds() pass descriptors, closed on exec", () => {
  using pair = unix_pair();
  using tcp = socket.socket();
  using udp = bound_udp();
  tcp.set_inheritable(true);
  const fds = [tcp.fileno(), udp.fileno()];
  assertEquals(socket.send_fds(pair.a, [encode("a"), encode("bc")], fds), 3);
  const [msg, received, flags, address] = socket.recv_fds(pair.b, 16, 2);
  assertEquals([msg, flags, address], [encode("abc"), 0, null]);
  assertEquals(received.length, 2);
  using first = owned(received[0]!);
  using second = owned(received[1]!);
  assertEquals(first.type, socket.SOCK_STREAM);
  assertEquals(second.getsockname(), udp.getsockname());
});

test("send_fds() sends to an address, and recv_fds() returns the sender's", () => {
  const path = `\0iomux-${crypto.randomUUID()}`;
  using a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  using b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  a.bind(path + "a");
  b.bind(path + "b");
  socket.send_fds(a, [one], [b.fileno()], 0, path + "b");
  const [, fds, , address] = socket.recv_fds(b, 16, 8, socket.MSG_DONTWAIT);
  assertEquals(address, path + "a");
  owned(fds[0]!).close();
});

test("recv_fds() returns the descriptors that have room, and closes the rest", () => {
  using pair = unix_pair();
  const fds = Array(5).fill(pair.a.fileno());
  for (let maxfds = 0; maxfds <= 6; maxfds++) {
    socket.send_fds(pair.a, [one], fds);
    const [, received, flags] = socket.recv_fds(pair.b, 16, maxfds);
    assertEquals(received.length, Math.min(maxfds, 5));
    assertEquals(flags, maxfds < 5 ? socket.MSG_CTRUNC : 0);
    received.forEach((fd) => owned(fd).close());
  }
});

test("recv_fds() takes 253 descriptors, the most that send_fds() can send", () => {
  using pair = unix_pair();
  socket.send_fds(pair.a, [one], Array(253).fill(0));
  // Descriptor 0 is not a socket everywhere, so this sends its own sockets, counts and closes them.
  const [, fds] = socket.recv_fds(pair.b, 16, 1000);
  assertEquals(fds.length, 253);
  assertEquals(new Set(fds).size, 253);
  fds.forEach(os.close);
  raises_errno(OSError, {
    EINVAL: () => socket.send_fds(pair.a, [one], Array(254).fill(0)),
  });
});

test("recv_fds() of a message without descriptors returns none", () => {
  using pair = unix_pair();
  pair.a.send(one);
  assertEquals(socket.recv_fds(pair.b, 16, 4), [one, [], 0, null]);
  socket.send_fds(pair.a, [one], []);
  assertEquals(socket.recv_fds(pair.b, 16, 4), [one, [], 0, null]);
});

test("send_fds() and recv_fds() raise for wrong arguments", () => {
  using pair = unix_pair();
  const send = (fds: unknown) =>
    socket.send_fds(pair.a, [one], fds as Iterable<number>);
  throws_errno(() => send([-1]), OSError, "EBADF");
  throws_errno(() => send([0x7fffffff]), OSError, "EBADF");
  assertThrows(() => send([2 ** 31]), OverflowError, "fd");
  for (const wrong of [["0"], [null], [0.5], [pair.a]]) {
    assertThrows(() => send(wrong), TypeError, "fd must be an integer");
  }
  for (const wrong of [0, null, undefined, {}]) {
    assertThrows(() => send(wrong), TypeError, "fds must be an iterable");
  }
  for (const wrong of [-1, 2 ** 29]) {
    raises(OverflowError, {
      "CMSG_LEN()": () => socket.recv_fds(pair.b, 1, wrong),
    });
  }
  assertThrows(() => socket.recv_fds(pair.b, -1, 1), RangeError, "negative");
});

test("Socket.recvmsg() truncates ancillary data at any length without losing a descriptor", () => {
  using pair = unix_pair();
  const fds = Array(3).fill(pair.a.fileno());
  for (let room = 0; room <= 40; room++) {
    socket.send_fds(pair.a, [one], fds);
    const [, ancdata, flags] = pair.b.recvmsg(1, room);
    const whole = Math.max(0, Math.min(3, Math.floor((room - 16) / 4)));
    const received = ancdata.flatMap(([, , data]) => {
      assertEquals(data.length % 4, 0);
      return [...new Int32Array(data.buffer, data.byteOffset, data.length / 4)];
    });
    assertEquals(received.length, whole, `room for ${room} bytes`);
    assertEquals(flags, whole < 3 ? socket.MSG_CTRUNC : 0);
    received.forEach((fd) => owned(fd).close());
  }
});

test("Socket.recvmsg() closes descriptors on exec with or without MSG_CMSG_CLOEXEC, and returns that flag only when it was passed", () => {
  using pair = unix_pair();
  const { MSG_CMSG_CLOEXEC } = socket;
  for (const flags of [0, MSG_CMSG_CLOEXEC]) {
    socket.send_fds(pair.a, [one], [pair.a.fileno()]);
    const [, fds, msg_flags] = socket.recv_fds(pair.b, 1, 1, flags);
    assertEquals(msg_flags, flags);
    owned(fds[0]!).close();
  }
  assertEquals(pair.a.sendmsg([one]), 1);
  assertEquals(pair.b.recvmsg_into([new Uint8Array(1)], 64)[2], 0);
});

test("Socket.recvmsg() returns several ancillary messages", () => {
  using pair = unix_pair();
  pair.b.setsockopt(SOL_SOCKET, socket.SO_PASSCRED, 1);
  const rights = new Int32Array([pair.a.fileno()]);
  const credentials = new Int32Array([Deno.pid, Deno.uid()!, Deno.gid()!]);
  pair.a.sendmsg([one], [
    [SOL_SOCKET, SCM_RIGHTS, rights],
    [SOL_SOCKET, SCM_CREDENTIALS, credentials],
  ]);
  const [, ancdata] = pair.b.recvmsg(1, CMSG_SPACE(4) + CMSG_SPACE(12));
  const of_type = (type: number) =>
    ancdata.find((message) =>
      message[0] === SOL_SOCKET && message[1] === type
    )!;
  assertEquals(ancdata.length, 2);
  assertEquals(socket.ucred(of_type(SCM_CREDENTIALS)[2]), {
    pid: Deno.pid,
    uid: Deno.uid()!,
    gid: Deno.gid()!,
  });
  const [fd] = new Int32Array(of_type(SCM_RIGHTS)[2].slice().buffer);
  owned(fd!).close();
});

test("Socket.recvmsg() returns a datagram's destination and device, and sendmsg() chooses the source", () => {
  const { IP_PKTINFO, IPPROTO_IP } = socket;
  using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  server.bind(["", 0]);
  server.setsockopt(IPPROTO_IP, IP_PKTINFO, 1);
  using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  const [, port] = address_of(server);
  client.sendto(one, ["127.0.0.2", port]);
  const [, [info], , sender] = server.recvmsg(16, CMSG_SPACE(12));
  assertEquals(info!.slice(0, 2), [IPPROTO_IP, IP_PKTINFO]);
  // struct in_pktinfo { int ipi_ifindex; struct in_addr ipi_spec_dst, ipi_addr; }
  const destination = info![2].subarray(8, 12);
  assertEquals(socket.inet_ntoa(destination), "127.0.0.2");
  const source = new Uint8Array(12);
  source.set([127, 0, 0, 3], 4);
  const ancdata = [[IPPROTO_IP, IP_PKTINFO, source]] as const;
  server.sendmsg([one], ancdata, 0, sender);
  assertEquals(client.recvfrom(16)[1], ["127.0.0.3", port]);
});

test_ipv6("Socket.recvmsg() gives the hop limit of IPv6", () => {
  const { IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_RECVHOPLIMIT } = socket;
  using server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
  server.bind(["::1", 0]);
  server.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  using client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
  const to = server.getsockname();
  const limit = new Int32Array([33]);
  client.sendmsg([one], [[IPPROTO_IPV6, IPV6_HOPLIMIT, limit]], 0, to);
  const [, ancdata] = server.recvmsg(16, CMSG_SPACE(4));
  const bytes = new Uint8Array([33, 0, 0, 0]);
  assertEquals(ancdata, [[IPPROTO_IPV6, IPV6_HOPLIMIT, bytes]]);
});

test("Socket.recvmsg() returns queued errors with MSG_ERRQUEUE", () => {
  using client = bound_udp();
  client.setsockopt(socket.IPPROTO_IP, socket.IP_RECVERR, 1);
  const closed = bound_udp();
  const address = address_of(closed);
  closed.close();
  client.sendto(encode("lost"), address);
  until_readable(client);
  const [data, ancdata, flags, where] = client.recvmsg(
    64,
    256,
    socket.MSG_ERRQUEUE,
  );
  assertEquals([data, where], [encode("lost"), address]);
  assert((flags & socket.MSG_ERRQUEUE) !== 0);
  const [level, type, error] = ancdata[0]!;
  assertEquals([level, type], [socket.IPPROTO_IP, socket.IP_RECVERR]);
  // struct sock_extended_err begins with ee_errno.
  assertEquals(new DataView(error.buffer).getUint32(0, true), 111);
});

test("Socket.sendmsg() raises the kernel's errors about ancillary data", () => {
  using pair = unix_pair();
  const send = (type: number, data: Uint8Array) => () =>
    pair.a.sendmsg([one], [[SOL_SOCKET, type, data]]);
  throws_errno(send(99, new Uint8Array(4)), OSError, "EINVAL");
  throws_errno(send(SCM_RIGHTS, new Uint8Array(4).fill(127)), OSError, "EBADF");
  throws_errno(send(SCM_RIGHTS, new Uint8Array(2_000_000)), OSError, "ENOBUFS");
});

const SO_PASSPIDFD = 76;

test_unless(
  has_passpidfd() ? null : "SO_PASSPIDFD needs Linux 6.5",
  "recv_fds() closes the descriptor of the sender's process, which SO_PASSPIDFD asks for",
  () => {
    using pair = unix_pair(socket.SOCK_DGRAM);
    pair.b.setsockopt(socket.SOL_SOCKET, SO_PASSPIDFD, 1);
    for (const fds of [[], [0]]) {
      socket.send_fds(pair.a, [new Uint8Array(1)], fds);
      const [, received] = socket.recv_fds(pair.b, 1, 16);
      assertEquals(received.length, fds.length);
      received.forEach(os.close);
    }
  },
);

function has_passpidfd(): boolean {
  using pair = unix_pair(socket.SOCK_DGRAM);
  try {
    pair.b.setsockopt(socket.SOL_SOCKET, SO_PASSPIDFD, 1);
    return true;
  } catch (error) {
    if (error instanceof OSError && error.code === "ENOPROTOOPT") return false;
    throw error;
  }
}
