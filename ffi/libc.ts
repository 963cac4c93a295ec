/**
 * The boundary: every libc function that this package calls, with its C declaration.
 *
 * @module
 */

/**
 * The calls of a busy loop. `Deno.dlopen` compiles a trampoline for each, which costs 0.1
 * to 0.2 ms once and saves 1 us a call (bench/prices.ts): send() is sendto() without an address,
 * as in the kernel, and recv_into() is recvfrom().
 *
 * `size_t` and `nfds_t` are `usize` and take a bigint: a number leaves V8's fast path, and a
 * `u32` leaves the register's upper half undefined. Memory with a fixed place, or often NULL, is
 * passed as an address: a buffer costs 10 to 30 ns in each call, and 0.1 ms more to compile.
 * `ssize_t` results are read as `i32`: the kernel moves at most 0x7ffff000 bytes at a time.
 */
const compiled = {
  // int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
  //            struct timeval *timeout)
  select: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
  epoll_ctl: { parameters: ["i32", "i32", "i32", "usize"], result: "i32" },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
  epoll_wait: { parameters: ["i32", "usize", "i32", "i32"], result: "i32" },

  // int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)
  accept4: { parameters: ["i32", "usize", "usize", "i32"], result: "i32" },
  // ssize_t recv(int sockfd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "usize", "usize", "i32"], result: "i32" },
  // ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags,
  //                  struct sockaddr *src_addr, socklen_t *addrlen)
  recvfrom: {
    parameters: ["i32", "buffer", "usize", "i32", "usize", "usize"],
    result: "i32",
  },
  // ssize_t sendto(int sockfd, const void *buf, size_t len, int flags,
  //                const struct sockaddr *dest_addr, socklen_t addrlen)
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "i32",
  },
  // int ioctl(int fd, unsigned long request, int *argp)
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // long syscall(long number, ...)
  syscall: {
    parameters: ["usize", "usize", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  // int clock_gettime(clockid_t clockid, struct timespec *tp)
  clock_gettime: { parameters: ["i32", "usize"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** All other functions: only the address is looked up, and a call costs 1 us more. */
const addressed = {
  // int epoll_create1(int flags)
  epoll_create1: { parameters: ["i32"], result: "i32" },
  // int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *tmo_p,
  //           const sigset_t *sigmask), on a thread of the runtime's pool, which keeps its errno.
  ppoll_parked: {
    parameters: ["usize", "usize", "usize", "usize"],
    result: "i32",
    nonblocking: true,
  },
  // int eventfd(unsigned int initval, int flags)
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // int eventfd_write(int fd, eventfd_t value)
  eventfd_write: { parameters: ["i32", "u64"], result: "i32" },

  // int socket(int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int socketpair(int domain, int type, int protocol, int sv[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen(int sockfd, int backlog)
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int shutdown(int sockfd, int how)
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
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
  // The same, on a thread of the runtime's pool, which keeps its errno.
  getaddrinfo_parked: {
    parameters: ["usize", "usize", "usize", "usize"],
    result: "i32",
    nonblocking: true,
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
  // The same, on a thread of the runtime's pool, which keeps its errno.
  getnameinfo_parked: {
    parameters: ["usize", "u32", "usize", "u32", "usize", "u32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // int gethostname(char *name, size_t len)
  gethostname: { parameters: ["buffer", "usize"], result: "i32" },
  // int sethostname(const char *name, size_t len)
  sethostname: { parameters: ["buffer", "usize"], result: "i32" },
  // int gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buflen,
  //                     struct hostent **result, int *h_errnop)
  gethostbyname_r: {
    parameters: ["buffer", "buffer", "buffer", "usize", "buffer", "buffer"],
    result: "i32",
  },
  // int gethostbyaddr_r(const void *addr, socklen_t len, int type, struct hostent *ret,
  //                     char *buf, size_t buflen, struct hostent **result, int *h_errnop)
  gethostbyaddr_r: {
    parameters: [
      "buffer",
      "u32",
      "i32",
      "buffer",
      "buffer",
      "usize",
      "buffer",
      "buffer",
    ],
    result: "i32",
  },
  // The same two, on a thread of the runtime's pool.
  gethostbyname_r_parked: {
    parameters: ["usize", "usize", "usize", "usize", "usize", "usize"],
    result: "i32",
    nonblocking: true,
  },
  gethostbyaddr_r_parked: {
    parameters: [
      "usize",
      "u32",
      "i32",
      "usize",
      "usize",
      "usize",
      "usize",
      "usize",
    ],
    result: "i32",
    nonblocking: true,
  },
  // const char *hstrerror(int err)
  hstrerror: { parameters: ["i32"], result: "pointer" },
  // int getservbyname_r(const char *name, const char *proto, struct servent *result_buf,
  //                     char *buf, size_t buflen, struct servent **result)
  getservbyname_r: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
  },
  // int getservbyport_r(int port, const char *proto, struct servent *result_buf,
  //                     char *buf, size_t buflen, struct servent **result)
  getservbyport_r: {
    parameters: ["i32", "buffer", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
  },
  // int getprotobyname_r(const char *name, struct protoent *result_buf, char *buf,
  //                      size_t buflen, struct protoent **result)
  getprotobyname_r: {
    parameters: ["buffer", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
  },
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

  // ssize_t readv(int fd, const struct iovec *iov, int iovcnt)
  readv: { parameters: ["i32", "usize", "i32"], result: "i32" },
  // ssize_t writev(int fd, const struct iovec *iov, int iovcnt)
  writev: { parameters: ["i32", "usize", "i32"], result: "i32" },
  // off_t lseek(int fd, off_t offset, int whence)
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  // ssize_t preadv2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags)
  preadv2: {
    parameters: ["i32", "usize", "i32", "i64", "i32"],
    result: "i32",
  },
  // ssize_t pwritev2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags)
  pwritev2: {
    parameters: ["i32", "usize", "i32", "i64", "i32"],
    result: "i32",
  },
  // int ftruncate(int fd, off_t length)
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  // int fsync(int fd)
  fsync: { parameters: ["i32"], result: "i32" },
  // int fdatasync(int fd)
  fdatasync: { parameters: ["i32"], result: "i32" },
  // int pipe2(int pipefd[2], int flags)
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  // int dup2(int oldfd, int newfd)
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  // int dup3(int oldfd, int newfd, int flags)
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int openat(int dirfd, const char *pathname, int flags, mode_t mode)
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  // ssize_t readlink(const char *pathname, char *buf, size_t bufsiz)
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  // int isatty(int fd)
  isatty: { parameters: ["i32"], result: "i32" },
  // int ttyname_r(int fd, char *buf, size_t buflen)
  ttyname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int posix_openpt(int flags)
  posix_openpt: { parameters: ["i32"], result: "i32" },
  // int grantpt(int fd)
  grantpt: { parameters: ["i32"], result: "i32" },
  // int unlockpt(int fd)
  unlockpt: { parameters: ["i32"], result: "i32" },
  // int ptsname_r(int fd, char *buf, size_t buflen)
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int timerfd_create(int clockid, int flags)
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  // int timerfd_settime(int fd, int flags, const struct itimerspec *new_value,
  //                     struct itimerspec *old_value)
  timerfd_settime: {
    parameters: ["i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  // int timerfd_gettime(int fd, struct itimerspec *curr_value)
  timerfd_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  // int memfd_create(const char *name, unsigned int flags)
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // void *calloc(size_t nmemb, size_t size)
  calloc: { parameters: ["usize", "usize"], result: "pointer" },
  // void free(void *ptr)
  free: { parameters: ["pointer"], result: "void" },
  // char *strerror(int errnum)
  strerror: { parameters: ["i32"], result: "pointer" },
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "pointer" },
  // int __cxa_thread_atexit_impl(void (*dtor)(void *), void *obj, void *dso_symbol)
  __cxa_thread_atexit_impl: {
    parameters: ["pointer", "usize", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * System calls that an older glibc lacks: they are made by number then. An older kernel fails
 * them with ENOSYS.
 */
const numbered = {
  // int statx(int dirfd, const char *pathname, int flags, unsigned int mask,
  //           struct statx *statxbuf)
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    number: Deno.build.arch === "x86_64" ? 332 : 291,
  },
  // int pidfd_open(pid_t pid, unsigned int flags)
  pidfd_open: { parameters: ["i32", "u32"], result: "i32", number: 434 },
} as const satisfies Record<string, Deno.ForeignFunction & { number: number }>;

type Libc = Deno.StaticForeignLibraryInterface<
  typeof compiled & typeof addressed & typeof numbered
>;

/**
 * libc's functions by name. The first call opens the library, if the import has not.
 *
 * Look them up for each call: a trace (trace/) replaces them.
 */
export const libc: Libc = {} as Libc;

/**
 * The same functions, never replaced: for the polls inside an `Async` twin, and for a trace's own
 * calls. No trace shows them.
 */
export const untraced: Libc = {} as Libc;

let errno_location: Int32Array | undefined;

/** Returns this thread's errno; read it right after the call that failed. */
export function errno(): number {
  return errno_location![0]!;
}

let close_function: Deno.PointerValue = null;

/**
 * Has libc close a descriptor when this worker's thread ends: a worker is not told of its
 * end. Elsewhere the process ends as well.
 *
 * Nothing else may close it: its number could belong to another file by then.
 */
export function close_at_thread_end(fd: number): void {
  if (!("WorkerGlobalScope" in globalThis)) return;
  // By C's calling convention, close() reads the low half of the destructor's argument.
  untraced.__cxa_thread_atexit_impl(close_function, BigInt(fd), 0n);
}

const waiting: Array<() => void> = [];

/** Runs an action once libc is open: now, or right after the call that opens it. */
export function when_open(action: () => void): void {
  if (errno_location === undefined) waiting.push(action);
  else action();
}

/**
 * Sets this thread's errno, for code that runs between a call and the reading of its errno.
 */
export function set_errno(number: number): void {
  errno_location![0] = number;
}

/**
 * Returns the reason why libc cannot be bound here; `null` if it can.
 *
 * @param os `Deno.build.os`.
 * @param arch `Deno.build.arch`.
 * @param deno `Deno.version.deno`.
 */
export function missing(
  os: string,
  arch: string,
  deno: string,
): string | null {
  if (os !== "linux") {
    return `Cannot bind libc: @iomux/py needs Linux, and this system is ${os}`;
  }
  if (arch !== "x86_64" && arch !== "aarch64") {
    return `Cannot bind libc: @iomux/py knows x86_64 and aarch64, and this machine is ${arch}`;
  }
  const [major = 0, minor = 0] = deno.split(".").map(Number);
  if (major < 2 || (major === 2 && minor < 8)) {
    return `Cannot bind libc: @iomux/py needs Deno 2.8 or newer, and this is Deno ${deno}`;
  }
  return null;
}

/**
 * Copies an object without a prototype: reading an optional field would otherwise find one of
 * Object.prototype.
 */
export function bare<T extends object>(own: T): T {
  return { __proto__: null, ...own };
}

/** Binds the function at an address that dlopen() found, at its first call. */
function bind(pointer: unknown, definition: Deno.ForeignFunction) {
  let target: Deno.UnsafeFnPointer<Deno.ForeignFunction> | undefined;
  return (...args: unknown[]) => {
    target ??= new Deno.UnsafeFnPointer(
      pointer as Deno.PointerObject<Deno.ForeignFunction>,
      bare(definition),
    );
    return target.call(...args as []);
  };
}

const FFI: Deno.PermissionDescriptor = bare({ name: "ffi" });

/** Returns whether all of FFI is allowed, and no part of it denied. */
function is_allowed({ state, partial }: Deno.PermissionStatus): boolean {
  return state === "granted" && !partial;
}

/** Makes a function that throws: this machine's libc lacks the symbol. */
function lacking(symbol: string) {
  return () => {
    throw new Deno.errors.NotSupported(
      `Cannot call ${symbol}(): this machine's libc does not have it`,
    );
  };
}

/** Opens libc; without glibc, as on Alpine, throws the reason in one line. */
function opened(symbols: Deno.ForeignLibraryInterface) {
  try {
    return Deno.dlopen("libc.so.6", symbols);
  } catch (error) {
    const { message } = error as Error;
    throw new Deno.errors.NotSupported(`Cannot bind libc: ${message}`, {
      cause: error,
    });
  }
}

/** Opens the library, if it is not open; this asks for the permission. */
export function open(): void {
  if (errno_location !== undefined) return;
  const { os, arch } = Deno.build;
  const reason = missing(os, arch, Deno.version.deno);
  if (reason !== null) throw new Deno.errors.NotSupported(reason);
  // With a partial permission, Deno resolves the name in the working folder, and would load a
  // file of that name there. With a full one, the loader finds libc.
  if (!is_allowed(Deno.permissions.requestSync(FFI))) {
    throw new Deno.errors.NotCapable(
      "Requires all of ffi access, run again with the --allow-ffi flag without a path",
    );
  }
  const symbols: Record<
    string,
    Deno.ForeignFunction | Deno.ForeignStatic<"pointer">
  > = bare({
    syscall_address: bare({ name: "syscall", type: "pointer" }),
    close_address: bare({ name: "close", type: "pointer" }),
  });
  for (const [name, definition] of Object.entries(compiled)) {
    symbols[name] = bare(definition);
  }
  // Optional: a missing function fails at its first call.
  const pointer: Deno.ForeignStatic<"pointer"> = bare({
    type: "pointer",
    optional: true,
  });
  for (const name of Object.keys({ ...addressed, ...numbered })) {
    // The same function, called on a thread.
    const symbol = name.replace("_parked", "");
    symbols[name] = symbol === name
      ? pointer
      : bare({ ...pointer, name: symbol });
  }
  // After a `delete`, or without a prototype, V8 would look functions up in a hash table.
  const { syscall_address, close_address, ...functions } = opened(symbols)
    .symbols as Record<string, unknown>;
  for (const [name, definition] of Object.entries(addressed)) {
    functions[name] = functions[name] === null
      ? lacking(name)
      : bind(functions[name], definition);
  }
  for (const [name, definition] of Object.entries(numbered)) {
    const { parameters, result, number } = definition;
    // long syscall(long number, ...)
    functions[name] = functions[name] === null
      ? bind(syscall_address, {
        parameters: ["i64", ...parameters],
        result,
      }).bind(null, BigInt(number))
      : bind(functions[name], definition);
  }
  close_function = close_address as Deno.PointerObject;
  Object.assign(libc, functions);
  Object.assign(untraced, functions);
  const location = libc.__errno_location() as Deno.PointerObject;
  errno_location = new Int32Array(
    Deno.UnsafePointerView.getArrayBuffer(location, 4),
  );
  for (const action of waiting.splice(0)) action();
}

// Opened at import if that needs no prompt: a library that a test opens counts as its leak.
if (is_allowed(Deno.permissions.querySync(FFI))) {
  try {
    open();
  } catch {
    // An import never fails: the first call throws the same error.
  }
}
// Stubs only if needed: V8 treats a property that is assigned once as a constant.
if (errno_location === undefined) {
  for (const table of [libc, untraced]) {
    const stubs = table as Record<string, (...args: unknown[]) => unknown>;
    for (const name in { ...compiled, ...addressed, ...numbered }) {
      stubs[name] = (...args) => {
        open();
        return stubs[name]!(...args);
      };
    }
  }
}
