import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { from_sockaddr, to_sockaddr } from "../../../py/socket/address.ts";
import { test } from "../../descriptors.ts";
import { WATCHDOG } from "../../scripts.ts";
import { raises } from "../raises.ts";
import {
  encode,
  raises_errno,
  raises_plain,
  throws_errno,
  throws_plain,
  unix_pair,
} from "./setup.ts";
import {
  sockaddr_alg,
  sockaddr_can,
  sockaddr_nl,
  sockaddr_tipc,
} from "../../../ffi/sockaddr.ts";
import type { Handle } from "../../../py/socket/handle.ts";

const {
  AF_ALG,
  AF_CAN,
  AF_NETLINK,
  AF_PACKET,
  AF_QIPCRTR,
  AF_RDS,
  AF_TIPC,
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} = socket;

/** A test that needs a socket of a kind, and is ignored where the kernel has none. */
function test_family<Family extends number>(
  name: string,
  [family, type, proto]: [family: Family, type: number, proto: number],
  fn: (sock: socket.Socket<socket.AddressOf<Family>>) => void,
): void {
  let reason: string;
  try {
    socket.socket(family, type, proto).close();
    test(name, () => {
      using sock = socket.socket(family, type, proto);
      fn(sock);
    });
    return;
  } catch (error) {
    reason = (error as OSError).strerror!;
  }
  Deno.test.ignore(`${name} (ignored: ${reason})`, () => {});
}

test_family(
  "AF_NETLINK: rtnetlink answers a question of the loopback interface",
  [AF_NETLINK, SOCK_RAW, socket.NETLINK_ROUTE],
  (sock) => {
    assertEquals(sock.getsockname(), [0, 0]);
    sock.bind([0, 0]);
    const [pid, groups] = sock.getsockname();
    assert(pid !== 0);
    assertEquals(groups, 0);
    assertEquals(sock.getpeername(), [0, 0]);
    const index = socket.if_nametoindex("lo");
    // struct nlmsghdr { u32 len; u16 type, flags; u32 seq, pid; }, then
    // struct ifinfomsg { u8 family, pad; u16 type; i32 index; u32 flags, change; }
    const RTM_NEWLINK = 16, RTM_GETLINK = 18, NLM_F_REQUEST = 1;
    const request = new DataView(new ArrayBuffer(32));
    request.setUint32(0, 32, true);
    request.setUint16(4, RTM_GETLINK, true);
    request.setUint16(6, NLM_F_REQUEST, true);
    request.setUint32(8, 4711, true);
    request.setInt32(20, index, true);
    assertEquals(sock.sendto(request, [0, 0]), 32);
    const [answer, address] = sock.recvfrom(65536);
    assertEquals(address, [0, 0]);
    const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
    assertEquals(view.getUint16(4, true), RTM_NEWLINK);
    assertEquals(view.getUint32(8, true), 4711);
    assertEquals(view.getUint32(12, true), pid);
    assertEquals(view.getInt32(20, true), index);
    assert(new TextDecoder().decode(answer).includes("lo\0"));
    // Once more, with sendmsg and recvmsg.
    sock.sendmsg([request], [], 0, [0, 0]);
    const [again, , , from] = sock.recvmsg(65536);
    assertEquals([again.length, from], [answer.length, [0, 0]]);
    assertEquals(
      String(sock),
      `<socket.socket fd=${sock.fileno()}, family=AF_NETLINK, type=SOCK_RAW, proto=0, ` +
        `laddr=(${pid}, 0), raddr=(0, 0)>`,
    );
  },
);

test_family(
  "AF_NETLINK: a socket binds to groups, and -1 stands for all",
  [AF_NETLINK, SOCK_RAW, socket.NETLINK_USERSOCK],
  (sock) => {
    sock.bind([123456, 3]);
    assertEquals(sock.getsockname(), [123456, 3]);
    const { bytes } = to_sockaddr(unopened(AF_NETLINK), [-1, -1], "bind");
    assertEquals([...bytes.subarray(4)], Array(8).fill(255));
  },
);

