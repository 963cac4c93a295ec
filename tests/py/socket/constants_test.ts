import { assert, assertEquals } from "@std/assert";
import * as constants from "../../../py/socket/constants.ts";
import { python } from "../../machine.ts";

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
const unless = cpython === null ? " (ignored: no python3 to ask)" : "";

/** What CPython's module has and this one need not have, and why. */
const elsewhere = new Map([
  ["EAGAIN", "errno's, which socket.py imports for its own use"],
  ["EBADF", "errno's, which socket.py imports for its own use"],
  ["EWOULDBLOCK", "errno's, which socket.py imports for its own use"],
]);

/** Where the values may differ, and why. */
const built = new Map([
  ["SOMAXCONN", "128 where CPython was built with a glibc before 2.31"],
]);

Deno.test({
  name: `socket's constants have the values of CPython's${unless}`,
  ignore: cpython === null,
  fn() {
    const shared = Object.entries(cpython!.names)
      .filter(([name]) => name in ours && !built.has(name));
    assert(shared.length > 300, `only ${shared.length} names are shared`);
    assertEquals(
      Object.fromEntries(shared.map(([name]) => [name, ours[name]])),
      Object.fromEntries(shared),
    );
  },
});

const newer = cpython !== null && cpython.version[1] > 13
  ? " (ignored: this python3 is newer than 3.13)"
  : "";

Deno.test({
  name: `socket has every constant that CPython has${unless}${newer}`,
  ignore: cpython === null || newer !== "",
  fn() {
    const missing = Object.keys(cpython!.names)
      .filter((name) => !(name in ours) && !elsewhere.has(name));
    assertEquals(missing, []);
  },
});

/** The values that the headers give the names that begin with a prefix. */
function having(prefix: string, expected: Constants): void {
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(ours[prefix + name], value, prefix + name);
  }
}

Deno.test("AF_* are the numbers of bits/socket.h", () => {
  having("AF_", {
    UNSPEC: 0,
    UNIX: 1,
    INET: 2,
    INET6: 10,
    DECnet: 12,
    NETLINK: 16,
    PACKET: 17,
    BLUETOOTH: 31,
    VSOCK: 40,
  });
});

Deno.test("SOCK_CLOEXEC and SOCK_NONBLOCK are O_CLOEXEC and O_NONBLOCK", () => {
  having("SOCK_", {
    STREAM: 1,
    DGRAM: 2,
    SEQPACKET: 5,
    NONBLOCK: 0o4000,
    CLOEXEC: 0o2000000,
  });
});

Deno.test("SO_* are the numbers of asm-generic/socket.h", () => {
  having("SO_", {
    REUSEADDR: 2,
    TYPE: 3,
    ERROR: 4,
    BROADCAST: 6,
    SNDBUF: 7,
    RCVBUF: 8,
    KEEPALIVE: 9,
    LINGER: 13,
    REUSEPORT: 15,
    RCVTIMEO: 20,
    SNDTIMEO: 21,
    BINDTODEVICE: 25,
    ACCEPTCONN: 30,
    PROTOCOL: 38,
    DOMAIN: 39,
    BINDTOIFINDEX: 62,
  });
  assertEquals(constants.SOL_SOCKET, 1);
  assertEquals(constants.SOMAXCONN, 4096);
});

Deno.test("IP_* are the numbers of linux/in.h, those after 3.11 too", () => {
  having("IP_", {
    PKTINFO: 8,
    RECVERR: 11,
    RECVTTL: 12,
    FREEBIND: 15,
    RECVORIGDSTADDR: 20,
    UNBLOCK_SOURCE: 37,
    BLOCK_SOURCE: 38,
    ADD_SOURCE_MEMBERSHIP: 39,
    DROP_SOURCE_MEMBERSHIP: 40,
  });
  assertEquals(constants.SO_ORIGINAL_DST, 80);
  assertEquals(constants.IPV6_RECVERR, 25);
  assertEquals(constants.IPV6_V6ONLY, 26);
});

Deno.test("TCP_* are the numbers of linux/tcp.h, those after 3.11 too", () => {
  having("TCP_", {
    NODELAY: 1,
    MD5SIG: 14,
    THIN_LINEAR_TIMEOUTS: 16,
    THIN_DUPACK: 17,
    USER_TIMEOUT: 18,
    REPAIR: 19,
    REPAIR_QUEUE: 20,
    QUEUE_SEQ: 21,
    REPAIR_OPTIONS: 22,
    FASTOPEN: 23,
    TIMESTAMP: 24,
    NOTSENT_LOWAT: 25,
    CC_INFO: 26,
    SAVE_SYN: 27,
    SAVED_SYN: 28,
    REPAIR_WINDOW: 29,
    FASTOPEN_CONNECT: 30,
    ULP: 31,
    MD5SIG_EXT: 32,
    FASTOPEN_KEY: 33,
    FASTOPEN_NO_COOKIE: 34,
    ZEROCOPY_RECEIVE: 35,
    INQ: 36,
    TX_DELAY: 37,
  });
});

Deno.test("ETHERTYPE_* and ETH_P_ALL are the numbers of linux/if_ether.h", () => {
  having("ETHERTYPE_", { IP: 0x800, ARP: 0x806, VLAN: 0x8100, IPV6: 0x86dd });
  assertEquals(constants.ETH_P_ALL, 3);
});

Deno.test("BTPROTO_* and HCI_* are the numbers of BlueZ's headers", () => {
  having("BTPROTO_", { L2CAP: 0, HCI: 1, SCO: 2, RFCOMM: 3 });
  having("HCI_", { DATA_DIR: 1, FILTER: 2, TIME_STAMP: 3 });
});

Deno.test("MSG_* and masks of 32 bits are positive", () => {
  for (const [name, value] of Object.entries(ours)) {
    if (/^(EAI_|TIPC_WAIT_FOREVER$)/.test(name)) continue;
    assert(typeof value === "string" || value >= 0, name);
  }
  assertEquals(constants.CAN_EFF_FLAG, 2 ** 31);
  assertEquals(constants.INADDR_NONE, 2 ** 32 - 1);
});
