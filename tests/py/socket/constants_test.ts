import { assert, assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import * as constants from "../../../py/socket/constants.ts";
import { python } from "../../machine.ts";
import { test_unless } from "./setup.ts";
import { socket, ValueError } from "@iomux/py";

const { AddressFamily, MsgFlag, SocketKind } = socket;

type Constants = Record<string, number | string>;

const ours: Constants = { ...constants };

interface PythonSocket {
  version: [major: number, minor: number];
  names: Constants;
}

const cpython = python(`import json, socket, sys
print(json.dumps({
  "version": sys.version_info[:2],
  "names": {
    name: value for name, value in vars(socket).items()
    if name[0].isupper() and isinstance(value, (int, str))
  },
}))`) as PythonSocket | null;
const unless = cpython === null ? "no python3 here" : null;

/** Names of CPython's module that this one leaves out, and why. */
const elsewhere = new Map([
  ["EAGAIN", "errno's, which socket.py imports for its own use"],
  ["EBADF", "errno's, which socket.py imports for its own use"],
  ["EWOULDBLOCK", "errno's, which socket.py imports for its own use"],
]);

/** Where the values may differ, and why. */
const built = new Map([
  ["SOMAXCONN", "128 where CPython was built with a glibc before 2.31"],
]);

test_unless(
  unless,
  "socket's constants have the values of CPython's",
  () => {
    const shared = Object.entries(cpython!.names)
      .filter(([name]) => name in ours && !built.has(name));
    assert(shared.length > 300, `only ${shared.length} names are shared`);
    assertEquals(
      Object.fromEntries(shared.map(([name]) => [name, ours[name]])),
      Object.fromEntries(shared),
    );
  },
);

const newer = cpython !== null && cpython.version[1] > 13
  ? "this python3 is newer than 3.13"
  : null;

test_unless(
  unless ?? newer,
  "socket has every constant that CPython has",
  () => {
    const missing = Object.keys(cpython!.names)
      .filter((name) => !(name in ours) && !elsewhere.has(name));
    assertEquals(missing, []);
  },
);

/** Numbers of the headers, by the prefix of their names; those after CPython 3.11 too. */
const headers: Record<string, Record<string, number>> = {
  // bits/socket.h
  AF_: {
    ...{ UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, DECnet: 12, NETLINK: 16 },
    ...{ PACKET: 17, BLUETOOTH: 31, VSOCK: 40 },
  },
  // bits/socket_type.h
  SOCK_: {
    ...{ STREAM: 1, DGRAM: 2, SEQPACKET: 5, NONBLOCK: 0o4000 },
    ...{ CLOEXEC: 0o2000000 },
  },
  // asm-generic/socket.h
  SO_: {
    ...{ REUSEADDR: 2, TYPE: 3, ERROR: 4, BROADCAST: 6, SNDBUF: 7, RCVBUF: 8 },
    ...{ KEEPALIVE: 9, LINGER: 13, REUSEPORT: 15, RCVTIMEO: 20, SNDTIMEO: 21 },
    ...{ BINDTODEVICE: 25, ACCEPTCONN: 30, PROTOCOL: 38, DOMAIN: 39 },
    ...{ BINDTOIFINDEX: 62 },
  },
  // linux/in.h
  IP_: {
    ...{ PKTINFO: 8, RECVERR: 11, RECVTTL: 12, FREEBIND: 15 },
    ...{ RECVORIGDSTADDR: 20, UNBLOCK_SOURCE: 37, BLOCK_SOURCE: 38 },
    ...{ ADD_SOURCE_MEMBERSHIP: 39, DROP_SOURCE_MEMBERSHIP: 40 },
  },
  // linux/tcp.h
  TCP_: {
    ...{ NODELAY: 1, MD5SIG: 14, THIN_LINEAR_TIMEOUTS: 16, THIN_DUPACK: 17 },
    ...{ USER_TIMEOUT: 18, REPAIR: 19, REPAIR_QUEUE: 20, QUEUE_SEQ: 21 },
    ...{ REPAIR_OPTIONS: 22, FASTOPEN: 23, TIMESTAMP: 24, NOTSENT_LOWAT: 25 },
    ...{ CC_INFO: 26, SAVE_SYN: 27, SAVED_SYN: 28, REPAIR_WINDOW: 29 },
    ...{ FASTOPEN_CONNECT: 30, ULP: 31, MD5SIG_EXT: 32, FASTOPEN_KEY: 33 },
    ...{ FASTOPEN_NO_COOKIE: 34, ZEROCOPY_RECEIVE: 35, INQ: 36, TX_DELAY: 37 },
  },
  // linux/if_ether.h
  ETHERTYPE_: {
    ...{ IP: 0x800, ARP: 0x806, VLAN: 0x8100, IPV6: 0x86dd },
  },
  // BlueZ's headers
  BTPROTO_: {
    ...{ L2CAP: 0, HCI: 1, SCO: 2, RFCOMM: 3 },
  },
  HCI_: {
    ...{ DATA_DIR: 1, FILTER: 2, TIME_STAMP: 3 },
  },
  "": {
    ...{ SOL_SOCKET: 1, SOMAXCONN: 4096, SO_ORIGINAL_DST: 80, ETH_P_ALL: 3 },
    ...{ IPV6_RECVERR: 25, IPV6_V6ONLY: 26 },
  },
};

for (const [prefix, values] of Object.entries(headers)) {
  Deno.test(`${prefix ? `${prefix}*` : "socket's other constants"} have the numbers of the headers`, () => {
    for (const [name, value] of Object.entries(values)) {
      assertEquals(ours[prefix + name], value, prefix + name);
    }
  });
}

Deno.test("MSG_* and masks of 32 bits are positive", () => {
  for (const [name, value] of Object.entries(ours)) {
    if (/^(EAI_|TIPC_WAIT_FOREVER$)/.test(name)) continue;
    assert(typeof value === "string" || value >= 0, name);
  }
  assertEquals(constants.CAN_EFF_FLAG, 2 ** 31);
  assertEquals(constants.INADDR_NONE, 2 ** 32 - 1);
});

Deno.test("AddressFamily() and SocketKind() name a constant", () => {
  const family = AddressFamily(socket.AF_INET6);
  assertEquals([family.name, family.value], ["AF_INET6", 10]);
  assertEquals(String(family), "<AddressFamily.AF_INET6: 10>");
  assertEquals(+family, socket.AF_INET6);
  assertEquals(SocketKind(socket.SOCK_SEQPACKET).name, "SOCK_SEQPACKET");
  assertEquals(String(SocketKind(2)), "<SocketKind.SOCK_DGRAM: 2>");
});

Deno.test("AddressFamily() and SocketKind() throw for unknown numbers", () => {
  raises(ValueError, {
    "12345 is not a valid AddressFamily": () => AddressFamily(12345),
    "is not a valid SocketKind": () => SocketKind(99),
  });
  assertThrows(() => AddressFamily("AF_INET" as never), TypeError);
});

Deno.test("MsgFlag() joins the names of flags", () => {
  const { MSG_OOB, MSG_PEEK, MSG_TRUNC } = socket;
  assertEquals(MsgFlag(MSG_PEEK).name, "MSG_PEEK");
  assertEquals(
    String(MsgFlag(MSG_TRUNC | MSG_PEEK | MSG_OOB)),
    "<MsgFlag.MSG_OOB|MSG_PEEK|MSG_TRUNC: 35>",
  );
  assertEquals(String(MsgFlag(0)), "<MsgFlag: 0>");
  assertEquals(MsgFlag(0).name, null);
  assertEquals(MsgFlag(MSG_OOB | 0x400000).name, "MSG_OOB|0x400000");
});

// Only constants that this Python has: newer ones have more.
const members = python(`import json, socket
print(json.dumps([[c.__name__, int(m), m.name] for c in (
  socket.AddressFamily, socket.SocketKind, socket.MsgFlag) for m in c]))`) as
  | [string, number, string][]
  | null;

test_unless(
  unless,
  "AddressFamily(), SocketKind() and MsgFlag() give python3's names",
  () => {
    const kinds: Record<string, socket.Enumeration> = {
      AddressFamily,
      SocketKind,
      MsgFlag,
    };
    for (const [kind, value, name] of members!) {
      assertEquals(kinds[kind]!(value).name, name, `${kind}(${value})`);
    }
  },
);
