import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { to_sockaddr } from "../../../py/socket/address.ts";
import { test } from "../../descriptors.ts";
import { encode, throws_errno } from "./setup.ts";

const {
  AF_ALG,
  AF_CAN,
  AF_NETLINK,
  AF_PACKET,
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} = socket;

/** Registers a test that needs a socket of a kind, ignored where none can be had. */
function test_family(
  name: string,
  [family, type, proto]: [family: number, type: number, proto: number],
  fn: (sock: socket.Socket) => void,
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
    const [pid, groups] = sock.getsockname() as socket.NetlinkAddress;
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
    assertEquals(
      [
        ...to_sockaddr(
          {
            fd: sock.fileno(),
            kind: sock,
            timeout: null,
            unblocked: false,
            drained: false,
          },
          [-1, -1],
          "bind",
        ).bytes.subarray(4),
      ],
      Array(8).fill(255),
    );
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
    sock.settimeout(2);
    const [first, address] = sock.recvfrom(2048);
    assertEquals(first, frame);
    const [ifname, proto, pkttype, hatype, addr] =
      address as socket.PacketAddress;
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
    sock.settimeout(2);
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
    const [cid, port] = sock.getsockname() as socket.VsockAddress;
    assertEquals(cid, VMADDR_CID_ANY);
    assert(port >= 1024 && port < VMADDR_PORT_ANY, `${port}`);
    sock.listen(1);
    using other = socket.socket(AF_VSOCK, SOCK_STREAM);
    throws_errno(
      () => other.bind([VMADDR_CID_ANY, port]),
      OSError,
      "EADDRINUSE",
    );
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
