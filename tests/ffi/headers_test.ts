import { assertEquals } from "@std/assert";
import { ADDRINFO_SIZE } from "../../ffi/netdb.ts";
import {
  epoll_event_layout,
  FD_SET,
  fd_set_words,
  pollfd_set,
  POLLFD_WORDS,
  statx_fields,
  STATX_SIZE,
  tcp_info_fields,
  timeval_set,
  TIMEVAL_WORDS,
} from "../../ffi/structs.ts";
import * as ffi from "../../ffi/sockaddr.ts";
import {
  sockaddr_in,
  sockaddr_in6,
  SOCKADDR_IN6_SIZE,
  SOCKADDR_IN_SIZE,
  SOCKADDR_STORAGE_SIZE,
  SUN_PATH_OFFSET,
  SUN_PATH_SIZE,
} from "../../ffi/sockaddr.ts";
import { compiled, has_cc } from "../machine.ts";
import {
  cmsg_len,
  cmsg_space,
  cmsgs_write,
  iovec_set,
  IOVEC_WORDS,
  msghdr_set,
  MSGHDR_WORDS,
} from "../../ffi/msghdr.ts";

// What both programs begin with: they print JSON.
const PRELUDE = String.raw`#define _GNU_SOURCE
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
#define NUMBER(name, value) printf("%s\"%s\": %zu", comma, name, (size_t)(value)), comma = ","
#define SIZE(name) NUMBER(#name, sizeof(struct name))
#define OFFSET(name, field) NUMBER(#name "." #field, offsetof(struct name, field))
`;

const program = String.raw`${PRELUDE}
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>

int main(void) {
  SIZE(epoll_event); OFFSET(epoll_event, data); SIZE(timeval); SIZE(pollfd); SIZE(addrinfo);
  OFFSET(addrinfo, ai_family); OFFSET(addrinfo, ai_socktype); OFFSET(addrinfo, ai_protocol);
  OFFSET(addrinfo, ai_addrlen); OFFSET(addrinfo, ai_addr); OFFSET(addrinfo, ai_canonname);
  OFFSET(addrinfo, ai_next); SIZE(sockaddr_in); SIZE(sockaddr_in6); SIZE(sockaddr_storage);
  NUMBER("sun_path", offsetof(struct sockaddr_un, sun_path));
  NUMBER("sun_path.length", sizeof(((struct sockaddr_un *)0)->sun_path));

  fd_set set;
  FD_ZERO(&set);
  FD_SET(0, &set); FD_SET(33, &set); FD_SET(63, &set); FD_SET(1023, &set);
  bytes("set", &set, sizeof set);
  struct pollfd pollfd = {.fd = 258, .events = POLLIN | POLLRDHUP};
  bytes("poll", &pollfd, sizeof pollfd);
  struct timeval timeval = {.tv_sec = 86401, .tv_usec = 250000};
  bytes("time", &timeval, sizeof timeval);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(8080),
                           .sin_addr.s_addr = htonl(0x7f000001)};
  bytes("in", &in, sizeof in);
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443),
                             .sin6_flowinfo = htonl(0xa1b2c), .sin6_scope_id = 3,
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  bytes("in6", &in6, sizeof in6);
  struct statx statx = {.stx_mode = 0140777, .stx_ino = 1, .stx_nlink = 2,
                        .stx_uid = 3, .stx_gid = 4, .stx_size = 5,
                        .stx_blksize = 6, .stx_blocks = 7,
                        .stx_atime = {8, 9}, .stx_mtime = {10, 11},
                        .stx_ctime = {-12, 13}, .stx_btime = {16, 17},
                        .stx_dev_major = 14, .stx_dev_minor = 0x3ff,
                        .stx_rdev_major = 0x12fff, .stx_rdev_minor = 15};
  bytes("statx", &statx, sizeof statx);
  NUMBER("dev", makedev(14, 0x3ff));
  NUMBER("rdev", makedev(0x12fff, 15));
  puts("}");
}
`;

const ignore = !has_cc();

