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
  timeval_set,
  TIMEVAL_WORDS,
} from "../../ffi/structs.ts";
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

const program = String.raw`
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>

#define NUMBER(name, value) printf("%s\"%s\": %zu", comma, name, (size_t)(value)), comma = ","
static const char *comma = "{";

static void bytes(const char *name, const void *at, size_t size) {
  printf("%s\"%s\": [", comma, name);
  for (size_t i = 0; i < size; i++)
    printf("%s%d", i ? "," : "", ((const unsigned char *)at)[i]);
  printf("]");
}

int main(void) {
  NUMBER("epoll_event", sizeof(struct epoll_event));
  NUMBER("epoll_event.data", offsetof(struct epoll_event, data));
  NUMBER("timeval", sizeof(struct timeval));
  NUMBER("pollfd", sizeof(struct pollfd));
  NUMBER("addrinfo", sizeof(struct addrinfo));
  NUMBER("addrinfo.ai_family", offsetof(struct addrinfo, ai_family));
  NUMBER("addrinfo.ai_socktype", offsetof(struct addrinfo, ai_socktype));
  NUMBER("addrinfo.ai_protocol", offsetof(struct addrinfo, ai_protocol));
  NUMBER("addrinfo.ai_addrlen", offsetof(struct addrinfo, ai_addrlen));
  NUMBER("addrinfo.ai_addr", offsetof(struct addrinfo, ai_addr));
  NUMBER("addrinfo.ai_canonname", offsetof(struct addrinfo, ai_canonname));
  NUMBER("addrinfo.ai_next", offsetof(struct addrinfo, ai_next));
  NUMBER("sockaddr_in", sizeof(struct sockaddr_in));
  NUMBER("sockaddr_in6", sizeof(struct sockaddr_in6));
  NUMBER("sockaddr_storage", sizeof(struct sockaddr_storage));
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
                        .stx_ctime = {-12, 13},
                        .stx_dev_major = 14, .stx_dev_minor = 0x3ff,
                        .stx_rdev_major = 0xfff, .stx_rdev_minor = 15};
  bytes("statx", &statx, sizeof statx);
  NUMBER("dev", makedev(14, 0x3ff));
  NUMBER("rdev", makedev(0xfff, 15));
  puts("}");
}
`;

const ignore = !has_cc();

Deno.test({
  name: "structs are what this machine's C headers say" +
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

    // The bytes go the other way here: C writes them, and we read.
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
