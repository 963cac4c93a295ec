/**
 * The kernel keeps no address after a call: each option that would is refused, or probed. A
 * probe overwrites the buffer as soon as the call returns, and checks the kernel's copy.
 */

import { OSError, socket, ValueError } from "@iomux/py";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  bound_udp,
  encode,
  patterned,
  tcp_pair,
  test_unless,
  unix_pair,
  until_readable,
} from "./setup.ts";

const SO_ATTACH_FILTER = 26, SO_ZEROCOPY = 60, MSG_ZEROCOPY = 0x4000000;
const SOL_XDP = 283, SOL_TLS = 282, IPT_SO_SET_REPLACE = 64;
const { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_RDS, SOL_SOCKET } = socket;

const WORDS =
  " is not supported: the kernel would keep an address after the call";

// Each call by its name, with the flags among its arguments.
const data = encode("data");
const calls: Record<string, (sock: socket.Socket, flags: number) => unknown> = {
  send: (sock, flags) => sock.send(data, flags),
  sendall: (sock, flags) => sock.sendall(data, flags),
  sendallAsync: (sock, flags) => sock.sendallAsync(data, flags),
  sendAsync: (sock, flags) => sock.sendAsync(data, flags),
  sendmsg: (sock, flags) => sock.sendmsg([data], [], flags),
  sendmsgAsync: (sock, flags) => sock.sendmsgAsync([data], [], flags),
  sendto: (sock, flags) => sock.sendto(data, flags, sock.getsockname()),
  sendtoAsync: (sock, flags) =>
    sock.sendtoAsync(data, flags, sock.getsockname()),
  send_fds: (sock, flags) => socket.send_fds(sock, [data], [], flags),
  send_fdsAsync: (sock, flags) => socket.send_fdsAsync(sock, [data], [], flags),
};
// They take no flags, or call sendmsg().
const OTHERS = ["sendfile", "sendfileAsync", "sendmsg_afalg"];

test("Socket.send() and every other call that sends raise ValueError with MSG_ZEROCOPY", async () => {
  using pair = tcp_pair();
  pair.a.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1);
  const names = [
    ...Object.getOwnPropertyNames(socket.Socket.prototype),
    ...Object.keys(socket),
  ].filter((name) => name.startsWith("send") && !OTHERS.includes(name));
  for (const name of names) {
    const flags = MSG_ZEROCOPY | socket.MSG_DONTWAIT;
    const call = async () => await calls[name]!(pair.a, flags);
    await assertRejects(call, ValueError, `MSG_ZEROCOPY${WORDS}`, name);
  }
  pair.b.setblocking(false);
  assertThrows(() => pair.b.recv(1), OSError, "temporarily unavailable");
});

test("Socket.setsockopt() raises ValueError for options whose address the kernel keeps or writes to", () => {
  using sock = socket.socket();
  for (
    const [level, optname, name] of [
      [SOL_XDP, 4, "XDP_UMEM_REG"],
      [SOL_RDS, 2, "RDS_GET_MR"],
      [SOL_RDS, 7, "RDS_GET_MR_FOR_DEST"],
      [IPPROTO_IP, IPT_SO_SET_REPLACE, "IPT_SO_SET_REPLACE"],
      [IPPROTO_IP, 96, "ARPT_SO_SET_REPLACE"],
      [IPPROTO_IP, 128, "EBT_SO_SET_ENTRIES"],
      [IPPROTO_IPV6, IPT_SO_SET_REPLACE, "IP6T_SO_SET_REPLACE"],
    ] as const
  ) {
    for (const value of [new Uint8Array(32), 1]) {
      raises(ValueError, {
        [name + WORDS]: () => sock.setsockopt(level, optname, value),
      });
    }
  }
});

