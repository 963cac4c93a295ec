import {
  close_fd,
  duplicate,
  is_cloexec,
  set_cloexec,
} from "../../ffi/descriptor.ts";
import { EBADF } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { copy } from "../../ffi/memory.ts";
import { closing } from "../../ffi/reactor.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  check_unshrunk,
  type FileDescriptorLike,
  fileno,
  int,
  type Keywords,
  keywords,
  length_of,
  options_of,
  safe,
  timeout_of,
  total,
  truth,
  views_of,
} from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import type { WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import { EPOLLIN, EPOLLOUT } from "../select.ts";
import {
  type Address,
  type AddressLike,
  destination,
  destination_async,
  getpeername,
  getsockname,
  type InetAddress,
  resolve,
  to_sockaddr,
  written_address,
} from "./address.ts";
import type { TextOptions } from "./codec.ts";
import {
  accept,
  accept_async,
  check_connected,
  Clients,
  connect,
  connect_async,
  connected_errno,
} from "./connection.ts";
import {
  AF_ALG,
  SO_DOMAIN,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import {
  drains,
  getdefaulttimeout,
  type Handle,
  is_inet,
  kind_of,
  settimeout,
  until_tried,
} from "./handle.ts";
import {
  type FileModes,
  type FileOptions,
  makefile,
  type Source,
  type Target,
} from "./makefile.ts";
import {
  alg_ancdata,
  type AlgOptions,
  type AncillaryData,
  type AncillaryDataLike,
  control_of,
  recvmsg,
  recvmsg_into,
  sendmsg,
} from "./message.ts";
import { name_of } from "./names.ts";
import {
  getsockopt_bytes,
  getsockopt_int,
  option_of,
  setsockopt,
} from "./options.ts";
import {
  check_room,
  check_size,
  into_options,
  recv,
  recv_async,
  recv_into,
  recv_into_async,
  recvfrom,
  recvfrom_into,
  type RecvIntoOptions,
} from "./receive.ts";
import { check_net } from "./refusals.ts";
import {
  check_count,
  packet,
  packets,
  send,
  sendall,
  sendall_async,
  sendfile,
  sendfile_async,
  type SendfileOptions,
  sendto,
} from "./send.ts";
import { shutdown, Streams } from "./streams.ts";

// Python's default: min(SOMAXCONN, 128).
const DEFAULT_BACKLOG = 128;

const FILE = ["mode", "buffering"];
const TEXT = ["encoding", "errors", "newline"];
const PART = ["offset", "count"];
const ALG = ["op", "iv", "assoclen", "flags"];

/** Returns a socket's handle, for other modules of the package. */
export let handle_of: (sock: Socket) => Handle;

/**
 * A socket, as {@linkcode socket} makes it: Python's `socket.socket` object, socket(7).
 *
 * It owns its descriptor until `close()` or `detach()`; afterwards its calls fail with EBADF,
 * even if the number is in use again. The garbage collector does not close it.
 *
 * The calls that end in `Async` wait without stopping the event loop. They respect the socket's
 * time-out, but wait on a non-blocking socket, too.
 *
 * @typeParam A The shape of its addresses, which follows from its family: `[host, port]` for
 * AF_INET.
 */
export class Socket<A extends Address = Address>
  implements
    Disposable,
    AsyncDisposable,
    AsyncIterable<[conn: Socket<A>, address: A]> {
  readonly #handle: Handle;
  #streams: Streams | null = null;

  static {
    handle_of = (sock) => sock.#handle;
  }

  /**
   * Makes a socket that owns a descriptor. Use {@linkcode socket}.
   *
   * @param fd The socket's descriptor.
   * @param family Its family.
   * @param type Its type.
   * @param proto Its protocol.
   * @param timeout Its time-out in seconds; 0 if it is non-blocking, `null` if it blocks.
   */
  constructor(
    fd: number,
    family: number,
    type: number,
    proto: number,
    timeout: number | null,
  ) {
    this.#handle = {
      fd: int(fd, "fd", -1),
      kind: kind_of(family, type, proto),
      timeout: timeout_of(timeout),
      unblocked: false,
      drained: -1,
      drains: null,
    };
  }

  /** The address family: AF_INET, AF_INET6, AF_UNIX. */
  get family(): number {
    return this.#handle.kind.family;
  }

  /** The type: SOCK_STREAM, SOCK_DGRAM. */
  get type(): number {
    return this.#handle.kind.type;
  }

  /** The protocol: 0, IPPROTO_TCP. */
  get proto(): number {
    return this.#handle.kind.proto;
  }

  /** The time-out in seconds, as `gettimeout()` returns it. */
  get timeout(): number | null {
    return this.#handle.timeout;
  }

  /**
   * Accepts a client: accept4(2).
   *
   * @returns A socket for the client, blocking unless a default time-out is set, and the client's
   * address.
   * @throws {BlockingIOError} If no client waits and the socket is non-blocking.
   * @throws {TimeoutError} If no client connects in time.
   * @throws {OSError} EMFILE or ENFILE if no descriptor is free; EINVAL if the socket does
   * not listen, EBADF if it is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket();
   * server.bind(["127.0.0.1", 0]);
   * server.listen();
   * using client = socket.socket();
   * client.connect(server.getsockname());
   * const [conn, address] = server.accept();
   * assertEquals(address, client.getsockname());
   * conn.close();
   * ```
   */
  accept(): [conn: Socket<A>, address: A] {
    return this.#accepted(accept(this.#handle));
  }

  /**
   * Accepts a client as {@linkcode accept} does, without stopping the event loop.
   *
   * @param options `signal`, to end the wait: no client has been accepted then.
   * @returns A socket for the client, and the client's address.
   * @throws As `accept`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertRejects } from "@std/assert";
   *
   * using server = socket.socket();
   * server.listen();
   * const signal = AbortSignal.timeout(10);
   * await assertRejects(() => server.acceptAsync({ signal }), DOMException);
   * ```
   */
  acceptAsync(
    options?: WaitOptions,
  ): Promise<[conn: Socket<A>, address: A]> {
    return accept_async(this.#handle, (fd) => this.#accepted(fd), options);
  }

  #accepted(fd: number): [conn: Socket<A>, address: A] {
    const { family, type, proto } = this.#handle.kind;
    const address = written_address<A>(this.#handle);
    const timeout = getdefaulttimeout();
    const client = new Socket<A>(fd, family, type, proto, timeout);
    client.#handle.drains = drains(this.#handle);
    return [client, address];
  }

  /**
   * Gives the socket an address: bind(2).
   *
   * @param address `[host, port]`; host `""` for every interface, port 0 for any free port. For
   * AF_UNIX a path, which must not exist yet.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {gaierror} If the host cannot be resolved.
   * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES, or EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assert } from "@std/assert";
   *
   * using server = socket.socket();
   * server.bind(["127.0.0.1", 0]);
   * const [, port] = server.getsockname();
   * assert(port > 0);
   * ```
   */
  bind(address: AddressLike): void {
    const to = to_sockaddr(this.#handle, address, "bind");
    check_net(to.host, to.bytes, false);
    const { fd } = this.#handle;
    syscall("bind", () => libc.bind(fd, to.bytes, to.bytes.length));
  }

  /** Closes the socket and its streams; a second call does nothing. */
  close(): void {
    const { fd } = this.#handle;
    if (fd === -1) return;
    this.#handle.fd = -1;
    try {
      close_fd(fd);
    } finally {
      this.#streams?.closed();
    }
  }

  /**
   * Connects to an address: connect(2).
   *
   * @param address `[host, port]`, or a path for AF_UNIX.
   * @throws {BlockingIOError} EINPROGRESS, if the socket is non-blocking: wait until it is
   * writable, then read SO_ERROR.
   * @throws {TimeoutError} If there is no answer in time.
   * @throws {ConnectionRefusedError} If no socket listens there.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {gaierror} If the host cannot be resolved.
   * @throws {OSError} EISCONN, ENETUNREACH, or EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { ConnectionRefusedError, socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using unused = socket.socket();
   * unused.bind(["127.0.0.1", 0]);
   * const address = unused.getsockname();
   * using client = socket.socket();
   * assertThrows(() => client.connect(address), ConnectionRefusedError);
   * ```
   */
  connect(address: AddressLike): void {
    const to = destination(this.#handle, address, "connect");
    check_connected(connect(this.#handle, to));
  }

  /**
   * Connects to an address as {@linkcode connect} does, without stopping the event loop; a host's
   * name is resolved first.
   *
   * @param address `[host, port]`, or a path for AF_UNIX.
   * @param options `signal`, to end the wait: close the socket then.
   * @throws As `connect`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket();
   * server.bind(["127.0.0.1", 0]);
   * server.listen();
   * using client = socket.socket();
   * await client.connectAsync(server.getsockname());
   * const [conn, address] = await server.acceptAsync();
   * assertEquals(address, client.getsockname());
   * conn.close();
   * ```
   */
  connectAsync(address: AddressLike, options?: WaitOptions): Promise<void> {
    return connect_async(this.#handle, address, "connect", options)
      .then(check_connected);
  }

  /**
   * Connects to an address, and returns the error number instead of throwing.
   *
   * @param address `[host, port]`, or a path for AF_UNIX.
   * @returns 0, or the errno: EINPROGRESS if the socket is non-blocking, EAGAIN if there is no
   * answer in time.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {gaierror} If the host cannot be resolved.
   *
   * @example
   * ```ts
   * import { errno, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using unused = socket.socket();
   * unused.bind(["127.0.0.1", 0]);
   * using client = socket.socket();
   * const address = unused.getsockname();
   * assertEquals(client.connect_ex(address), errno.ECONNREFUSED);
   * ```
   */
  connect_ex(address: AddressLike): number {
    const to = destination(this.#handle, address, "connect_ex");
    return connected_errno(connect(this.#handle, to));
  }

  /**
   * Connects to an address as {@linkcode connect_ex} does, without stopping the event loop; a
   * host's name is resolved first.
   *
   * @param address `[host, port]`, or a path for AF_UNIX.
   * @param options `signal`, to end the wait: close the socket then.
   * @returns As `connect_ex`, but never EINPROGRESS; EBADF if the socket is closed meanwhile.
   * @throws As `connect_ex`; the signal's reason once it aborts.
   *
   * @example
   * ```ts
   * import { errno, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using unused = socket.socket();
   * unused.bind(["127.0.0.1", 0]);
   * using client = socket.socket();
   * const address = unused.getsockname();
   * assertEquals(await client.connect_exAsync(address), errno.ECONNREFUSED);
   * ```
   */
  connect_exAsync(
    address: AddressLike,
    options?: WaitOptions,
  ): Promise<number> {
    return connect_async(this.#handle, address, "connect_ex", options)
      .then(connected_errno);
  }

  /**
   * Gives up the descriptor without closing it.
   *
   * @returns The descriptor, which the caller closes; -1 if there was none.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const sock = socket.socket();
   * const fd = sock.detach();
   * assertEquals(sock.fileno(), -1);
   * socket.close(fd);
   * ```
   */
  detach(): number {
    const { fd } = this.#handle;
    if (fd === -1) return fd;
    this.#handle.fd = -1;
    closing(fd);
    this.#streams?.closed();
    return fd;
  }

  /**
   * Duplicates the socket: fcntl(2), F_DUPFD_CLOEXEC.
   *
   * @returns A socket on another descriptor of the same connection, with the same time-out; the
   * caller closes both.
   * @throws {OSError} EMFILE, or EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const copy = a.dup();
   * a.close();
   * copy.send(new Uint8Array([1]));
   * assertEquals(b.recv(16).length, 1);
   * copy.close();
   * b.close();
   * ```
   */
  dup(): Socket<A> {
    const { fd, kind: { family, type, proto }, timeout } = this.#handle;
    const copy = new Socket<A>(duplicate(fd), family, type, proto, timeout);
    // Duplicates share O_NONBLOCK. Set it anew, unless acceptAsync() has set it for good.
    if (this.#handle.unblocked) copy.#handle.unblocked = true;
    else settimeout(copy.#handle, timeout);
    return copy;
  }

  /**
   * Returns the descriptor.
   *
   * @returns The descriptor; -1 once the socket is closed or detached.
   */
  fileno(): number {
    return this.#handle.fd;
  }

  /**
   * Returns whether child programs inherit the descriptor.
   *
   * @returns `false` for a new socket (PEP 446).
   * @throws {OSError} EBADF, if the socket is closed.
   */
  get_inheritable(): boolean {
    return !is_cloexec(this.#handle.fd);
  }

  /**
   * Returns the peer's address: getpeername(2).
   *
   * @returns `[host, port]` for AF_INET, a path for AF_UNIX (`""` if it has none).
   * @throws {OSError} ENOTCONN if it is not connected, EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { OSError, socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using sock = socket.socket();
   * assertThrows(() => sock.getpeername(), OSError, "not connected");
   * ```
   */
  getpeername(): A {
    return getpeername(this.#handle);
  }

  /**
   * Returns the socket's own address: getsockname(2).
   *
   * @returns `[host, port]` for AF_INET, a path for AF_UNIX (`""` if it has none).
   * @throws {OSError} EBADF, if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sock = socket.socket();
   * assertEquals(sock.getsockname(), ["0.0.0.0", 0]);
   * ```
   */
  getsockname(): A {
    return getsockname(this.#handle);
  }

  /**
   * Reads an option as a number: getsockopt(2).
   *
   * @param level SOL_SOCKET, IPPROTO_TCP and so on.
   * @param optname The option.
   * @returns The value.
   * @throws {OSError} ENOPROTOOPT if the option does not exist, EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sock = socket.socket();
   * assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR), 0);
   * ```
   */
  getsockopt(level: number, optname: number): number;
  /**
   * Reads an option as bytes: getsockopt(2).
   *
   * @param level SOL_SOCKET, IPPROTO_TCP and so on.
   * @param optname The option.
   * @param buflen The room in bytes, 1 to 1024.
   * @returns The option's bytes, at most `buflen`.
   * @throws {OSError} If `buflen` is out of range (no errno), or as above.
   */
  getsockopt(
    level: number,
    optname: number,
    buflen: number,
  ): Uint8Array<ArrayBuffer>;
  getsockopt(
    level: number,
    optname: number,
    buflen = 0,
  ): number | Uint8Array<ArrayBuffer> {
    const where = int(level, "level"), name = int(optname, "optname");
    const size = int(buflen, "buflen");
    return size === 0
      ? getsockopt_int(this.#handle.fd, where, name)
      : getsockopt_bytes(this.#handle.fd, where, name, size);
  }

  /**
   * Returns whether the socket blocks, with or without a time-out.
   *
   * @returns `false` if its time-out is 0.
   */
  getblocking(): boolean {
    return this.#handle.timeout !== 0;
  }

  /**
   * Returns the time-out.
   *
   * @returns Seconds; 0 if the socket is non-blocking, `null` if it blocks.
   */
  gettimeout(): number | null {
    return this.#handle.timeout;
  }

  /**
   * Lets clients connect: listen(2).
   *
   * @param backlog The number of clients that may wait to be accepted; below 0 means 0.
   * @throws {OSError} EADDRINUSE, or EBADF if the socket is closed.
   * @throws {Deno.errors.NotCapable} If it is not bound, and `--deny-net` denies listening on
   * every interface.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket();
   * server.listen(5);
   * assertEquals(
   *   server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN),
   *   1,
   * );
   * ```
   */
  listen(backlog: number = DEFAULT_BACKLOG): void {
    const most = Math.max(0, int(backlog, "backlog"));
    const { fd } = this.#handle;
    // Ask the kernel: fromfd() may have been given another family.
    const family = getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN);
    if (is_inet(family)) {
      // Both families have [host, port, ...].
      const [, port] = getsockname<InetAddress>(this.#handle);
      // An unbound socket listens on every interface.
      if (port === 0) check_net("", resolve(family, "", 0), false);
    }
    syscall("listen", () => libc.listen(fd, most));
  }

  /**
   * Makes a file that reads or writes bytes or text: Python's
   * `socket.makefile`.
   *
   * The socket keeps the descriptor: once the socket is closed, the file's calls fail with EBADF.
   * In Python the file would keep it open.
   *
   * @param options `mode`: `"r"`, the default, `"w"` or `"rw"`, with `"b"` for bytes.
   * `buffering`: the buffer's bytes; -1 for 8192, 0 for none, in binary modes only. Both may be
   * positional. `encoding`, `errors`, `newline`: see {@linkcode TextOptions}.
   * @returns The file: {@linkcode TextReader}, {@linkcode TextWriter},
   * {@linkcode TextReaderWriter}, {@linkcode Reader}, {@linkcode Writer} or
   * {@linkcode ReaderWriter}.
   * @throws {ValueError} If the mode, the encoding or the line end is unknown, or if `buffering`
   * is 0 in a text mode.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * using requests = b.makefile("r", { encoding: "utf-8" });
   * using answers = b.makefile("w");
   * a.sendall(new TextEncoder().encode("ping\r\n"));
   * if (requests.readline() === "ping\n") answers.write("pong\n");
   * answers.flush();
   * assertEquals(new TextDecoder().decode(a.recv(64)), "pong\n");
   * a.close();
   * b.close();
   * ```
   */
  makefile<Mode extends keyof FileModes = "r">(
    ...options: Keywords<
      [mode: Mode, buffering: number | null],
      FileOptions<Mode>
    >
  ): FileModes[Mode] {
    const [mode = "r", buffering = null, encoding, errors, newline] = keywords(
      "makefile",
      options,
      FILE,
      TEXT,
    );
    const text = { encoding, errors, newline } as TextOptions;
    const source: Source & Target = {
      fileno: () => this.fileno(),
      recv: (bufsize) => this.recv(bufsize),
      // Not this.recvAsync(): the program may transfer the buffer that its results share, even
      // before the promise's own reaction runs.
      recvAsync: (bufsize, flags = 0, options) =>
        recv_async(this.#handle, bufsize, flags, options, copy),
      sendall: (data) => this.sendall(data),
      sendallAsync: (data, flags, options) =>
        this.sendallAsync(data, flags, options),
    };
    // The checked mode determines the class of the file.
    return makefile(source, mode, buffering, text) as FileModes[Mode];
  }

  /**
   * Receives bytes: recv(2).
   *
   * Do not pass the result to `postMessage` or `structuredClone`, and do not use its `buffer`: a
   * result of at most 512 bytes shares its `buffer` with other results, perhaps of other clients,
   * as Node's Buffers do. `slice()` it first, or use {@linkcode recv_into}.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The bytes; of a stream, none once the peer has closed its end.
   * @throws {BlockingIOError} If nothing is there and the socket is non-blocking.
   * @throws {TimeoutError} If nothing comes in time.
   * @throws {ConnectionResetError} If the peer has reset the connection.
   * @throws {ValueError} If `bufsize` is negative.
   * @throws {OSError} EBADF if the socket is closed, ENOTCONN if it was never connected.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new TextEncoder().encode("hello"));
   * assertEquals(new TextDecoder().decode(b.recv(1024)), "hello");
   * a.close();
   * assertEquals(b.recv(1024).length, 0);
   * b.close();
   * ```
   */
  recv(bufsize: number, flags = 0): Uint8Array<ArrayBuffer> {
    const size = check_size(bufsize, "negative buffersize in recv");
    return recv(this.#handle, size, int(flags, "flags"));
  }

  /**
   * Receives bytes as {@linkcode recv} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK and so on, joined by `|`.
   * @param options `signal`, to end the wait before any byte is received.
   * @returns The bytes; of a stream, none once the peer has closed its end.
   * @throws As `recv`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * assertEquals(await b.recvAsync(1024), new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  recvAsync(
    bufsize: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return recv_async(this.#handle, bufsize, flags, options);
  }

  /**
   * Receives bytes and the sender's address: recvfrom(2).
   *
   * @param bufsize The most bytes to receive; the rest of a longer datagram is lost.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The bytes, as from {@linkcode recv}, and the address; `null` for a stream.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * client.bind(["127.0.0.1", 0]);
   * client.sendto(new Uint8Array([7]), server.getsockname());
   * const [data, address] = server.recvfrom(1024);
   * assertEquals(data, new Uint8Array([7]));
   * assertEquals(address, client.getsockname());
   * ```
   */
  recvfrom(
    bufsize: number,
    flags = 0,
  ): [data: Uint8Array<ArrayBuffer>, address: A] {
    const data = recvfrom(this.#handle, bufsize, flags);
    return [data, written_address(this.#handle)];
  }

  /**
   * Receives as {@linkcode recvfrom} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive; the rest of a longer datagram is lost.
   * @param flags MSG_PEEK and so on, joined by `|`.
   * @param options `signal`, to end the wait before any byte is received.
   * @returns The result, as from `recvfrom`; no bytes and `null` once the socket is shut down for
   * reading.
   * @throws As `recvfrom`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * const received = server.recvfromAsync(1024);
   * await client.sendtoAsync(new Uint8Array([7]), server.getsockname());
   * const [data, address] = await received;
   * assertEquals(data, new Uint8Array([7]));
   * assertEquals(address[1], client.getsockname()[1]);
   * ```
   */
  recvfromAsync(
    bufsize: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<[data: Uint8Array<ArrayBuffer>, address: A]> {
    return until_tried(
      this.#handle,
      EPOLLIN,
      (tried) => {
        const received = recvfrom(tried(), bufsize, flags);
        return [received, written_address(this.#handle)];
      },
      options,
      // As Python's None for a stream.
      () => [new Uint8Array(), null as never],
    );
  }

  /**
   * Receives bytes and ancillary data: recvmsg(2). Received descriptors are closed on exec; the
   * caller closes them.
   *
   * @param bufsize The most bytes to receive.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message;
   * 0 for none.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The bytes, as from `recv`; the ancillary messages, the last perhaps truncated; flags
   * such as MSG_TRUNC and MSG_CTRUNC; the sender's address, or `null`.
   * @throws {ValueError} If a size is negative, or `ancbufsize` too large.
   * @throws {BlockingIOError} If nothing is there and the socket is non-blocking.
   * @throws {TimeoutError} If nothing comes in time.
   * @throws {OSError} EBADF if the socket is closed, ENOTCONN if it was never connected.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1);
   * a.send(new Uint8Array([42]));
   * const [data, ancdata] = b.recvmsg(16, socket.CMSG_SPACE(12));
   * assertEquals(data, new Uint8Array([42]));
   * const [[level, type, credentials]] = ancdata as [[number, number, Uint8Array]];
   * assertEquals([level, type], [socket.SOL_SOCKET, socket.SCM_CREDENTIALS]);
   * assertEquals(socket.ucred(credentials).pid, Deno.pid);
   * a.close();
   * b.close();
   * ```
   */
  recvmsg(bufsize: number, ancbufsize = 0, flags = 0): [
    data: Uint8Array<ArrayBuffer>,
    ancdata: AncillaryData,
    msg_flags: number,
    address: A,
  ] {
    return recvmsg(this.#handle, bufsize, ancbufsize, flags);
  }

  /**
   * Receives as {@linkcode recvmsg} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive.
   * @param ancbufsize Room for ancillary data, as for `recvmsg`.
   * @param flags MSG_PEEK and so on, joined by `|`.
   * @param options `signal`, to end the wait before any byte is received.
   * @returns The result, as from `recvmsg`.
   * @throws As `recvmsg`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * const [data] = await b.recvmsgAsync(1024);
   * assertEquals(data, new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  recvmsgAsync(
    bufsize: number,
    ancbufsize = 0,
    flags = 0,
    options?: WaitOptions,
  ): Promise<
    [
      data: Uint8Array<ArrayBuffer>,
      ancdata: AncillaryData,
      msg_flags: number,
      address: A,
    ]
  > {
    return until_tried(
      this.#handle,
      EPOLLIN,
      (tried) => recvmsg(tried(), bufsize, ancbufsize, flags),
      options,
      () => [new Uint8Array(), [], 0, null as never],
    );
  }

  /**
   * Receives bytes into several buffers, and ancillary data: recvmsg(2).
   *
   * @param buffers The buffers, at most 1024: each is filled before the next.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The number of bytes received, and the rest as {@linkcode recvmsg} does.
   * @throws {TypeError} If it is not iterable, or an item is not a buffer.
   * @throws {OSError} EMSGSIZE if there are too many buffers, or as `recvmsg` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new Uint8Array([1, 2, 3]));
   * const head = new Uint8Array(1), body = new Uint8Array(8);
   * assertEquals(b.recvmsg_into([head, body]), [3, [], 0, null]);
   * assertEquals([head[0], body[0], body[1]], [1, 2, 3]);
   * a.close();
   * b.close();
   * ```
   */
  recvmsg_into(buffers: Iterable<BytesLike>, ancbufsize = 0, flags = 0): [
    nbytes: number,
    ancdata: AncillaryData,
    msg_flags: number,
    address: A,
  ] {
    const options = int(flags, "flags");
    const parts = views_of(buffers, "recvmsg_into() argument 1");
    return recvmsg_into(this.#handle, parts, ancbufsize, options);
  }

  /**
   * Receives as {@linkcode recvmsg_into} does, without stopping the event loop.
   *
   * @param buffers The buffers, untouched until the bytes are there.
   * @param ancbufsize Room for ancillary data, as for `recvmsg`.
   * @param flags MSG_PEEK and so on, joined by `|`.
   * @param options `signal`, to end the wait before any byte is received.
   * @returns The result, as from `recvmsg_into`.
   * @throws As `recvmsg_into`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   * `ValueError` if a buffer shrinks.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2, 3])), 10);
   * const head = new Uint8Array(2), tail = new Uint8Array(2);
   * const [nbytes] = await b.recvmsg_intoAsync([head, tail]);
   * assertEquals([nbytes, tail[0]], [3, 3]);
   * a.close();
   * b.close();
   * ```
   */
  recvmsg_intoAsync(
    buffers: Iterable<BytesLike>,
    ancbufsize = 0,
    flags = 0,
    options?: WaitOptions,
  ): Promise<
    [
      nbytes: number,
      ancdata: AncillaryData,
      msg_flags: number,
      address: A,
    ]
  > {
    // Some iterables can be walked only once.
    let parts: readonly Uint8Array<ArrayBuffer>[] | undefined;
    let room = 0;
    return until_tried(
      this.#handle,
      EPOLLIN,
      (tried) => {
        const number = int(flags, "flags");
        if (parts === undefined) {
          parts = views_of(buffers, "recvmsg_into() argument 1");
          room = total(parts);
        }
        check_unshrunk(parts, room);
        return recvmsg_into(tried(), parts, ancbufsize, number);
      },
      options,
      () => [0, [], 0, null as never],
    );
  }

  /**
   * Receives bytes into a buffer, and the sender's address: recvfrom(2).
   *
   * @param buffer The buffer, filled from its start.
   * @param nbytes The most bytes to receive; 0 fills the buffer. Or keywords.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The number of bytes received, and the address; `null` for a stream.
   * @throws {ValueError} If `nbytes` is negative, or more than the buffer has.
   * @throws {TypeError} If it is not a buffer.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.send(new Uint8Array([1, 2, 3]));
   * assertEquals(b.recvfrom_into(new Uint8Array(8)), [3, null]);
   * a.close();
   * b.close();
   * ```
   */
  recvfrom_into(
    buffer: BytesLike,
    nbytes: number | RecvIntoOptions = 0,
    flags?: number | Pick<RecvIntoOptions, "flags">,
  ): [nbytes: number, address: A] {
    let most: unknown = nbytes, given: unknown = flags;
    if (typeof most === "object" || typeof given === "object") {
      [most, given] = into_options("recvfrom_into", [most, given]);
    }
    const options = given === undefined ? 0 : int(given, "flags");
    const into = bytes(buffer, "buffer");
    const room = check_room(into, most, "recvfrom_into");
    const received = recvfrom_into(this.#handle, into, room, options);
    return [received, written_address(this.#handle)];
  }

  /**
   * Receives as {@linkcode recvfrom_into} does, without stopping the event loop.
   *
   * @param buffer The buffer, untouched until the bytes are there.
   * @param room `nbytes` and `flags` as for `recvfrom_into`; and `signal`, to end the wait before
   * any byte is received.
   * @returns The result, as from `recvfrom_into`.
   * @throws As `recvfrom_into`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   * `ValueError` if the buffer shrinks.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * assertEquals(await b.recvfrom_intoAsync(new Uint8Array(8)), [2, null]);
   * a.close();
   * b.close();
   * ```
   */
  recvfrom_intoAsync(
    buffer: BytesLike,
    ...room: Keywords<
      [nbytes: number, flags: number],
      RecvIntoOptions & WaitOptions
    >
  ): Promise<[nbytes: number, address: A]> {
    let most = -1;
    return until_tried(
      this.#handle,
      EPOLLIN,
      (tried) => {
        const [nbytes, flags] = into_options("recvfrom_intoAsync", room);
        const into = bytes(buffer, "buffer");
        if (most === -1) most = check_room(into, nbytes, "recvfrom_into");
        check_unshrunk([into], most);
        const received = recvfrom_into(tried(), into, most, flags);
        return [received, written_address(this.#handle)];
      },
      options_of(room),
      () => [0, null as never],
    );
  }

  /**
   * Receives bytes into the caller's buffer, without a copy: recv(2).
   *
   * @param buffer The buffer, filled from its start.
   * @param nbytes The most bytes to receive; 0 fills the buffer. Or keywords.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The number of bytes received; 0 once the peer of a stream has closed its end.
   * @throws {ValueError} If `nbytes` is negative, or more than the buffer has.
   * @throws {TypeError} If it is not a buffer.
   * @throws {OSError} As {@linkcode recv} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const buffer = new Uint8Array(4096);
   * a.send(new Uint8Array([1, 2, 3]));
   * assertEquals(b.recv_into(buffer), 3);
   * assertEquals(buffer.subarray(0, 3), new Uint8Array([1, 2, 3]));
   * a.close();
   * b.close();
   * ```
   */
  recv_into(
    buffer: BytesLike,
    nbytes: number | RecvIntoOptions = 0,
    flags?: number | Pick<RecvIntoOptions, "flags">,
  ): number {
    if (typeof nbytes === "object" || typeof flags === "object") {
      const given = into_options("recv_into", [nbytes, flags]);
      return Socket.prototype.recv_into.call(this, buffer, ...given);
    }
    const options = flags === undefined ? 0 : int(flags, "flags");
    const into = bytes(buffer, "buffer");
    const room = check_room(into, nbytes, "recv_into");
    return recv_into(this.#handle, into, room, options);
  }

  /**
   * Receives bytes into a buffer as {@linkcode recv_into} does, without stopping the
   * event loop.
   *
   * @param buffer The buffer, untouched until the bytes are there.
   * @param room `nbytes` and `flags` as for `recv_into`; and `signal`, to end the wait before any
   * byte is received.
   * @returns The number of bytes received; 0 once the peer of a stream has closed its end.
   * @throws As `recv_into`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile; `ValueError` if the buffer shrinks.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * setTimeout(() => a.send(new Uint8Array([1, 2])), 10);
   * assertEquals(await b.recv_intoAsync(new Uint8Array(8)), 2);
   * a.close();
   * b.close();
   * ```
   */
  recv_intoAsync(
    buffer: BytesLike,
    ...room: Keywords<
      [nbytes: number, flags: number],
      RecvIntoOptions & WaitOptions
    >
  ): Promise<number> {
    return recv_into_async(this.#handle, buffer, ...room);
  }

  /**
   * Sends as many bytes as the kernel takes at once: send(2). It never raises SIGPIPE.
   *
   * @param data The bytes to send.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, joined by `|`.
   * @returns The number of bytes sent; the caller keeps the rest.
   * @throws {BlockingIOError} If the kernel takes no bytes and the socket is non-blocking.
   * @throws {TimeoutError} If the kernel takes no bytes in time.
   * @throws {BrokenPipeError} If the peer has closed, or sending was shut down.
   * @throws {ConnectionResetError} If the peer has reset the connection.
   * @throws {ValueError} With MSG_ZEROCOPY: the kernel would read the buffer after the call.
   * @throws {TypeError} If it is not a buffer: encode a string first.
   * @throws {OSError} EBADF if the socket is closed, EMSGSIZE if a datagram is too long.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * assertEquals(a.send(new TextEncoder().encode("hello")), 5);
   * a.close();
   * b.close();
   * ```
   */
  send(data: BytesLike, flags = 0): number {
    const options = int(flags, "flags");
    const from = packet(this.#handle, bytes(data, "data"));
    return send(this.#handle, from, options);
  }

  /**
   * Sends as {@linkcode send} does, without stopping the event loop.
   *
   * @param data The bytes, of which the kernel may take a part; do not change them before the
   * promise settles.
   * @param flags MSG_OOB and so on, joined by `|`.
   * @param options `signal`, to end the wait before any byte is sent.
   * @returns The number of bytes sent.
   * @throws As `send`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * assertEquals(await a.sendAsync(new Uint8Array([1, 2])), 2);
   * assertEquals(b.recv(8), new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  sendAsync(
    data: BytesLike,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    let length = -1;
    return until_tried(this.#handle, EPOLLOUT, (tried) => {
      const number = int(flags, "flags");
      const from = bytes(data, "data");
      if (length === -1) length = length_of(from);
      check_unshrunk([from], length);
      return send(tried(), packet(this.#handle, from), number);
    }, options);
  }

  /**
   * Sends all of the bytes, in as many calls as needed: send(2).
   *
   * @param data The bytes to send.
   * @param flags MSG_OOB and so on, joined by `|`.
   * @throws {TimeoutError} If not all bytes are sent in time: the time-out covers them all.
   * @throws {BlockingIOError} If the socket is non-blocking and the kernel does not take all. The
   * number of bytes sent is unknown: use {@linkcode send} for non-blocking sockets.
   * @throws {TypeError} If it is not a buffer: encode a string first.
   * @throws {OSError} As {@linkcode send} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.sendall(new Uint8Array(1000));
   * assertEquals(b.recv(4096).length, 1000);
   * a.close();
   * b.close();
   * ```
   */
  sendall(data: BytesLike, flags = 0): void {
    const options = int(flags, "flags");
    const from = packet(this.#handle, bytes(data, "data"));
    sendall(this.#handle, from, options);
  }

  /**
   * Sends all of the bytes as {@linkcode sendall} does, without stopping the event loop.
   *
   * @param data The bytes to send; do not change them before the promise settles.
   * @param flags MSG_OOB and so on, joined by `|`.
   * @param options `signal`, to end the wait: part of the bytes may have been sent then.
   * @throws As `sendall`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile; `ValueError` if the buffer shrinks.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const sent = a.sendallAsync(new Uint8Array(1_000_000));
   * let received = 0;
   * while (received < 1_000_000) received += (await b.recvAsync(65536)).length;
   * await sent;
   * assertEquals(received, 1_000_000);
   * a.close();
   * b.close();
   * ```
   */
  sendallAsync(
    data: BytesLike,
    flags = 0,
    options?: WaitOptions,
  ): Promise<void> {
    return sendall_async(this.#handle, data, flags, options);
  }

  /**
   * Sends a datagram to an address: sendto(2).
   *
   * @param data The bytes to send.
   * @param address The destination.
   * @returns The number of bytes sent.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {gaierror} If the host cannot be resolved.
   * @throws {OSError} As {@linkcode send} does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * const address = server.getsockname();
   * assertEquals(client.sendto(new Uint8Array([1, 2]), address), 2);
   * assertEquals(server.recv(16), new Uint8Array([1, 2]));
   * ```
   */
  sendto(data: BytesLike, address: AddressLike): number;
  /**
   * Sends a datagram to an address, with flags: sendto(2).
   *
   * @param data The bytes to send.
   * @param flags MSG_DONTWAIT and so on, joined by `|`.
   * @param address The destination.
   * @returns The number of bytes sent.
   * @throws {OSError} As above.
   */
  sendto(data: BytesLike, flags: number, address: AddressLike): number;
  sendto(
    data: BytesLike,
    flags_or_address: number | AddressLike,
    address?: AddressLike,
  ): number {
    const [flags, to] = address === undefined
      ? [0, flags_or_address]
      : [flags_or_address, address];
    const options = int(flags, "flags");
    const from = packet(this.#handle, bytes(data, "data"));
    const sockaddr = destination(this.#handle, to, "sendto");
    return sendto(this.#handle, from, options, sockaddr);
  }

  /**
   * Sends to an address as {@linkcode sendto} does, without stopping the event loop.
   *
   * @param data The bytes; do not change them until they are sent.
   * @param address The destination.
   * @param options `signal`, to end the wait before any byte is sent.
   * @returns The number of bytes sent.
   * @throws As `sendto`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * server.bind(["127.0.0.1", 0]);
   * assertEquals(await client.sendtoAsync(new Uint8Array(3), server.getsockname()), 3);
   * assertEquals(server.recv(8).length, 3);
   * ```
   */
  sendtoAsync(
    data: BytesLike,
    address: AddressLike,
    options?: WaitOptions,
  ): Promise<number>;
  /**
   * Sends to an address with flags, without stopping the event loop.
   *
   * @param data As above.
   * @param flags MSG_OOB and so on, joined by `|`.
   * @param address As above.
   * @param options As above.
   * @returns As above.
   * @throws As above.
   */
  sendtoAsync(
    data: BytesLike,
    flags: number,
    address: AddressLike,
    options?: WaitOptions,
  ): Promise<number>;
  async sendtoAsync(
    data: BytesLike,
    ...rest: unknown[]
  ): Promise<number> {
    const [flags, address, options] =
      typeof rest[0] === "number" || typeof rest[0] === "boolean"
        ? rest
        : [0, ...rest];
    const number = int(flags, "flags");
    const from = bytes(data, "data");
    const length = length_of(from);
    const to = await destination_async(
      this.#handle,
      address,
      "sendto",
      options,
    );
    return await until_tried(this.#handle, EPOLLOUT, (tried) => {
      check_unshrunk([from], length);
      return sendto(tried(), packet(this.#handle, from), number, to);
    }, options as WaitOptions | undefined);
  }

  /**
   * Sends several buffers and ancillary data: sendmsg(2).
   *
   * @param buffers The buffers to send, in order; at most 1024.
   * @param ancdata Ancillary messages: level, type and data, such as
   * `[SOL_SOCKET, SCM_RIGHTS, fds]`.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, joined by `|`.
   * @param address The destination; `null` for a connected socket.
   * @returns The number of bytes sent; ancillary data goes with the first byte.
   * @throws {BlockingIOError} If the kernel takes no bytes and the socket is non-blocking.
   * @throws {TimeoutError} If the kernel takes no bytes in time.
   * @throws {BrokenPipeError} If the peer has closed, or sending was shut down.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {TypeError} If an argument is not iterable, or an item is not a buffer.
   * @throws {OSError} EMSGSIZE if there are too many buffers or a datagram is too long,
   * EINVAL or ENOBUFS if ancillary data is invalid or too large, EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const encoder = new TextEncoder();
   * assertEquals(a.sendmsg([encoder.encode("head "), encoder.encode("body")]), 9);
   * assertEquals(b.recv(64), encoder.encode("head body"));
   * a.close();
   * b.close();
   * ```
   */
  sendmsg(
    buffers: Iterable<BytesLike>,
    ancdata: AncillaryDataLike = [],
    flags = 0,
    address: AddressLike | null = null,
  ): number {
    const options = int(flags, "flags");
    const to = address === null
      ? null
      : destination(this.#handle, address, "sendmsg");
    const parts = views_of(buffers, "sendmsg() argument 1");
    const control = control_of(ancdata);
    const sent = packets(this.#handle, parts);
    return sendmsg(this.#handle, sent, control, options, to);
  }

  /**
   * Sends as {@linkcode sendmsg} does, without stopping the event loop.
   *
   * @param buffers The buffers to send, in order; do not change them before the promise settles.
   * @param ancdata Ancillary messages, as for `sendmsg`.
   * @param flags MSG_OOB and so on, joined by `|`.
   * @param address The destination; `null` for a connected socket.
   * @param options `signal`, to end the wait before any byte is sent.
   * @returns The number of bytes sent.
   * @throws As `sendmsg`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const parts = [new Uint8Array([1]), new Uint8Array([2, 3])];
   * assertEquals(await a.sendmsgAsync(parts), 3);
   * assertEquals(b.recv(8), new Uint8Array([1, 2, 3]));
   * a.close();
   * b.close();
   * ```
   */
  async sendmsgAsync(
    buffers: Iterable<BytesLike>,
    ancdata: AncillaryDataLike = [],
    flags = 0,
    address: AddressLike | null = null,
    options?: WaitOptions,
  ): Promise<number> {
    const number = int(flags, "flags");
    const parts = views_of(buffers, "sendmsg() argument 1");
    const control = control_of(ancdata);
    const to = address === null
      ? null
      : await destination_async(this.#handle, address, "sendmsg", options);
    const size = total(parts);
    return await until_tried(this.#handle, EPOLLOUT, (tried) => {
      check_unshrunk(parts, size);
      const whole = packets(this.#handle, parts);
      return sendmsg(tried(), whole, control, number, to);
    }, options);
  }

  /**
   * Sends data and an operation to one of the kernel's ciphers: sendmsg(2), AF_ALG.
   *
   * @param msg The buffers to send, as for `sendmsg`.
   * @param options The operation and its parameters.
   * @returns The number of bytes sent.
   * @throws {TypeError} If `op` is missing or negative, or `assoclen` negative.
   * @throws {OSError} If the socket's family is not AF_ALG, or as `sendmsg` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using sock = socket.socket();
   * const options = { op: socket.ALG_OP_ENCRYPT };
   * assertThrows(() => sock.sendmsg_afalg([], options), Error, "AF_ALG");
   * ```
   */
  sendmsg_afalg(
    msg: Iterable<BytesLike> | undefined,
    options: AlgOptions,
  ): number {
    if (this.#handle.kind.family !== AF_ALG) {
      throw new OSError("algset is only supported for AF_ALG");
    }
    const [op, iv, assoclen, flags = 0] = keywords(
      "sendmsg_afalg",
      [options],
      [],
      ALG,
    );
    const ancdata = alg_ancdata(op, iv, assoclen);
    return this.sendmsg(msg ?? [], ancdata, int(flags, "flags"));
  }

  /**
   * Sends a file inside the kernel, without copying it to JavaScript: sendfile(2).
   *
   * @param file The file's descriptor, or an object with `fileno()`.
   * @param part `offset`: the start in the file, in bytes, 0 by default; `count`: the number of
   * bytes, `null`, the default, for all up to the end.
   * @returns The number of bytes sent; fewer than `count` if the file ends first.
   * @throws {ValueError} If the socket is closed, non-blocking or not a stream, or `count` is not
   * above 0.
   * @throws {TypeError} If `file` is not a descriptor, or a number is not an integer.
   * @throws {OverflowError} If `offset` is above 2^53 - 1.
   * @throws {TimeoutError} If not all bytes are sent in time: the time-out covers them all.
   * @throws {OSError} As {@linkcode send} does; EINVAL if the file cannot be mapped, or `offset` is
   * negative.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
   * assertThrows(() => sock.sendfile(0), RangeError, "SOCK_STREAM");
   * ```
   */
  sendfile(
    file: FileDescriptorLike,
    ...part: Keywords<[offset: number, count: number | null], SendfileOptions>
  ): number {
    const given = keywords("sendfile", part, PART);
    const [in_fd, start, most] = this.#sendfile_job(file, given);
    if (this.#handle.timeout === 0) {
      throw new ValueError("non-blocking sockets are not supported");
    }
    fileno(this);
    return sendfile(this.#handle, in_fd, start, most);
  }

  /**
   * Sends a file as {@linkcode sendfile} does, without stopping the event loop.
   *
   * @param file The file's descriptor, or an object with `fileno()`. Leave it open until the
   * promise settles.
   * @param part `offset` and `count` as for `sendfile`; and `signal`, to end the wait:
   * some bytes may have been sent then.
   * @returns The number of bytes sent.
   * @throws As `sendfile`, but a non-blocking socket waits, too; the signal's reason once it
   * aborts; `OSError` EBADF if the socket or the file is closed meanwhile.
   *
   * @example
   * ```ts
   * import { os, socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const file = os.memfd_create("page");
   * os.write(file, new TextEncoder().encode("hello, world"));
   * const [a, b] = socket.socketpair();
   * assertEquals(await a.sendfileAsync(file, 7), 5);
   * assertEquals(new TextDecoder().decode(b.recv(100)), "world");
   * os.close(file);
   * a.close();
   * b.close();
   * ```
   */
  sendfileAsync(
    file: FileDescriptorLike,
    ...part: Keywords<
      [offset: number, count: number | null],
      SendfileOptions & WaitOptions
    >
  ): Promise<number> {
    return sendfile_async(this.#handle, () => {
      const given = keywords("sendfileAsync", part, PART, ["signal"]);
      const job = this.#sendfile_job(file, given);
      fileno(this);
      return job;
    }, options_of(part));
  }

  #sendfile_job(
    file: FileDescriptorLike,
    [offset = 0, count = null]: unknown[],
  ): [in_fd: number, start: number, most: number] {
    const in_fd = fileno(file);
    // The kernel refuses a negative one.
    const start = safe(offset, "offset");
    const most = check_count(count);
    if (this.#handle.kind.type !== SOCK_STREAM) {
      throw new ValueError("only SOCK_STREAM type sockets are supported");
    }
    return [in_fd, start, most];
  }

  /**
   * Sets whether child programs inherit the descriptor.
   *
   * @param inheritable Whether they inherit it.
   * @throws {TypeError} If it is neither a boolean nor an integer.
   * @throws {OSError} EBADF, if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assert } from "@std/assert";
   *
   * using sock = socket.socket();
   * sock.set_inheritable(true);
   * assert(sock.get_inheritable());
   * ```
   */
  set_inheritable(inheritable: boolean): void {
    const cloexec = int(inheritable, "inheritable") === 0;
    set_cloexec(this.#handle.fd, cloexec);
  }

  /**
   * Makes the socket blocking or not: `settimeout(null)` or `settimeout(0)`.
   *
   * @param flag Whether calls block.
   * @throws {TypeError} If it is neither a boolean nor a number.
   * @throws {OSError} EBADF, if the socket is closed.
   *
   * @example
   * ```ts
   * import { BlockingIOError, socket } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.setblocking(false);
   * assertThrows(() => a.recv(1), BlockingIOError);
   * a.close();
   * b.close();
   * ```
   */
  setblocking(flag: boolean | number): void {
    settimeout(this.#handle, truth(flag, "flag") ? null : 0);
  }

  /**
   * Sets the time-out of calls.
   *
   * @param timeout Seconds, also fractions, before a call fails with `TimeoutError`. 0 makes the
   * socket non-blocking: calls fail with `BlockingIOError`. `null` waits for ever.
   * @throws {TypeError} If it is neither a number nor null.
   * @throws {ValueError} If it is negative or NaN.
   * @throws {OverflowError} If it exceeds 2^63 nanoseconds.
   * @throws {OSError} EBADF, if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket, TimeoutError } from "@iomux/py";
   * import { assertThrows } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.settimeout(0.01);
   * assertThrows(() => a.recv(1), TimeoutError, "timed out");
   * a.close();
   * b.close();
   * ```
   */
  settimeout(timeout: number | null): void {
    settimeout(this.#handle, timeout_of(timeout));
  }

  /**
   * Sets an option: setsockopt(2).
   *
   * @param level SOL_SOCKET, IPPROTO_TCP and so on.
   * @param optname The option.
   * @param value A number (a C int), a boolean, the bytes of a struct, or `null` with `optlen`.
   * @param optlen Only with `null`: the length to pass with a null pointer.
   * @throws {TypeError} If the value has the wrong type.
   * @throws {OverflowError} If a number does not fit a C int.
   * @throws {OSError} ENOPROTOOPT if the option does not exist, EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using sock = socket.socket();
   * sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
   * // struct linger { int l_onoff; int l_linger; }: close() resets the connection.
   * sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, new Int32Array([1, 0]));
   * assertEquals(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR), 1);
   * ```
   */
  setsockopt(
    level: number,
    optname: number,
    value: number | boolean | BytesLike | null,
    optlen?: number,
  ): void {
    const where = int(level, "level"), name = int(optname, "optname");
    const option = option_of(value, optlen);
    setsockopt(this.#handle.fd, where, name, option);
  }

  /**
   * Closes one half of a connection, or both: shutdown(2).
   *
   * @param how SHUT_RD, SHUT_WR (the peer then receives the end of the stream) or SHUT_RDWR.
   * @throws {OSError} ENOTCONN, or EBADF if the socket is closed.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * a.shutdown(socket.SHUT_WR);
   * assertEquals(b.recv(16).length, 0);
   * b.send(new Uint8Array([1]));
   * assertEquals(a.recv(16).length, 1);
   * a.close();
   * b.close();
   * ```
   */
  shutdown(how: number): void {
    shutdown(this.#handle, int(how, "how"));
  }

  /**
   * The received bytes as a stream; the same one each time.
   *
   * It receives only on demand, and ends when the peer closes its half. An error of `recvAsync`
   * fails it for good, a `TimeoutError` too: set no time-out if the peer may be idle. A reset
   * also fails `writable`. `cancel()` ends a wait and this half: SHUT_RD. Once both streams have
   * ended, the socket closes itself; until then the owner may close it.
   *
   * @throws {ValueError} If the socket is not a SOCK_STREAM.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * using _ = b;
   * a.sendall(new TextEncoder().encode("hello"));
   * a.close();
   * assertEquals(await new Response(b.readable).text(), "hello");
   * ```
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#both_streams().readable;
  }

  /**
   * The bytes to send as a stream; the same one each time.
   *
   * A write is done once the kernel has all of its bytes. `close()` ends this half after the
   * written bytes: SHUT_WR. `abort()` drops unsent bytes, and ends it, too. {@linkcode readable}
   * says when the socket closes.
   *
   * @throws {ValueError} If the socket is not a SOCK_STREAM.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * const echoed = b.readable.pipeTo(b.writable);
   * await new Response("hello").body!.pipeTo(a.writable);
   * assertEquals(await new Response(a.readable).text(), "hello");
   * await echoed;
   * // Both streams of each socket have ended: both are closed.
   * assertEquals([a.fileno(), b.fileno()], [-1, -1]);
   * ```
   */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#both_streams().writable;
  }

  #both_streams(): Streams {
    return this.#streams ??= new Streams(this.#handle, () => this.close());
  }

  /**
   * Receives bytes like `Deno.Conn` and the readers of `@std/io`.
   *
   * @param p The buffer, filled from its start.
   * @returns The number of bytes received; `null` once the peer of a stream has closed its end; 0
   * if `p` is empty, or for an empty datagram. A pending read keeps the program running, as
   * `Deno.Conn`'s does.
   * @throws As `recv_intoAsync` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * using _ = b;
   * await a.write(new Uint8Array([1, 2]));
   * a.close();
   * assertEquals(await b.read(new Uint8Array(8)), 2);
   * assertEquals(await b.read(new Uint8Array(8)), null);
   * ```
   */
  async read(p: Uint8Array): Promise<number | null> {
    const room = length_of(bytes(p, "p"));
    if (room === 0) {
      // recv(0) would not check the descriptor.
      if (this.#handle.fd === -1) throw os_error(EBADF, { syscall: "recv" });
      return 0;
    }
    const received = await this.recv_intoAsync(p);
    const { type } = this.#handle.kind;
    const ends = type === SOCK_STREAM || type === SOCK_SEQPACKET;
    return received === 0 && ends ? null : received;
  }

  /**
   * Sends bytes like `Deno.Conn` and the writers of `@std/io`.
   *
   * @param p The bytes to send; do not change them before the promise settles.
   * @returns The number of bytes, which is all of them. A pending write keeps the program
   * running, as `Deno.Conn`'s does.
   * @throws As `sendallAsync` does.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socket.socketpair();
   * assertEquals(await a.write(new Uint8Array([1, 2])), 2);
   * assertEquals(b.recv(8), new Uint8Array([1, 2]));
   * a.close();
   * b.close();
   * ```
   */
  async write(p: Uint8Array): Promise<number> {
    const length = length_of(bytes(p, "p"));
    await this.sendallAsync(p);
    return length;
  }

  /**
   * Returns an iterator over the clients of a listening socket, as `acceptAsync` returns them.
   *
   * It ends when the socket is closed. Leaving the loop does not close the socket: another loop
   * can go on. It skips clients that have already disconnected, and waits while no descriptor is
   * free (EMFILE); any other error ends the loop, including `TimeoutError`.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.create_server(["localhost", 0]);
   * const [host, port] = server.getsockname();
   * using client = socket.create_connection([host, port]);
   * for await (const [conn, address] of server) {
   *   assertEquals(address, client.getsockname());
   *   conn.close();
   *   server.close();
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<
    [conn: Socket<A>, address: A]
  > {
    return new Clients(this.#handle, (options) => this.acceptAsync(options));
  }

  /** Closes the socket at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Closes the socket at the end of an `await using` block, after it has sent all bytes written
   * to `writable`; `using` and `close()` drop them.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#streams?.sent();
    this.close();
  }

  /** Formats the socket like Python's `repr`. */
  toString(): string {
    return shown(this.#handle);
  }

  /** Formats the socket like Python's `repr`, for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return shown(this.#handle);
  }
}

/** Formats an address for a socket's repr, which shows a path without quotes. */
function address_shown(address: Address): string {
  const text = repr(address);
  return typeof address === "string" ? text.slice(1, -1) : text;
}

function name_of_end(
  read: (handle: Handle) => Address,
  handle: Handle,
): Address {
  try {
    return read(handle);
  } catch {
    // Not connected, or closed: Python leaves the part out, like an empty name.
    return null;
  }
}

/** Formats a socket like Python's `repr`. */
function shown(handle: Handle): string {
  const { fd, kind: { family, type, proto } } = handle;
  const parts = [
    `<socket.socket${fd === -1 ? " [closed]" : ""} fd=${fd}`,
    `family=${name_of("AF_", family) ?? family}`,
    `type=${name_of("SOCK_", type) ?? type}`,
    `proto=${proto}`,
  ];
  const laddr = name_of_end(getsockname, handle);
  if (laddr) parts.push(`laddr=${address_shown(laddr)}`);
  const raddr = name_of_end(getpeername, handle);
  if (raddr) parts.push(`raddr=${address_shown(raddr)}`);
  return `${parts.join(", ")}>`;
}
