import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import {
  sockaddr_alg,
  sockaddr_can,
  sockaddr_qrtr,
  sockaddr_tipc,
} from "../../../ffi/sockaddr.ts";
import { from_sockaddr, to_sockaddr } from "../../../py/socket/address.ts";
import type { Handle } from "../../../py/socket/handle.ts";
import { test } from "../../descriptors.ts";
import { encode, throws_errno, throws_plain } from "./setup.ts";

const {
  AF_ALG,
  AF_CAN,
  AF_NETLINK,
  AF_PACKET,
  AF_QIPCRTR,
  AF_RDS,
  AF_TIPC,
  AF_VSOCK,
  SOCK_RAW,
} = socket;

/** A socket with no descriptor: enough where no interface is looked up. */
function unopened(family: number, proto = 0): Handle {
  const type = SOCK_RAW;
  return {
    fd: -1,
    kind: { family, type, proto },
    timeout: null,
    unblocked: false,
    drained: false,
  };
}

/** Asserts that an address comes back as it went, or as is said. */
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
    [...sockaddr_qrtr(AF_QIPCRTR, 1, 2)],
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
  throws_plain(
    to(CAN_RAW, ["x".repeat(16)]),
    OSError,
    "AF_CAN interface name too long",
  );
  throws_plain(to(99, [""]), OSError, "bind(): unsupported CAN protocol");
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
  round_trip(
    sock,
    [TIPC_ADDR_ID, 1, 2, 3, 0],
    [TIPC_ADDR_ID, 1, 2, 0, 0],
  );
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
  const bytes = round_trip(
    sock,
    ["hash", "sha256"],
    ["hash", "sha256", 0, 0],
  );
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

test("Families without an address format raise 'bad family', and return raw bytes", () => {
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
