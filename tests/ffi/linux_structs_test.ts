import { assertEquals } from "@std/assert";
import {
  cmsg_len,
  cmsg_space,
  cmsgs_write,
  iovec_set,
  IOVEC_WORDS,
  msghdr_set,
  MSGHDR_WORDS,
} from "../../ffi/msghdr.ts";
import { tcp_info_fields } from "../../ffi/structs.ts";
import * as ffi from "../../ffi/sockaddr.ts";
import { compiled, has_cc } from "../machine.ts";

const program = String.raw`
#define _GNU_SOURCE
// First: older headers of Linux use struct sockaddr without declaring it.
#include <sys/socket.h>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tcp.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *comma = "{";

static void bytes(const char *name, const void *at, size_t size) {
  printf("%s\"%s\": [", comma, name), comma = ",";
  for (size_t i = 0; i < size; i++)
    printf("%s%d", i ? "," : "", ((const unsigned char *)at)[i]);
  printf("]");
}
#define BYTES(struct) bytes(#struct, &struct, sizeof struct)
#define CLEAR(struct) memset(&struct, 0, sizeof struct)
#define FIELD(field) printf("%s\"%s\": %zu", comma, #field, offsetof(struct tcp_info, field)), comma = ","

int main(void) {
  struct msghdr msghdr; CLEAR(msghdr);
  msghdr.msg_name = (void *)0x7f0102030405, msghdr.msg_namelen = 28;
  msghdr.msg_iov = (void *)0x7f1112131415, msghdr.msg_iovlen = 3;
  msghdr.msg_control = (void *)0x7f2122232425, msghdr.msg_controllen = 536;
  BYTES(msghdr);
  struct iovec iovec = {(void *)0x7f0102030405, 0x0123456789}; BYTES(iovec);

  int fd = 7; unsigned char one = 9;
  union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof fd) + CMSG_SPACE(sizeof one)]; } control;
  CLEAR(control);
  msghdr.msg_control = control.bytes, msghdr.msg_controllen = sizeof control.bytes;
  struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msghdr);
  cmsg->cmsg_len = CMSG_LEN(sizeof fd), cmsg->cmsg_level = SOL_SOCKET, cmsg->cmsg_type = SCM_RIGHTS;
  memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
  cmsg = CMSG_NXTHDR(&msghdr, cmsg);
  cmsg->cmsg_len = CMSG_LEN(sizeof one), cmsg->cmsg_level = 41, cmsg->cmsg_type = 50;
  memcpy(CMSG_DATA(cmsg), &one, sizeof one);
  BYTES(control);
  int lengths[] = {CMSG_LEN(0), CMSG_LEN(5), CMSG_SPACE(0), CMSG_SPACE(5), CMSG_SPACE(8)};
  BYTES(lengths);

  struct sockaddr_ll ll; CLEAR(ll);
  ll.sll_family = AF_PACKET, ll.sll_protocol = __builtin_bswap16(0x0806), ll.sll_ifindex = 2;
  ll.sll_hatype = 772, ll.sll_pkttype = 4, ll.sll_halen = 6;
  memcpy(ll.sll_addr, "\1\2\3\4\5\6", 6);
  BYTES(ll);
  struct sockaddr_nl nl; CLEAR(nl);
  nl.nl_family = AF_NETLINK, nl.nl_pid = 4711, nl.nl_groups = 0x80000001;
  BYTES(nl);
  struct sockaddr_vm vm; CLEAR(vm);
  vm.svm_family = AF_VSOCK, vm.svm_cid = 3, vm.svm_port = 9999;
  BYTES(vm);
  struct sockaddr_can can; CLEAR(can);
  can.can_family = AF_CAN, can.can_ifindex = 5;
  can.can_addr.tp.rx_id = 0x80000123, can.can_addr.tp.tx_id = 0x456;
  bytes("isotp", &can, sizeof can);
  CLEAR(can.can_addr);
  can.can_addr.j1939.name = 0x8102030405060708, can.can_addr.j1939.pgn = 0x3ff00, can.can_addr.j1939.addr = 0xfe;
  bytes("j1939", &can, sizeof can);
  struct sockaddr_tipc tipc; CLEAR(tipc);
  tipc.family = AF_TIPC, tipc.addrtype = TIPC_ADDR_NAMESEQ, tipc.scope = TIPC_NODE_SCOPE;
  tipc.addr.nameseq.type = 1, tipc.addr.nameseq.lower = 2, tipc.addr.nameseq.upper = 3;
  BYTES(tipc);
  struct sockaddr_qrtr qrtr; CLEAR(qrtr);
  qrtr.sq_family = 42, qrtr.sq_node = 1, qrtr.sq_port = 2;
  BYTES(qrtr);
  struct sockaddr_alg alg; CLEAR(alg);
  alg.salg_family = AF_ALG, alg.salg_feat = 1, alg.salg_mask = 2;
  strcpy((char *)alg.salg_type, "hash"), strcpy((char *)alg.salg_name, "sha256");
  BYTES(alg);
  struct ifreq ifreq; CLEAR(ifreq);
  strcpy(ifreq.ifr_name, "eth0"), ifreq.ifr_ifindex = 4;
  BYTES(ifreq);

  FIELD(tcpi_rto); FIELD(tcpi_fackets); FIELD(tcpi_rtt); FIELD(tcpi_reordering);
  FIELD(tcpi_total_retrans); FIELD(tcpi_pacing_rate); FIELD(tcpi_segs_in);
  FIELD(tcpi_delivery_rate); FIELD(tcpi_delivered_ce); FIELD(tcpi_bytes_sent); FIELD(tcpi_snd_wnd);
  puts("}");
}
`;