test_family(
  "AF_PACKET: a frame goes out and comes back on the loopback interface",
  [AF_PACKET, SOCK_RAW, 0],
  (sock) => {
    assertEquals(sock.getsockname(), ["", 0, 0, 0, new Uint8Array(0)]);
    const ETHERTYPE = 0x88b5; // For experiments.
    const { PACKET_HOST, PACKET_OUTGOING } = socket;
    const ARPHRD_LOOPBACK = 772;
    sock.bind(["lo", ETHERTYPE]);
    const zeros = new Uint8Array(6);
    assertEquals(
      sock.getsockname(),
      ["lo", ETHERTYPE, PACKET_HOST, ARPHRD_LOOPBACK, zeros],
    );
    assertEquals(
      String(sock),
      `<socket.socket fd=${sock.fileno()}, family=AF_PACKET, type=SOCK_RAW, proto=0, ` +
        `laddr=('lo', 34997, 0, 772, b'\\x00\\x00\\x00\\x00\\x00\\x00')>`,
    );
    const frame = new Uint8Array(64).fill(7);
    frame.fill(0, 0, 12);
    frame.set([0x88, 0xb5], 12);
    assertEquals(sock.send(frame), 64);
    sock.settimeout(WATCHDOG / 1000);
    const [first, [ifname, proto, pkttype, hatype, addr]] = sock.recvfrom(2048);
    assertEquals(first, frame);
    assertEquals(
      [ifname, proto, hatype, addr],
      ["lo", ETHERTYPE, ARPHRD_LOOPBACK, zeros],
    );
    assert([PACKET_HOST, PACKET_OUTGOING].includes(pkttype));
  },
);

test_family(
  "AF_PACKET: a datagram is sent to a hardware address",
  [AF_PACKET, SOCK_DGRAM, 0],
  (sock) => {
    const ETHERTYPE = 0x88b6;
    sock.bind(["lo", ETHERTYPE]);
    const addr = new Uint8Array([2, 0, 0, 0, 0, 1]);
    const payload = encode("x".repeat(50));
    const to: socket.PacketAddress = ["lo", ETHERTYPE, 0, 0, addr];
    assertEquals(sock.sendto(payload, to), 50);
    sock.settimeout(WATCHDOG / 1000);
    assertEquals(sock.recvmsg(2048)[0], payload);
  },
);

test_family(
  "AF_PACKET: addresses that make no sense",
  [AF_PACKET, SOCK_RAW, 0],
  (sock) => {
    for (const name of ["no-such", "", "l".repeat(16), "lo".padEnd(40)]) {
      throws_errno(() => sock.bind([name, 0]), OSError, "ENODEV");
    }
    for (const wrong of [-1, 65536]) {
      assertThrows(() => sock.bind(["lo", wrong]), OverflowError, "proto");
      assertThrows(() => sock.bind(["lo", 0, 0, wrong]), OverflowError);
      assertThrows(() => sock.bind(["lo", 0, wrong]), OverflowError, "pkttype");
    }
    assertThrows(
      () => sock.bind(["lo", 0, 0, 0, new Uint8Array(9)]),
      ValueError,
      "Hardware address must be 8 bytes or less",
    );
    const bind = (address: unknown) => sock.bind(address as socket.AddressLike);
    for (const wrong of ["lo", ["lo"], ["lo", 0, 0, 0, encode(""), 0], null]) {
      assertThrows(() => bind(wrong), TypeError, "AF_PACKET address must be");
    }
    assertThrows(() => bind([1, 0]), TypeError, "ifname");
    assertThrows(() => bind(["lo", "0"]), TypeError, "proto");
    assertThrows(() => bind(["lo", 0, 0, 0, "addr"]), TypeError, "encode it");
    assertThrows(() => bind(["l\0", 0]), RangeError, "null");
  },
);