test("Socket.sendmsg() raises ValueError for ancillary messages whose address the kernel keeps", () => {
  using pair = unix_pair();
  for (const type of [1, 3, 6, 7, 8, 9]) {
    raises(ValueError, {
      [WORDS]: () =>
        pair.a.sendmsg([encode("x")], [[SOL_RDS, type, new Uint8Array(64)]]),
    });
  }
});

/** Sends more than the peer's buffers take, overwrites it, and has the peer read it. */
function sent_and_overwritten(
  { a, b }: { a: socket.Socket; b: socket.Socket },
  send: (data: Uint8Array<ArrayBuffer>) => number,
): void {
  const expected = patterned(1 << 20), data = expected.slice();
  a.setblocking(false);
  const sent = send(data);
  data.fill(0xee);
  let at = 0;
  while (at < sent) {
    const part = b.recv(Math.min(65536, sent - at));
    assertEquals(part, expected.subarray(at, at + part.length));
    at += part.length;
  }
}

for (const [name, make] of Object.entries({ TCP: tcp_pair, UNIX: unix_pair })) {
  test(`Socket.send() and sendmsg() of ${name} do not use the buffer after they return`, () => {
    using first = make();
    sent_and_overwritten(first, (data) => first.a.send(data));
    using second = make();
    sent_and_overwritten(second, (data) => second.a.sendmsg([data]));
    using zerocopy = make();
    // The option alone keeps nothing: the flag does.
    try {
      zerocopy.a.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
    }
    sent_and_overwritten(zerocopy, (data) => zerocopy.a.send(data));
  });
}

test("Socket.setsockopt() with SO_ATTACH_FILTER copies the filter", () => {
  using udp = bound_udp();
  // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }: BPF_RET | BPF_K, 0 bytes.
  const program = new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0]);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(program));
  // struct sock_fprog { unsigned short len; struct sock_filter *filter }
  const fprog = new BigUint64Array([1n, BigInt(address)]);
  udp.setsockopt(SOL_SOCKET, SO_ATTACH_FILTER, fprog);
  program.fill(0xff);
  fprog.fill(0n);
  udp.setblocking(false);
  udp.sendto(encode("dropped"), udp.getsockname());
  assertThrows(() => udp.recv(16), OSError, "temporarily unavailable");
});

test("Socket.getsockopt() with TCP_ZEROCOPY_RECEIVE passes zeros, and no address", () => {
  using pair = tcp_pair();
  pair.a.sendall(patterned(65536));
  until_readable(pair.b);
  for (const size of [8, 16, 24, 40, 64, 1024]) {
    assertThrows(
      () => pair.b.getsockopt(IPPROTO_TCP, socket.TCP_ZEROCOPY_RECEIVE, size),
      OSError,
      "Invalid argument",
    );
  }
});

/** A pair of which one end encrypts in the kernel. */
function tls_pair(): ReturnType<typeof tcp_pair> {
  const pair = tcp_pair();
  try {
    pair.a.setsockopt(IPPROTO_TCP, socket.TCP_ULP, encode("tls"));
    return pair;
  } catch (error) {
    pair[Symbol.dispose]();
    throw error;
  }
}

function has_tls(): boolean {
  try {
    tls_pair()[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof OSError) return false;
    throw error;
  }
}

test_unless(
  has_tls() ? null : "the kernel has no tls module",
  "Socket.setsockopt() copies the keys of TLS, and send() encrypts before it returns",
  () => {
    // struct tls12_crypto_info_aes_gcm_128: version, cipher, iv, key, salt, rec_seq.
    const info = new Uint8Array(40).fill(7);
    info.set([0x04, 0x03, 51, 0]);
    const received = [];
    for (let i = 0; i < 2; i++) {
      using one = tls_pair();
      const copy = info.slice();
      one.a.setsockopt(SOL_TLS, 1, copy);
      copy.fill(i);
      const data = patterned(4096);
      one.a.send(data);
      data.fill(i);
      received.push(one.b.recv(65536));
    }
    // The same plain text under the same key, though both were overwritten later.
    assertEquals(received[0], received[1]);
  },
);
