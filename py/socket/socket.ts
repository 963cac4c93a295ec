import {
  close_fd,
  duplicate,
  is_cloexec,
  set_cloexec,
} from "../../ffi/descriptor.ts";
import { EAGAIN, EBADF } from "../../ffi/errno.ts";
import { bare, libc } from "../../ffi/libc.ts";
import { closing } from "../../ffi/reactor.ts";
import { os_error, syscall, timed_out } from "../../ffi/syscall.ts";
import {
  bytes,
  type BytesLike,
  type FileDescriptorLike,
  fileno,
  int,
  type Keywords,
  keywords,
  length_of,
  options_of,
  timeout_of,
  truth,
  views_of,
  whole,
} from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import { EPOLLIN, EPOLLOUT } from "../select.ts";
import {
  type Address,
  type AddressLike,
  destination,
  destination_async,
  getpeername,
  getsockname,
  to_sockaddr,
  written_address,
} from "./address.ts";
import {
  accept,
  accept_async,
  check_connected,
  Clients,
  connect,
  connect_async,
  TIMED_OUT,
} from "./connection.ts";
import {
  AF_ALG,
  AF_INET,
  AF_INET6,
  SO_DOMAIN,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import {
  getdefaulttimeout,
  type Handle,
  kind_of,
  settimeout,
  until_tried,
} from "./handle.ts";
import {
  type FileModes,
  type FileOptions,
  makefile,
  type TextOptions,
} from "./makefile.ts";
import {
  alg_ancdata,
  type AlgOptions,
  type AncillaryData,
  type AncillaryDataLike,
  check_unshrunk,
  control_of,
  recvmsg,
  recvmsg_into,
  sendmsg,
  total,
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
  check_offset,
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

/**
 * A socket, as {@linkcode socket} makes it: Python's `socket.socket` object, socket(7).
 *
 * It owns its descriptor until `close()` or `detach()`; afterwards its calls fail with
 * EBADF, whatever the number means then. Nothing is closed by the garbage collector.
 *
 * The calls that end in `Async` wait without stopping the event loop. They keep a socket's
 * time-out; of a non-blocking one they wait, too.
 *
 * @typeParam A The shape of its addresses, which follows from its family: `[host, port]` of
 * AF_INET.
 */
export class Socket<A extends Address = Address>
  implements
    Disposable,
    AsyncDisposable,
    AsyncIterable<[conn: Socket<A>, address: A]> {
  readonly #handle: Handle;
  #streams: Streams | null = null;

  /**
   * Takes a descriptor over, to close it in the end. Use {@linkcode socket}.
   *
   * @param fd The socket's descriptor.
   * @param family Its family.
   * @param type Its type.
   * @param proto Its protocol.
   * @param timeout Its time-out in seconds: 0 if it is non-blocking, `null` if it blocks.
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
      drained: false,
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
   * @returns A socket to talk to it, blocking unless a default time-out is set, and
   * the client's address.
   * @throws {BlockingIOError} If nobody waits and the socket is non-blocking.
   * @throws {TimeoutError} If nobody came in time.
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
   * @param options `signal`, to end the wait: nobody has been accepted then.
   * @returns A socket to talk to the client, and its address.
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
    const address = written_address(this.#handle);
    const timeout = getdefaulttimeout();
    // The kernel answers in the socket's own family, which is what A says.
    return [new Socket<A>(fd, family, type, proto, timeout), address as A];
  }

  /**
   * Gives the socket an address: bind(2).
   *
   * @param address `[host, port]`; host `""` for every interface, port 0 for any free
   * one. Of AF_UNIX a path, which must not exist yet.
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

  /** Closes the socket, and with it the streams; a second call does nothing. */
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
   * @param address `[host, port]`, of AF_UNIX a path.
   * @throws {BlockingIOError} EINPROGRESS, if the socket is non-blocking: wait until it
   * can be written, then read SO_ERROR.
   * @throws {TimeoutError} If there was no answer in time.
   * @throws {ConnectionRefusedError} If nobody listens there.
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
    const number = connect(this.#handle, to);
    if (number === TIMED_OUT) throw timed_out("connect");
    check_connected(number);
  }

  /**
   * Connects to an address as {@linkcode connect} does, without stopping the event loop;
   * a host's name is resolved first, and that does stop it.
   *
   * @param address `[host, port]`, of AF_UNIX a path.
   * @param options `signal`, to end the wait; close the socket then.
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
    return connect_async(this.#handle, address, options);
  }

  /**
   * Connects to an address, and returns what went wrong instead of throwing it.
   *
   * @param address `[host, port]`, of AF_UNIX a path.
   * @returns 0, or the errno: EINPROGRESS if the socket is non-blocking, EAGAIN if there
   * was no answer in time.
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
    const number = connect(this.#handle, to);
    return number === TIMED_OUT ? EAGAIN : number;
  }

  /**
   * Gives the descriptor up without closing it.
   *
   * @returns The descriptor, now the caller's to close; -1 if there was none.
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
   * @returns Another descriptor of the same connection, with the same time-out, to be
   * closed for itself.
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
    // The flag, which all duplicates share, may be set otherwise; by acceptAsync() for good.
    if (this.#handle.unblocked) copy.#handle.unblocked = true;
    else settimeout(copy.#handle, timeout);
    return copy;
  }

  /**
   * The descriptor.
   *
   * @returns The descriptor, -1 once the socket is closed or detached.
   */
  fileno(): number {
    return this.#handle.fd;
  }

  /**
   * Whether a program that this one executes inherits the descriptor.
   *
   * @returns `false` for a new socket (PEP 446).
   * @throws {OSError} EBADF, if the socket is closed.
   */
  get_inheritable(): boolean {
    return !is_cloexec(this.#handle.fd);
  }

  /**
   * The address at the other end: getpeername(2).
   *
   * @returns `[host, port]` of AF_INET, a path of AF_UNIX (`""` if it has none).
   * @throws {OSError} ENOTCONN if there is no other end, EBADF if the socket is closed.
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
    // The kernel answers in the socket's own family, which is what A says.
    return getpeername(this.#handle) as A;
  }

  /**
   * The socket's own address: getsockname(2).
   *
   * @returns `[host, port]` of AF_INET, a path of AF_UNIX (`""` if it has none).
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
    // The kernel answers in the socket's own family, which is what A says.
    return getsockname(this.#handle) as A;
  }

  /**
   * Reads an option as a number: getsockopt(2).
   *
   * @param level SOL_SOCKET, IPPROTO_TCP and so on.
   * @param optname The option.
   * @returns Its value.
   * @throws {OSError} ENOPROTOOPT if there is no such option, EBADF if the socket is closed.
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
   * @param buflen How many bytes to make room for, 1 to 1024.
   * @returns As many as the option has.
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
   * Whether the socket blocks, with a time-out or without.
   *
   * @returns `false` if its time-out is 0.
   */
  getblocking(): boolean {
    return this.#handle.timeout !== 0;
  }

  /**
   * The time-out.
   *
   * @returns Seconds; 0 if the socket is non-blocking, `null` if it blocks.
   */
  gettimeout(): number | null {
    return this.#handle.timeout;
  }

  /**
   * Lets clients connect: listen(2).
   *
   * @param backlog How many may wait to be accepted; below 0 counts as 0.
   * @throws {OSError} EADDRINUSE, or EBADF if the socket is closed.
   * @throws {Deno.errors.NotCapable} If it has no address yet, and `--deny-net` denies
   * every interface, which is where it would listen.
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
    // By what the kernel says: fromfd() may have been told another family.
    const family = getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN);
    if (family === AF_INET || family === AF_INET6) {
      const kind = { ...this.#handle.kind, family };
      const handle = { ...this.#handle, kind };
      // Of these two families it is [host, port, …].
      const [, port] = getsockname(handle) as [string, number];
      // Not bound, it listens on every interface.
      const to = port === 0 && to_sockaddr(handle, ["", 0], "listen");
      if (to) check_net(to.host, to.bytes, false);
    }
    syscall("listen", () => libc.listen(fd, most));
  }

  /**
   * Makes a file of the socket, to read or write bytes or text: Python's
   * `socket.makefile`.
   *
   * The descriptor stays the socket's: once that is closed, the file's calls fail with
   * EBADF, where in Python the file would keep it open.
   *
   * @param options `mode`: `"r"`, the default, `"w"` or `"rw"`, with `"b"` for bytes.
   * `buffering`: how many bytes; -1 for 8192, 0, of bytes alone, for none. Both may go by
   * position. `encoding`, `errors`, `newline`: see {@linkcode TextOptions}.
   * @returns The file: {@linkcode TextReader}, {@linkcode TextWriter},
   * {@linkcode TextReaderWriter}, {@linkcode Reader}, {@linkcode Writer} or
   * {@linkcode ReaderWriter}.
   * @throws {ValueError} If the mode, the encoding or the end of lines is another, or if
   * `buffering` is 0 of text.
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
    // The mode, which is checked, says which file it is.
    return makefile(this, mode, buffering, text) as FileModes[Mode];
  }

  /**
   * Receives bytes: recv(2).
   *
   * Do not pass the result to `postMessage` or `structuredClone`, nor its `buffer` to
   * anything: a result of 512 bytes or fewer shares its `buffer` with others, perhaps other
   * clients', as Node's Buffers do. `slice()` it first, or use {@linkcode recv_into}.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns What came; of a stream, nothing at all once the peer has closed its end.
   * @throws {BlockingIOError} If there is nothing and the socket is non-blocking.
   * @throws {TimeoutError} If nothing came in time.
   * @throws {ConnectionResetError} If the peer reset the connection.
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
    const size = check_size(bufsize, "bufsize");
    return recv(this.#handle, size, int(flags, "flags"));
  }

  /**
   * Receives bytes as {@linkcode recv} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns What came; of a stream, nothing at all once the peer has closed its end.
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
   * Receives bytes and the address that they came from: recvfrom(2).
   *
   * @param bufsize The most bytes to receive; what a datagram has beyond them is lost.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns The bytes, as {@linkcode recv} does, and the address; `null` of a stream.
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
    return this.#recvfrom(this.#handle, bufsize, flags);
  }

  /**
   * Receives as {@linkcode recvfrom} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive; what a datagram has beyond them is lost.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns What `recvfrom` returns; no bytes and `null` once the socket is shut down for
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
      (handle) => this.#recvfrom(handle, bufsize, flags),
      options,
      // Python's None, as for a stream.
      () => [new Uint8Array(), null as unknown as A],
    );
  }

  #recvfrom(
    handle: Handle,
    bufsize: number,
    flags: number,
  ): [data: Uint8Array<ArrayBuffer>, address: A] {
    const size = check_size(bufsize, "bufsize");
    const data = recvfrom(handle, size, int(flags, "flags"));
    // The sender's family is the socket's own, which is what A says.
    return [data, written_address(handle) as A];
  }

  /**
   * Receives bytes and ancillary data: recvmsg(2). Descriptors that come along are
   * closed on exec, and the caller's to close.
   *
   * @param bufsize The most bytes to receive.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message;
   * 0 for none.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns The bytes, as `recv` does; the ancillary messages, the last perhaps cut off;
   * flags such as MSG_TRUNC and MSG_CTRUNC; the sender's address, `null` where none is told.
   * @throws {ValueError} If a size is negative, or `ancbufsize` too large.
   * @throws {BlockingIOError} If there is nothing and the socket is non-blocking.
   * @throws {TimeoutError} If nothing came in time.
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
    return this.#recvmsg(this.#handle, bufsize, ancbufsize, flags);
  }

  /**
   * Receives as {@linkcode recvmsg} does, without stopping the event loop.
   *
   * @param bufsize The most bytes to receive.
   * @param ancbufsize Room for ancillary data, as `recvmsg` takes it.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns What `recvmsg` returns.
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
      (handle) => this.#recvmsg(handle, bufsize, ancbufsize, flags),
      options,
      () => [new Uint8Array(), [], 0, null as unknown as A],
    );
  }

  #recvmsg(
    handle: Handle,
    bufsize: number,
    ancbufsize: number,
    flags: number,
  ): [
    data: Uint8Array<ArrayBuffer>,
    ancdata: AncillaryData,
    msg_flags: number,
    address: A,
  ] {
    if (whole(bufsize, "bufsize") < 0) {
      throw new ValueError("negative buffer size in recvmsg()");
    }
    const size = check_size(bufsize, "bufsize");
    const options = int(flags, "flags");
    const [data, ancdata, msg_flags, address] = recvmsg(
      handle,
      size,
      ancbufsize,
      options,
    );
    // The sender's family is the socket's own, which is what A says.
    return [data, ancdata, msg_flags, address as A];
  }

  /**
   * Receives bytes into several buffers, and ancillary data: recvmsg(2).
   *
   * @param buffers Where to put the bytes: each is filled before the next; at most 1024.
   * @param ancbufsize Room for ancillary data: {@linkcode CMSG_SPACE} for each message.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many bytes came, and the rest as {@linkcode recvmsg} does.
   * @throws {TypeError} If it is not iterable, or what it has is no buffer.
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
    return this.#recvmsg_into(this.#handle, parts, ancbufsize, options);
  }

  /**
   * Receives as {@linkcode recvmsg_into} does, without stopping the event loop.
   *
   * @param buffers Where to put the bytes, one behind the other; untouched until they are
   * there.
   * @param ancbufsize Room for ancillary data, as `recvmsg` takes it.
   * @param flags MSG_PEEK and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been received then.
   * @returns What `recvmsg_into` returns.
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
    // An iterable may be walked but once.
    let parts: readonly Uint8Array<ArrayBuffer>[] | undefined;
    let room = 0;
    return until_tried(
      this.#handle,
      EPOLLIN,
      (handle) => {
        const number = int(flags, "flags");
        if (parts === undefined) {
          parts = views_of(buffers, "recvmsg_into() argument 1");
          room = total(parts);
        }
        check_unshrunk(parts, room);
        return this.#recvmsg_into(handle, parts, ancbufsize, number);
      },
      options,
      () => [0, [], 0, null as unknown as A],
    );
  }

  #recvmsg_into(
    handle: Handle,
    parts: readonly Uint8Array<ArrayBuffer>[],
    ancbufsize: number,
    flags: number,
  ): [
    nbytes: number,
    ancdata: AncillaryData,
    msg_flags: number,
    address: A,
  ] {
    const [nbytes, ancdata, msg_flags, address] = recvmsg_into(
      handle,
      parts,
      ancbufsize,
      flags,
    );
    // The sender's family is the socket's own, which is what A says.
    return [nbytes, ancdata, msg_flags, address as A];
  }

  /**
   * Receives bytes into a buffer, and the address that they came from: recvfrom(2).
   *
   * @param buffer Where to put them, from its start.
   * @param nbytes The most bytes to receive; 0 for as many as the buffer has. Or keywords.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many came, and the address; `null` of a stream.
   * @throws {ValueError} If `nbytes` is negative or more than the buffer has.
   * @throws {TypeError} If it is no buffer.
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
    const room = check_room(into, most);
    return this.#recvfrom_into(this.#handle, into, room, options);
  }

  /**
   * Receives as {@linkcode recvfrom_into} does, without stopping the event loop.
   *
   * @param buffer Where to put the bytes, from its start; untouched until they are there.
   * @param room `nbytes` and `flags` as `recvfrom_into` takes them; and `signal`, to end the
   * wait: nothing has been received then.
   * @returns What `recvfrom_into` returns.
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
      (handle) => {
        const [nbytes, flags] = into_options("recvfrom_intoAsync", room);
        const number = int(flags, "flags");
        const into = bytes(buffer, "buffer");
        if (most === -1) most = check_room(into, nbytes);
        check_unshrunk([into], most);
        return this.#recvfrom_into(handle, into, most, number);
      },
      options_of(room),
      () => [0, null as unknown as A],
    );
  }

  #recvfrom_into(
    handle: Handle,
    into: Uint8Array<ArrayBuffer>,
    room: number,
    flags: number,
  ): [nbytes: number, address: A] {
    const received = recvfrom_into(handle, into, room, flags);
    // The sender's family is the socket's own, which is what A says.
    return [received, written_address(handle) as A];
  }

  /**
   * Receives bytes into a buffer of the caller's, without a copy: recv(2).
   *
   * @param buffer Where to put them, from its start.
   * @param nbytes The most bytes to receive; 0 for as many as the buffer has. Or keywords.
   * @param flags MSG_PEEK, MSG_DONTWAIT and so on, by `|`.
   * @returns How many came; 0 once the peer of a stream has closed its end.
   * @throws {ValueError} If `nbytes` is negative or more than the buffer has.
   * @throws {TypeError} If it is no buffer.
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
    return recv_into(this.#handle, into, check_room(into, nbytes), options);
  }

  /**
   * Receives bytes into a buffer as {@linkcode recv_into} does, without stopping the
   * event loop.
   *
   * @param buffer Where to put them, from its start; untouched until they are there.
   * @param room `nbytes` and `flags` as `recv_into` takes them; and `signal`, to end the
   * wait: nothing has been received then.
   * @returns How many came; 0 once the peer of a stream has closed its end.
   * @throws As `recv_into`, but never `BlockingIOError`; the signal's reason once it
   * aborts; `OSError` EBADF if the socket is closed meanwhile.
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
   * Sends bytes, as many as the kernel takes at once: send(2). SIGPIPE is never raised.
   *
   * @param data What to send.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, by `|`.
   * @returns How many bytes went; the rest is the caller's to send again.
   * @throws {BlockingIOError} If none would go and the socket is non-blocking.
   * @throws {TimeoutError} If none went in time.
   * @throws {BrokenPipeError} If the peer has stopped reading, or writing was shut down.
   * @throws {ConnectionResetError} If the peer reset the connection.
   * @throws {ValueError} With MSG_ZEROCOPY: the kernel would read the buffer after the call.
   * @throws {TypeError} If it is a string, or no buffer.
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
   * @param data The bytes, of which the kernel may take a part; not to be changed until then.
   * @param flags MSG_OOB and so on, by `|`.
   * @param options `signal`, to end the wait: nothing has been sent then.
   * @returns How many bytes were taken.
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
    return until_tried(this.#handle, EPOLLOUT, (handle) => {
      const number = int(flags, "flags");
      const from = bytes(data, "data");
      if (length === -1) length = length_of(from);
      check_unshrunk([from], length);
      return send(handle, packet(handle, from), number);
    }, options);
  }

  /**
   * Sends all of the bytes, in as many calls as it takes: send(2).
   *
   * @param data What to send.
   * @param flags MSG_OOB and so on, by `|`.
   * @throws {TimeoutError} If not all went in time: the time-out counts for the whole.
   * @throws {BlockingIOError} If the socket is non-blocking and would not take all. How
   * much went is not known: for such a socket use {@linkcode send}.
   * @throws {TypeError} If it is a string, or no buffer.
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
   * @param data What to send; not to be changed until it is sent.
   * @param flags MSG_OOB and so on, by `|`.
   * @param options `signal`, to end the wait: part of the bytes may have gone then.
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
   * @param data What to send.
   * @param address Where to.
   * @returns How many bytes went.
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
   * @param data What to send.
   * @param flags MSG_DONTWAIT and so on, by `|`.
   * @param address Where to.
   * @returns How many bytes went.
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
   * Sends to an address as {@linkcode sendto} does, without stopping the event loop; a
   * host's name is resolved first.
   *
   * @param data The bytes; not to be changed until they are sent.
   * @param address Where to.
   * @param options `signal`, to end the wait: nothing has been sent then.
   * @returns How many bytes were taken.
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
   * @param data The bytes; not to be changed until they are sent.
   * @param flags MSG_OOB and so on, by `|`.
   * @param address Where to.
   * @param options `signal`, to end the wait: nothing has been sent then.
   * @returns How many bytes were taken.
   * @throws As `sendto`, but never `BlockingIOError`; the signal's reason once it aborts;
   * `OSError` EBADF if the socket is closed meanwhile.
   *
   * @example
   * ```ts
   * import { socket } from "@iomux/py";
   * import { assertEquals } from "@std/assert";
   *
   * using server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
   * using client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
   * server.bind("");
   * const address = server.getsockname();
   * assertEquals(await client.sendtoAsync(new Uint8Array(3), 0, address), 3);
   * ```
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
    const to = await this.#destination(address, "sendto", options);
    return await until_tried(this.#handle, EPOLLOUT, (handle) => {
      check_unshrunk([from], length);
      return sendto(handle, packet(handle, from), number, to);
    }, options as WaitOptions | undefined);
  }

  #destination(
    address: unknown,
    caller: string,
    options: unknown,
  ): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const signal = check_signal(options);
    signal?.throwIfAborted();
    return destination_async(this.#handle, address, caller, signal);
  }

  /**
   * Sends bytes gathered from several buffers, and ancillary data: sendmsg(2).
   *
   * @param buffers What to send, one behind the other; at most 1024.
   * @param ancdata Ancillary messages: level, type and data, such as
   * `[SOL_SOCKET, SCM_RIGHTS, fds]`.
   * @param flags MSG_OOB, MSG_DONTWAIT and so on, by `|`.
   * @param address Where to; `null` for a connected socket.
   * @returns How many bytes went; ancillary data goes with the first of them.
   * @throws {BlockingIOError} If none would go and the socket is non-blocking.
   * @throws {TimeoutError} If none went in time.
   * @throws {BrokenPipeError} If the peer has stopped reading, or writing was shut down.
   * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
   * @throws {TypeError} If an argument is not iterable, or what it has is no buffer.
   * @throws {OSError} EMSGSIZE if there are too many buffers or a datagram is too long,
   * EINVAL or ENOBUFS of ancillary data that makes no sense or is too much, EBADF.
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
   * Sends as {@linkcode sendmsg} does, without stopping the event loop; a host's name is
   * resolved first.
   *
   * @param buffers The bytes, one view behind the other; not to be changed until they are
   * sent.
   * @param ancdata Ancillary messages, as `sendmsg` takes them.
   * @param flags MSG_OOB and so on, by `|`.
   * @param address Where to; `null` for a connected socket.
   * @param options `signal`, to end the wait: nothing has been sent then.
   * @returns How many bytes were taken.
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
      : await this.#destination(address, "sendmsg", options);
    const size = total(parts);
    return await until_tried(this.#handle, EPOLLOUT, (handle) => {
      check_unshrunk(parts, size);
      return sendmsg(handle, packets(handle, parts), control, number, to);
    }, options);
  }

  /**
   * Sends data to a cipher of the kernel's, with what to do to it: sendmsg(2), AF_ALG.
   *
   * @param msg What to send, as `sendmsg` takes it.
   * @param options The operation, and what it needs.
   * @returns How many bytes went.
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
    const own = bare(options);
    const { flags = 0 } = own;
    return this.sendmsg(msg ?? [], alg_ancdata(own), flags);
  }

  /**
   * Sends a file, without its bytes passing through JavaScript: sendfile(2).
   *
   * @param file The file's descriptor, or an object with `fileno()`.
   * @param part Where in the file to begin, in bytes: 0, if left out; and how many bytes to
   * send: `null`, the default, for all up to the end.
   * @returns How many bytes went: fewer than `count` where the file ended.
   * @throws {ValueError} If the socket is non-blocking or no stream, or a number makes no sense.
   * @throws {TimeoutError} If not all went in time: the time-out counts for the whole.
   * @throws {OSError} As {@linkcode send} does; EINVAL if the file cannot be mapped.
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
   * @param file The file's descriptor, or an object with `fileno()`.
   * @param part `offset` and `count` as `sendfile` takes them; and `signal`, to end the wait:
   * some bytes may have gone then.
   * @returns How many bytes went.
   * @throws As `sendfile`, but a non-blocking socket waits, too; the signal's reason once it
   * aborts; `OSError` EBADF if the socket is closed meanwhile.
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
    const start = check_offset(offset);
    const most = check_count(count);
    if (this.#handle.kind.type !== SOCK_STREAM) {
      throw new ValueError("only SOCK_STREAM type sockets are supported");
    }
    return [in_fd, start, most];
  }

  /**
   * Sets whether a program that this one executes inherits the descriptor.
   *
   * @param inheritable Whether it does.
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
   * @param flag Whether calls wait.
   * @throws {TypeError} If it is neither a boolean nor an integer.
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
   * Sets how long a call may wait.
   *
   * @param timeout Seconds, fractional: then it fails with `TimeoutError`. 0 makes the
   * socket non-blocking: `BlockingIOError`. `null` lets it wait for ever.
   * @throws {TypeError} If it is neither a number nor null.
   * @throws {ValueError} If it is negative or NaN.
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
   * @param optlen With `null` alone: the length to pass beside a null pointer.
   * @throws {TypeError} If the value is of another type.
   * @throws {OverflowError} If a number does not fit a C int.
   * @throws {OSError} ENOPROTOOPT if there is no such option, EBADF if the socket is closed.
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
   * @param how SHUT_RD, SHUT_WR (the peer then reads the end) or SHUT_RDWR.
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
   * What the socket receives, as a stream: the same one each time.
   *
   * Nothing is received before it is asked for. The stream ends where the peer closed its
   * half. It fails for good as `recvAsync` does, after a `TimeoutError`, too: leave the
   * socket without a time-out where it may be quiet. Reset, the connection fails `writable`
   * as well. `cancel()` ends a wait and this half: SHUT_RD.
   * The socket stays open for its owner to close, until `writable` has ended as well: once
   * both have, the socket closes itself.
   *
   * @throws {ValueError} If the socket is no SOCK_STREAM.
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
   * What the socket sends, as a stream: the same one each time.
   *
   * A write is done once the kernel has all of its bytes. `close()` ends this half after
   * what was written, so that the peer reads the end; `abort()` drops what still waits, and
   * ends it, too: SHUT_WR. The socket stays open as {@linkcode readable} says.
   *
   * @throws {ValueError} If the socket is no SOCK_STREAM.
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
   * // Both streams of each have ended, and so both are closed.
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
   * Receives bytes as `Deno.Conn` does, and as readers of `@std/io` are expected to.
   *
   * @param p Where to put them, from its start.
   * @returns How many came; `null` once the peer of a stream has closed its end. 0 if `p`
   * has no room, or for an empty datagram. Until then it holds the program, as
   * `Deno.Conn`'s does, whether it is awaited or not.
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
      // recv(0) would not even look at the descriptor.
      if (this.#handle.fd === -1) throw os_error(EBADF, { syscall: "recv" });
      return 0;
    }
    const received = await this.recv_intoAsync(p);
    const { type } = this.#handle.kind;
    const ends = type === SOCK_STREAM || type === SOCK_SEQPACKET;
    return received === 0 && ends ? null : received;
  }

  /**
   * Sends bytes as `Deno.Conn` does, and as writers of `@std/io` are expected to.
   *
   * @param p What to send; not to be changed until it is sent.
   * @returns How many it was: always all of them. Until then it holds the program, as
   * `Deno.Conn`'s does, whether it is awaited or not.
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
   * The clients of a socket that listens, one after the other, as `acceptAsync` gives them.
   *
   * It ends when the socket is closed. Leaving the loop does not close it: another loop
   * goes on. A client who has gone again is passed over, and while no descriptor is free
   * (EMFILE) clients wait; any other error ends the loop, `TimeoutError` as well.
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
   * Closes the socket at the end of an `await using` block, once what was written to
   * `writable` has gone, as long as that takes; `using` and `close()` drop it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#streams?.sent();
    this.close();
  }

  /** The socket as Python's `repr` shows it. */
  toString(): string {
    return shown(this.#handle);
  }

  /** The socket as Python's `repr` shows it, for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return shown(this.#handle);
  }
}

/**
 * Makes a socket of a descriptor that is ours, with the default time-out.
 *
 * @param nonblocking Whether the descriptor is non-blocking already.
 */
export function adopt<A extends Address>(
  fd: number,
  family: number,
  type: number,
  proto: number,
  nonblocking: boolean,
): Socket<A> {
  const timeout = nonblocking ? 0 : getdefaulttimeout();
  const socket = new Socket<A>(fd, family, type, proto, timeout);
  if (timeout !== null && !nonblocking) {
    try {
      socket.settimeout(timeout);
    } catch (error) {
      socket.close();
      throw error;
    }
  }
  return socket;
}

function escaped(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- they are what is escaped
    /[\\'\x00-\x1f\x7f]/g,
    (c) =>
      c === "\\" || c === "'"
        ? `\\${c}`
        : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** An address in a socket's repr, which shows a path without quotes. */
function address_shown(address: Address): string {
  return typeof address === "string" ? escaped(address) : repr(address);
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

/** A socket as Python's `repr` shows it. */
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