test_family(
  "AF_VSOCK: a socket binds to a port of any context",
  [AF_VSOCK, SOCK_STREAM, 0],
  (sock) => {
    const { VMADDR_CID_ANY, VMADDR_PORT_ANY } = socket;
    assertEquals(sock.getsockname(), [VMADDR_CID_ANY, VMADDR_PORT_ANY]);
    sock.bind([VMADDR_CID_ANY, VMADDR_PORT_ANY]);
    const [cid, port] = sock.getsockname();
    assertEquals(cid, VMADDR_CID_ANY);
    assert(port >= 1024 && port < VMADDR_PORT_ANY, `${port}`);
    sock.listen(1);
    using other = socket.socket(AF_VSOCK, SOCK_STREAM);
    raises_errno(OSError, {
      EADDRINUSE: () => other.bind([VMADDR_CID_ANY, port]),
    });
  },
);

test_family(
  "AF_CAN: a raw socket binds to every interface",
  [AF_CAN, SOCK_RAW, socket.CAN_RAW],
  (sock) => {
    sock.bind([""]);
    assertEquals(sock.getsockname(), [""]);
    throws_errno(() => sock.bind(["no-such"]), OSError, "ENODEV");
  },
);

test_family(
  "AF_ALG: the kernel hashes",
  [AF_ALG, SOCK_SEQPACKET, 0],
  (sock) => {
    sock.bind(["hash", "sha256"]);
    using operation = sock.accept()[0];
    operation.sendall(encode("abc"));
    assertEquals(operation.recv(64).toHex().slice(0, 8), "ba7816bf");
  },
);

/** A socket with no descriptor: enough where no interface is looked up. */
function unopened(family: number, proto = 0): Handle {
  const type = SOCK_RAW;
  return {
    fd: -1,
    kind: { family, type, proto },
    timeout: null,
    unblocked: false,
    drained: -1,
    drains: null,
  };
}

/** Asserts that an address is read back as it was written, or as `expected`. */
function round_trip(
  sock: Handle,
  address: socket.AddressLike,
  expected: unknown = address,
): Uint8Array {
  const { bytes, host } = to_sockaddr(sock, address, "bind");
  assertEquals(host, "");
  const storage = new Uint8Array(128);
  storage.set(bytes);
  assertEquals<unknown>(from_sockaddr(storage, bytes.length, sock), expected);
  return bytes;
}

test("AF_NETLINK, AF_VSOCK and AF_QIPCRTR addresses are two numbers", () => {
  const families = [
    [AF_NETLINK, "[pid, groups]"],
    [AF_VSOCK, "[cid, port]"],
    [AF_QIPCRTR, "[node, port]"],
  ] as const;
  for (const [family, shape] of families) {
    const sock = unopened(family);
    round_trip(sock, [1, 0xffffffff]);
    round_trip(sock, [-1, 0], [0xffffffff, 0]);
    const send = (address: unknown) => to_sockaddr(sock, address, "connect");
    for (const wrong of ["x", [1], [1, 2, 3], null, 5]) {
      assertThrows(() => send(wrong), TypeError, `must be ${shape}`);
    }
    assertThrows(() => send([1, "2"]), TypeError, "connect(): ");
    assertThrows(() => send([2 ** 32, 2]), OverflowError);
  }
  assertEquals(
    [...sockaddr_nl(AF_QIPCRTR, 1, 2)],
    [...round_trip(unopened(AF_QIPCRTR), [1, 2])],
  );
});

test("AF_CAN addresses have the shape of their protocol", () => {
  const { CAN_BCM, CAN_ISOTP, CAN_J1939, CAN_RAW } = socket;
  for (const proto of [CAN_RAW, CAN_BCM]) {
    assertEquals(
      round_trip(unopened(AF_CAN, proto), [""]),
      sockaddr_can(AF_CAN, { ifindex: 0 }),
    );
  }
  const isotp = round_trip(unopened(AF_CAN, CAN_ISOTP), ["", 0x80000123, 0x45]);
  const tp = { rx_id: 0x80000123, tx_id: 0x45 };
  assertEquals(isotp, sockaddr_can(AF_CAN, { ifindex: 0, tp }));
  const name = 0x8102030405060708n;
  const node = unopened(AF_CAN, CAN_J1939);
  round_trip(node, ["", name, 0x3ffff, 0xfe]);
  const { J1939_NO_ADDR, J1939_NO_NAME, J1939_NO_PGN } = socket;
  round_trip(
    node,
    ["", J1939_NO_NAME, J1939_NO_PGN, J1939_NO_ADDR],
    ["", 0n, J1939_NO_PGN, J1939_NO_ADDR],
  );
});

