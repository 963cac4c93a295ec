import { duplicate } from "../../ffi/descriptor.ts";
import { EAGAIN, EINPROGRESS, EINTR, EISCONN } from "../../ffi/errno.ts";
import { errno, libc, Pinned } from "../../ffi/libc.ts";
import { SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import {
  attempt,
  call_again,
  milliseconds,
  os_error,
  socket_call,
  syscall,
  wait_for,
} from "../../ffi/syscall.ts";
import { int } from "../arguments.ts";
import { TimeoutError } from "../exceptions.ts";
import { NOT_YET, type WaitOptions } from "../pending.ts";
import { EPOLLIN, POLLIN, POLLOUT } from "../select/constants.ts";
import {
  type Address,
  type AddressLike,
  from_sockaddr,
  to_sockaddr,
} from "./address.ts";
import type { InetAddress } from "./address_types.ts";
import {
  AF_INET,
  AF_INET6,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOL_SOCKET,
} from "./constants/mod.ts";
import { check_net } from "./permission.ts";
import { Streams } from "./streams.ts";
import { getdefaulttimeout } from "./timeout.ts";
import { without_blocking } from "./twins.ts";
import { until } from "./until.ts";

// Python's default: min(SOMAXCONN, 128).
const DEFAULT_BACKLOG = 128;

const sockaddr = new Pinned(new Uint8Array(SOCKADDR_STORAGE_SIZE));
const addrlen = new Pinned(new Uint32Array(1));

/**
 * A socket, as {@linkcode socket} makes it: Python's `socket.socket` object, socket(7).
 *
 * It owns its descriptor until `close()` or `detach()`; afterwards its calls fail with
 * EBADF, whoever has the number then. Nothing is closed by the garbage collector.
 *
 * What is not below is in the classes that it is made of:
 *
 * - {@linkcode Endpoint}: `fileno`, `close`, `detach`, time-outs, options, names;
 * - {@linkcode Receiver}: `recv` and its kind; {@linkcode Sender}: `send` and its kind;
 * - {@linkcode Message}: `sendmsg`, `recvmsg`, ancillary data;
 * - {@linkcode Twins}: `recvAsync` and its kind; {@linkcode Streams}: Web Streams, `for await`.
 */
export class Socket extends Streams {
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
   * const [, port] = server.getsockname() as [string, number];
   * assert(port > 0);
   * ```
   */
  bind(address: AddressLike): void {
    const to = to_sockaddr(this, address, "bind");
    check_net(to.host, to.bytes, false);
    const fd = this.fileno();
    syscall("bind", () => libc.bind(fd, to.bytes, to.bytes.byteLength));
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
  listen(backlog = DEFAULT_BACKLOG): void {
    const most = Math.max(0, int(backlog, "backlog"));
    const fd = this.fileno();
    if (this.family === AF_INET || this.family === AF_INET6) {
      const [, port] = this.getsockname() as InetAddress;
      // Not bound, it listens on every interface.
      const to = port === 0 && to_sockaddr(this, ["", 0], "listen");
      if (to) check_net(to.host, to.bytes, false);
    }
    syscall("listen", () => libc.listen(fd, most));
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
  accept(): [conn: Socket, address: Address] {
    const listener = this.fileno(), { timeout } = this;
    // No flag keeps accept4 from blocking: with a time-out, somebody must be there first.
    const waits = timeout !== null && timeout !== 0;
    let fd = waits ? accept_in_time(listener, timeout) : accept4(listener);
    if (fd === -1) fd = accept_again(errno(), listener, timeout);
    const address = from_sockaddr(sockaddr.view, addrlen.view[0]!, this);
    // accept4 leaves the new descriptor blocking, whatever the listener is.
    return [adopt(fd, this.family, this.type, this.proto, false), address];
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
  ): Promise<[conn: Socket, address: Address]> {
    return until(this, EPOLLIN, () => {
      const listener = this.fileno();
      const fd = without_blocking(
        this,
        () => attempt("accept4", () => accept4(listener)),
      );
      if (fd === -1) return NOT_YET;
      const address = from_sockaddr(sockaddr.view, addrlen.view[0]!, this);
      return [adopt(fd, this.family, this.type, this.proto, false), address];
    }, options);
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
    const number = try_to_connect(this, address, "connect");
    if (number === TIMED_OUT) {
      throw new TimeoutError("timed out", null, { syscall: "connect" });
    }
    if (number !== 0) throw os_error(number, { syscall: "connect" });
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
    const number = try_to_connect(this, address, "connect_ex");
    return number === TIMED_OUT ? EAGAIN : number;
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
    const half = int(how, "how");
    const fd = this.fileno();
    syscall("shutdown", () => libc.shutdown(fd, half));
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
  dup(): Socket {
    const fd = duplicate(this.fileno());
    return new Socket(fd, this.family, this.type, this.proto, this.timeout);
  }
}

// No errno is negative.
const TIMED_OUT = -1;

/**
 * Makes a socket of a descriptor that is ours, with the default time-out.
 *
 * @param nonblocking Whether the descriptor is non-blocking already.
 */
export function adopt(
  fd: number,
  family: number,
  type: number,
  proto: number,
  nonblocking: boolean,
): Socket {
  const timeout = nonblocking ? 0 : getdefaulttimeout();
  const socket = new Socket(fd, family, type, proto, timeout);
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

function accept4(listener: number): number {
  addrlen.view[0] = sockaddr.view.length;
  const { address } = sockaddr;
  return libc.accept4(listener, address, addrlen.address, SOCK_CLOEXEC);
}

function try_to_connect(
  socket: Socket,
  address: AddressLike,
  caller: string,
): number {
  const to = to_sockaddr(socket, address, caller);
  check_net(to.host, to.bytes, true);
  const fd = socket.fileno(), timeout = socket.timeout;
  const result = libc.connect(fd, to.bytes, to.bytes.byteLength);
  const number = result === -1 ? errno() : 0;
  // After a signal connect(2) goes on by itself, and a second one would say EALREADY.
  const pending = number === EINTR ||
    (number === EINPROGRESS && timeout !== null);
  if (!pending || timeout === 0) return number;
  const limit = timeout === null ? -1 : milliseconds(timeout * 1000);
  if (!wait_for(fd, POLLOUT, limit)) return TIMED_OUT;
  const error = socket.getsockopt(SOL_SOCKET, SO_ERROR);
  return error === EISCONN ? 0 : error;
}

// Apart from accept(), which so needs no closure while nothing fails.
function accept_again(
  error: number,
  listener: number,
  timeout: number | null,
): number {
  const call = () => accept4(listener);
  return call_again("accept4", error, listener, POLLIN, timeout, call);
}

function accept_in_time(listener: number, timeout: number): number {
  const call = () => accept4(listener);
  return socket_call("accept4", listener, POLLIN, timeout, call, true);
}