Deno.test({
  name:
    "ffi/structs.ts, sockaddr.ts and netdb.ts lay structs out as this machine's C headers do" +
    (ignore ? " (ignored: there is no cc)" : ""),
  ignore,
  fn() {
    const { words, data } = epoll_event_layout(Deno.build.arch);
    const set = new Int32Array(fd_set_words(1024));
    for (const fd of [0, 33, 63, 1023]) FD_SET(fd, set);
    const pollfd = new Int32Array(POLLFD_WORDS);
    pollfd_set(pollfd, 0, 258, 0x2001);
    const timeval = new Uint32Array(TIMEVAL_WORDS);
    timeval_set(timeval, 86401.25);
    const loopback = Uint8Array.from(
      { length: 16 },
      (_, i) => i === 15 ? 1 : 0,
    );

    // C writes these bytes, and statx_fields() reads them.
    const { statx, dev, rdev, ...others } = compiled(program) as Record<
      string,
      unknown
    >;
    assertEquals((statx as number[]).length, STATX_SIZE);
    assertEquals(statx_fields(Uint8Array.from(statx as number[])), {
      mode: 0o140777,
      ino: 1n,
      nlink: 2,
      uid: 3,
      gid: 4,
      size: 5n,
      blksize: 6,
      blocks: 7n,
      atime: 8_000_000_009n,
      mtime: 10_000_000_011n,
      ctime: -11_999_999_987n,
      btime: 16_000_000_017n,
      dev: dev as number,
      rdev: rdev as number,
    });
    assertEquals<unknown>(others, {
      "epoll_event": 4 * words,
      "epoll_event.data": 4 * data,
      "timeval": 4 * TIMEVAL_WORDS,
      "pollfd": 4 * POLLFD_WORDS,
      "addrinfo": ADDRINFO_SIZE,
      "addrinfo.ai_family": 4,
      "addrinfo.ai_socktype": 8,
      "addrinfo.ai_protocol": 12,
      "addrinfo.ai_addrlen": 16,
      "addrinfo.ai_addr": 24,
      "addrinfo.ai_canonname": 32,
      "addrinfo.ai_next": 40,
      "sockaddr_in": SOCKADDR_IN_SIZE,
      "sockaddr_in6": SOCKADDR_IN6_SIZE,
      "sockaddr_storage": SOCKADDR_STORAGE_SIZE,
      "sun_path": SUN_PATH_OFFSET,
      "sun_path.length": SUN_PATH_SIZE,
      "set": [...new Uint8Array(set.buffer)],
      "poll": [...new Uint8Array(pollfd.buffer)],
      "time": [...new Uint8Array(timeval.buffer)],
      "in": [...sockaddr_in(2, new Uint8Array([127, 0, 0, 1]), 8080)],
      "in6": [...sockaddr_in6(10, loopback, 443, 0xa1b2c, 3)],
    });
  },
});

const linux_program = String.raw`${PRELUDE}
// This one first: older headers of Linux use struct sockaddr without declaring it.
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

#define BYTES(struct) bytes(#struct, &struct, sizeof struct)
#define CLEAR(struct) memset(&struct, 0, sizeof struct)
#define FIELD(field) NUMBER(#field, offsetof(struct tcp_info, field))

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
    // The headers are missing.
  }
  return " (ignored: there is no cc, or no Linux headers)";
})();

/** The offset of a field of `struct tcp_info`: the byte that, when set, changes the field. */
function offset_of(field: string): number {
  for (let at = 0; at < 248; at++) {
    const bytes = new Uint8Array(248);
    bytes[at] = 1;
    if (tcp_info_fields(bytes)[field] === 1) return at;
  }
  return -1;
}

Deno.test({
  name:
    `ffi/msghdr.ts, sockaddr.ts and structs.ts lay structs out as Linux's headers do${reason}`,
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
    const lengths = [...[0, 5].map(cmsg_len), ...[0, 5, 8].map(cmsg_space)];
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
      qrtr: ffi.sockaddr_nl(42, 1, 2),
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
    const answers = compiled(linux_program) as typeof expected;
    for (const name in answers) {
      if (name.startsWith("tcpi_")) expected[name] = offset_of(name);
    }
    assertEquals(answers, expected);
  },
});