test("AF_CAN addresses of a wrong shape raise OSError or TypeError", () => {
  const { CAN_ISOTP, CAN_J1939, CAN_RAW } = socket;
  const to = (proto: number, address: unknown) => () =>
    to_sockaddr(unopened(AF_CAN, proto), address, "bind");
  raises_plain(OSError, {
    "AF_CAN interface name too long": to(CAN_RAW, ["x".repeat(16)]),
    "bind(): unsupported CAN protocol": to(99, [""]),
  });
  throws_errno(to(CAN_RAW, ["lo"]), OSError, "EBADF");
  const shapes: [number, unknown][] = [
    [CAN_RAW, "can0"],
    [CAN_RAW, []],
    [CAN_RAW, ["", 1]],
    [CAN_ISOTP, [""]],
    [CAN_J1939, ["", 1, 2]],
  ];
  for (const [proto, address] of shapes) {
    assertThrows(to(proto, address), TypeError, "AF_CAN address must be");
  }
  assertThrows(to(CAN_RAW, [5]), TypeError, "ifname");
  assertThrows(to(CAN_ISOTP, ["", "1", 2]), TypeError, "rx_id");
  assertThrows(to(CAN_ISOTP, ["", 1, 2 ** 32]), OverflowError, "tx_id");
  assertThrows(to(CAN_J1939, ["", -1, 0, 0]), OverflowError, "name");
  assertThrows(to(CAN_J1939, ["", 2n ** 64n, 0, 0]), OverflowError, "name");
  assertThrows(to(CAN_J1939, ["", 0, 0, 256]), OverflowError, "addr");
});

test("AF_TIPC addresses are five numbers, the scope optional", () => {
  const sock = unopened(AF_TIPC);
  const { TIPC_ADDR_ID, TIPC_ADDR_NAME, TIPC_ADDR_NAMESEQ } = socket;
  const { TIPC_CLUSTER_SCOPE, TIPC_NODE_SCOPE } = socket;
  const range = round_trip(sock, [TIPC_ADDR_NAMESEQ, 1, 2, 3, TIPC_NODE_SCOPE]);
  assertEquals(range, sockaddr_tipc(AF_TIPC, 1, [1, 2, 3], 3));
  round_trip(
    sock,
    [TIPC_ADDR_NAME, 1, 2, 3],
    [TIPC_ADDR_NAME, 1, 2, 2, TIPC_CLUSTER_SCOPE],
  );
  round_trip(sock, [TIPC_ADDR_ID, 1, 2, 3, 0], [TIPC_ADDR_ID, 1, 2, 0, 0]);
  const to = (address: unknown) => () => to_sockaddr(sock, address, "bind");
  for (const type of [0, 4, 257]) {
    assertThrows(to([type, 1, 2, 3]), TypeError, "Invalid address type");
  }
  for (const wrong of ["x", [1, 2, 3], [1, 2, 3, 4, 5, 6]]) {
    assertThrows(to(wrong), TypeError, "AF_TIPC address must be");
  }
  assertThrows(to([1, 2, 3, "4"]), TypeError, "v3");
  assertThrows(to([1, 2, 3, 4, 128]), OverflowError, "scope");
});