/** Why the program cannot be compiled, for the test's name. */
const reason = (() => {
  try {
    const headers = ["linux/qrtr.h", "linux/tipc.h", "linux/vm_sockets.h"];
    for (const one of headers) Deno.statSync(`/usr/include/${one}`);
    if (has_cc()) return "";
  } catch {
    // There are none.
  }
  return " (ignored: there is no cc, or no Linux headers)";
})();

/** Where a field of a `struct tcp_info` lies: where a byte that is set shows in it. */
function offset_of(field: string): number {
  for (let at = 0; at < 248; at++) {
    const bytes = new Uint8Array(248);
    bytes[at] = 1;
    if (tcp_info_fields(bytes)[field] === 1) return at;
  }
  return -1;
}

Deno.test({
  name: `structs of Linux's own are what this machine's C headers say${reason}`,
  ignore: reason !== "",
  fn() {
    const encode = (text: string) => new TextEncoder().encode(text);
    const msghdr = new BigUint64Array(MSGHDR_WORDS);
    msghdr_set(
      msghdr,
      { address: 0x7f0102030405n, length: 28 },
      { address: 0x7f1112131415n, length: 3 },
      { address: 0x7f2122232425n, length: 536 },
    );
    const iovec = new BigUint64Array(IOVEC_WORDS);
    iovec_set(iovec, 0, { address: 0x7f0102030405n, length: 0x0123456789 });
    const lengths = [
      ...[0, 5].map(cmsg_len),
      ...[0, 5, 8].map(cmsg_space),
    ];
    const structs: Record<string, Uint8Array> = {
      msghdr: new Uint8Array(msghdr.buffer),
      iovec: new Uint8Array(iovec.buffer),
      control: cmsgs_write([
        [1, 1, new Uint8Array([7, 0, 0, 0])],
        [41, 50, new Uint8Array([9])],
      ]),
      lengths: new Uint8Array(new Int32Array(lengths).buffer),
      ll: ffi.sockaddr_ll(17, {
        protocol: 0x0806,
        ifindex: 2,
        hatype: 772,
        pkttype: 4,
        addr: new Uint8Array([1, 2, 3, 4, 5, 6]),
      }),
      nl: ffi.sockaddr_nl(16, 4711, 0x80000001),
      vm: ffi.sockaddr_vm(40, 3, 9999),
      isotp: ffi.sockaddr_can(29, {
        ifindex: 5,
        tp: { rx_id: 0x80000123, tx_id: 0x456 },
      }),
      j1939: ffi.sockaddr_can(29, {
        ifindex: 5,
        j1939: { name: 0x8102030405060708n, pgn: 0x3ff00, addr: 0xfe },
      }),
      tipc: ffi.sockaddr_tipc(30, 1, [1, 2, 3], 3),
      qrtr: ffi.sockaddr_qrtr(42, 1, 2),
      alg: ffi.sockaddr_alg(38, {
        type: encode("hash"),
        name: encode("sha256"),
        feat: 1,
        mask: 2,
      }),
      ifreq: ffi.ifreq(encode("eth0"), 4),
    };
    const expected: Record<string, number | number[]> = {};
    for (const name in structs) expected[name] = [...structs[name]!];
    const answers = compiled(program) as typeof expected;
    for (const name in answers) {
      if (name.startsWith("tcpi_")) expected[name] = offset_of(name);
    }
    assertEquals(answers, expected);
  },
});
