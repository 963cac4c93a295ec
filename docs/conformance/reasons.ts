/**
 * What the package has not, and why; and what not every Python has.
 *
 * @module
 */

/** Names, separated by spaces, and why they are not here. */
export type Reason = readonly [names: string, why: string];

const QUEUE: readonly Reason[] = [
  ["all_tasks_done mutex not_empty not_full", "locks of threads"],
  ["queue", "the container inside, which Python does not document"],
];

/** By module, and by object as `docs/conformance/names.py` names it. */
export const missing: Readonly<Record<string, readonly Reason[]>> = {
  selectors: [
    [
      "ABCMeta Mapping abstractmethod math namedtuple select sys",
      "what selectors.py imports for its own use",
    ],
  ],
  "selectors.SelectorKey": [
    [
      "count index",
      "methods of every tuple; read the fields by name or in order",
    ],
  ],
  socket: [
    [
      "AddressInfo",
      "an enumeration; here it is the type of what `getaddrinfo()` returns",
    ],
    [
      "SocketIO",
      "the raw file in what `makefile()` returns",
    ],
    ["CAPI", "a capsule for C extensions"],
    [
      "EAGAIN EBADF EWOULDBLOCK IntEnum IntFlag array errno io os selectors sys",
      "what socket.py imports for its own use",
    ],
  ],
  socketserver: [
    [
      "ThreadingMixIn ThreadingTCPServer ThreadingUDPServer " +
      "ThreadingUnixDatagramServer ThreadingUnixStreamServer",
      "there are no threads; `serve_foreverAsync()` serves `async` handlers side by side",
    ],
    [
      "ForkingMixIn ForkingTCPServer ForkingUDPServer " +
      "ForkingUnixDatagramServer ForkingUnixStreamServer",
      "a child of fork(2) would have only one of Deno's threads, and hang",
    ],
    [
      "BufferedIOBase os selectors socket sys threading time",
      "what socketserver.py imports for its own use",
    ],
  ],
  "queue.Queue": QUEUE,
  "queue.LifoQueue": QUEUE,
  "queue.PriorityQueue": QUEUE,
  queue: [
    [
      "deque heappop heappush threading time types",
      "what queue.py imports for its own use",
    ],
  ],
  os: [
    [
      "fchmod fchown fpathconf fstatvfs lockf F_LOCK F_TEST F_TLOCK " +
      "F_ULOCK posix_fadvise posix_fallocate POSIX_FADV_DONTNEED " +
      "POSIX_FADV_NOREUSE POSIX_FADV_NORMAL POSIX_FADV_RANDOM " +
      "POSIX_FADV_SEQUENTIAL POSIX_FADV_WILLNEED copy_file_range",
      "for files on disk: use `Deno.FsFile`",
    ],
    [
      "pread preadv pwrite pwritev RWF_APPEND RWF_DSYNC RWF_HIPRI " +
      "RWF_NOWAIT RWF_SYNC",
      "for files on disk: use `lseek`, then `read` or `write`",
    ],
    [
      "splice SPLICE_F_MORE SPLICE_F_MOVE SPLICE_F_NONBLOCK",
      "for copies within the kernel: use `sendfile`",
    ],
    [
      "grantpt posix_openpt ptsname unlockpt login_tty forkpty",
      "for making a terminal step by step: use `openpty`",
    ],
    [
      "tcgetpgrp tcsetpgrp get_terminal_size terminal_size device_encoding",
      "for shells and screens: use `Deno.consoleSize`",
    ],
    ["closerange", "it would close descriptors of the runtime itself"],
    ["fdopen", "Python's io layer has no counterpart"],
  ],
};

/** By module and object: what Python has only since a version. */
export const since: Readonly<Record<string, Readonly<Record<string, string>>>> =
  {
    "3.12": {
      socket: "ETHERTYPE_ARP ETHERTYPE_IP ETHERTYPE_IPV6 ETHERTYPE_VLAN " +
        "ETH_P_ALL IP_ADD_SOURCE_MEMBERSHIP IP_BLOCK_SOURCE " +
        "IP_DROP_SOURCE_MEMBERSHIP IP_PKTINFO IP_UNBLOCK_SOURCE TCP_CC_INFO " +
        "TCP_FASTOPEN_CONNECT TCP_FASTOPEN_KEY TCP_FASTOPEN_NO_COOKIE " +
        "TCP_INQ TCP_MD5SIG TCP_MD5SIG_EXT TCP_QUEUE_SEQ TCP_REPAIR " +
        "TCP_REPAIR_OPTIONS TCP_REPAIR_QUEUE TCP_REPAIR_WINDOW " +
        "TCP_SAVED_SYN TCP_SAVE_SYN TCP_THIN_DUPACK " +
        "TCP_THIN_LINEAR_TIMEOUTS TCP_TIMESTAMP TCP_TX_DELAY TCP_ULP " +
        "TCP_ZEROCOPY_RECEIVE",
      socketserver: "ForkingUnixDatagramServer ForkingUnixStreamServer",
    },
    "3.13": {
      socket: "NI_IDN SO_BINDTOIFINDEX",
      queue: "ShutDown",
      "queue.Queue": "is_shutdown shutdown",
      "queue.LifoQueue": "is_shutdown shutdown",
      "queue.PriorityQueue": "is_shutdown shutdown",
      os: "TFD_CLOEXEC TFD_NONBLOCK TFD_TIMER_ABSTIME " +
        "TFD_TIMER_CANCEL_ON_SET grantpt posix_openpt ptsname " +
        "timerfd_create timerfd_gettime timerfd_gettime_ns timerfd_settime " +
        "timerfd_settime_ns unlockpt",
    },
  };

/** By module: what CPython 3.13 has where it was built with headers that not all have. */
export const built: Readonly<Record<string, string>> = {
  socket: "AF_BLUETOOTH BDADDR_ANY BDADDR_LOCAL BTPROTO_HCI BTPROTO_L2CAP " +
    "BTPROTO_RFCOMM BTPROTO_SCO CAN_RAW_ERR_FILTER HCI_DATA_DIR HCI_FILTER " +
    "HCI_TIME_STAMP SOL_HCI",
  os: "PIDFD_NONBLOCK",
};