test("AF_ALG addresses are a type, a name, and two optional masks", () => {
  const sock = unopened(AF_ALG);
  const bytes = round_trip(sock, ["hash", "sha256"], ["hash", "sha256", 0, 0]);
  const fields = { type: encode("hash"), name: encode("sha256") };
  assertEquals(bytes, sockaddr_alg(AF_ALG, { ...fields, feat: 0, mask: 0 }));
  round_trip(sock, ["t".repeat(13), "n".repeat(63), 0xffff, 1]);
  const to = (address: unknown) => () => to_sockaddr(sock, address, "bind");
  assertThrows(to(["t".repeat(14), ""]), ValueError, "AF_ALG type too long.");
  assertThrows(to(["", "n".repeat(64)]), ValueError, "AF_ALG name too long.");
  assertThrows(to(["hash"]), TypeError, "AF_ALG address must be");
  assertThrows(to(["hash", 5]), TypeError, "name");
  assertThrows(to(["hash", "x", 65536]), OverflowError, "feat");
});

test("AF_RDS addresses are those of AF_INET", () => {
  const { bytes } = to_sockaddr(unopened(AF_RDS), ["127.0.0.1", 9], "bind");
  assertEquals(
    from_sockaddr(bytes, bytes.length, unopened(AF_RDS)),
    ["127.0.0.1", 9],
  );
});

test("Socket.bind() raises 'bad family' where a family has no address format, and addresses are raw bytes", () => {
  const sock = unopened(socket.AF_LLC);
  const unbound = new socket.Socket(-1, socket.AF_LLC, SOCK_RAW, 0, null);
  throws_plain(() => unbound.bind("x"), OSError, "bind(): bad family");
  const bytes = new Uint8Array([socket.AF_LLC, 0, 1, 2, 3, 4]);
  const data = new Uint8Array([1, 2, 3, 4]);
  assertEquals(from_sockaddr(bytes, 6, sock), [socket.AF_LLC, data]);
  // Fewer bytes than the family's struct has.
  const short = new Uint8Array(128);
  for (
    const family of [AF_NETLINK, AF_VSOCK, AF_QIPCRTR, AF_PACKET, AF_CAN]
      .concat(
        AF_TIPC,
        AF_ALG,
      )
  ) {
    short[0] = family;
    const found = from_sockaddr(short, 6, unopened(family));
    assertEquals(found, [family, new Uint8Array(4)]);
  }
});

const one = new Uint8Array([1]);

test("Socket.sendmsg_afalg() refuses other families", () => {
  using pair = unix_pair();
  throws_plain(
    () => pair.a.sendmsg_afalg([one], { op: socket.ALG_OP_ENCRYPT }),
    OSError,
    "algset is only supported for AF_ALG",
  );
});

test("Socket.sendmsg_afalg() sends the operation, the vector and the length as ancillary data", () => {
  const sent: unknown[] = [];
  class Cipher extends socket.Socket {
    override sendmsg(...args: Parameters<socket.Socket["sendmsg"]>): number {
      sent.push(args);
      return 0;
    }
  }
  const cipher = new Cipher(-1, socket.AF_ALG, socket.SOCK_SEQPACKET, 0, null);
  const iv = new Uint8Array([1, 2, 3]);
  cipher.sendmsg_afalg([one], {
    op: socket.ALG_OP_ENCRYPT,
    iv,
    assoclen: 16,
    flags: socket.MSG_MORE,
  });
  const { SOL_ALG } = socket;
  assertEquals(sent, [[
    [one],
    [
      [SOL_ALG, socket.ALG_SET_OP, new Uint32Array([1])],
      [SOL_ALG, socket.ALG_SET_IV, new Uint8Array([3, 0, 0, 0, 1, 2, 3])],
      [SOL_ALG, socket.ALG_SET_AEAD_ASSOCLEN, new Uint32Array([16])],
    ],
    socket.MSG_MORE,
  ]]);
  for (const wrong of [{}, { op: -1 }, undefined]) {
    const options = wrong as unknown as socket.AlgOptions;
    assertThrows(() => cipher.sendmsg_afalg([], options), TypeError, "'op'");
  }
  const misspelt = { op: 0, assoc_len: 8 } as socket.AlgOptions;
  raises(TypeError, {
    "assoclen must be positive": () =>
      cipher.sendmsg_afalg([], { op: 0, assoclen: -1 }),
    "unexpected keyword argument 'assoc_len'": () =>
      cipher.sendmsg_afalg([], misspelt),
  });
});
