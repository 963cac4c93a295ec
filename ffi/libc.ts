/**
 * The boundary: every libc function this package calls, with its C declaration.
 *
 * @module
 */

/**
 * The calls of a busy loop. `Deno.dlopen` compiles a trampoline for each, which
 * costs 0.5 ms once and saves 3 µs a call.
 *
 * `size_t` and `nfds_t` are `usize` and want a bigint: a number leaves V8's fast
 * path, and a `u32` leaves the register's upper half to chance. `ssize_t` results
 * are read as `i32`: the kernel moves at most 0x7ffff000 bytes at a time.
 */
const compiled = {
  // int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
  //            struct timeval *timeout)
  select: {
    parameters: ["i32", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },

  // int socket(int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // ssize_t recv(int sockfd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags,
  //                  struct sockaddr *src_addr, socklen_t *addrlen)
  recvfrom: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"],
    result: "i32",
  },
  // ssize_t send(int sockfd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t sendto(int sockfd, const void *buf, size_t len, int flags,
  //                const struct sockaddr *dest_addr, socklen_t addrlen)
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "i32",
  },
  // int ioctl(int fd, unsigned long request, int *argp)
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The rest: only their addresses are looked up, and a call costs 4 µs. */
const addressed = {
  // int epoll_create1(int flags)
  epoll_create1: { parameters: ["i32"], result: "i32" },

  // int socketpair(int domain, int type, int protocol, int sv[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen(int sockfd, int backlog)
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int shutdown(int sockfd, int how)
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
  sendfile: { parameters: ["i32", "i32", "buffer", "usize"], result: "i32" },
  // int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen)
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen)
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },

  // int getaddrinfo(const char *node, const char *service,
  //                 const struct addrinfo *hints, struct addrinfo **res)
  getaddrinfo: {
    parameters: ["buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // void freeaddrinfo(struct addrinfo *res)
  freeaddrinfo: { parameters: ["pointer"], result: "void" },
  // const char *gai_strerror(int errcode)
  gai_strerror: { parameters: ["i32"], result: "pointer" },
  // int getnameinfo(const struct sockaddr *addr, socklen_t addrlen, char *host,
  //                 socklen_t hostlen, char *serv, socklen_t servlen, int flags)
  getnameinfo: {
    parameters: ["buffer", "u32", "buffer", "u32", "buffer", "u32", "i32"],
    result: "i32",
  },
  // int gethostname(char *name, size_t len)
  gethostname: { parameters: ["buffer", "usize"], result: "i32" },
  // struct servent *getservbyname(const char *name, const char *proto)
  getservbyname: { parameters: ["buffer", "buffer"], result: "pointer" },
  // int inet_pton(int af, const char *src, void *dst)
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // const char *inet_ntop(int af, const void *src, char *dst, socklen_t size)
  inet_ntop: {
    parameters: ["i32", "buffer", "buffer", "u32"],
    result: "pointer",
  },
  // int inet_aton(const char *cp, struct in_addr *inp)
  inet_aton: { parameters: ["buffer", "buffer"], result: "i32" },
  // struct if_nameindex *if_nameindex(void)
  if_nameindex: { parameters: [], result: "pointer" },
  // void if_freenameindex(struct if_nameindex *ptr)
  if_freenameindex: { parameters: ["pointer"], result: "void" },
  // unsigned int if_nametoindex(const char *ifname)
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  // char *if_indextoname(unsigned int ifindex, char *ifname)
  if_indextoname: { parameters: ["u32", "buffer"], result: "pointer" },

  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // char *strerror(int errnum)
  strerror: { parameters: ["i32"], result: "pointer" },
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Libc = Deno.StaticForeignLibraryInterface<
  typeof compiled & typeof addressed
>;

/** libc's functions by name; the library is opened by the first call at the latest. */
export const libc: Libc = {} as Libc;

let errno_location: Int32Array | undefined;

/** The calling thread's errno. To be read right after the call that failed. */
export function errno(): number {
  return errno_location === undefined ? 0 : errno_location[0]!;
}

/**
 * Why libc cannot be bound on this system, or `null` when it can.
 *
 * @param os As in `Deno.build.os`.
 * @param arch As in `Deno.build.arch`.
 */
export function missing(os: string, arch: string): string | null {
  if (os !== "linux") {
    return `Cannot bind libc: @iomux/py needs Linux, and this system is ${os}`;
  }
  if (arch !== "x86_64" && arch !== "aarch64") {
    return `Cannot bind libc: @iomux/py knows x86_64 and aarch64, and this machine is ${arch}`;
  }
  return null;
}

function open(): void {
  const reason = missing(Deno.build.os, Deno.build.arch);
  if (reason !== null) throw new Deno.errors.NotSupported(reason);
  const addresses: Record<string, { type: "pointer" }> = {};
  for (const name in addressed) addresses[name] = { type: "pointer" };
  const library = Deno.dlopen("libc.so.6", { ...compiled, ...addresses });
  const functions: Record<string, unknown> = { ...library.symbols };
  for (const [name, definition] of Object.entries(addressed)) {
    const pointer = functions[name] as Deno.PointerObject<typeof definition>;
    const target = new Deno.UnsafeFnPointer(pointer, definition);
    functions[name] = target.call.bind(target);
  }
  Object.assign(libc, functions);
  const location = libc.__errno_location() as Deno.PointerObject;
  errno_location = new Int32Array(
    Deno.UnsafePointerView.getArrayBuffer(location, 4),
  );
}

// Opened at import when that needs no asking: a library that is first opened
// inside a test counts as leaked by it.
if (
  missing(Deno.build.os, Deno.build.arch) === null &&
  Deno.permissions.querySync({ name: "ffi" }).state === "granted"
) {
  open();
} else {
  const stubs = libc as Record<string, (...args: unknown[]) => unknown>;
  for (const name of Object.keys({ ...compiled, ...addressed })) {
    stubs[name] = (...args) => {
      open();
      return stubs[name]!(...args);
    };
  }
}
