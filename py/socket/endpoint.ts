import { libc } from "../../ffi/libc.ts";
import { close_fd, is_cloexec, set_cloexec } from "../../ffi/descriptor.ts";
import { closing } from "../../ffi/reactor.ts";
import { SOCKADDR_STORAGE_SIZE } from "../../ffi/sockaddr.ts";
import { last_error, syscall } from "../../ffi/syscall.ts";
import { bytes, type BytesLike, int, length_of } from "../arguments.ts";
import { OSError } from "../exceptions.ts";
import { type Address, from_sockaddr } from "./address.ts";
import { repr } from "./repr.ts";
import { check_timeout } from "./timeout.ts";

const FIONBIO = 0x5421n;

// The longest option that getsockopt() makes room for, as in CPython.
const MOST_OPTLEN = 1024;

// SO_GET_FILTER counts its length in instructions of 8 bytes, and writes as many.
const OPTLEN_UNIT = 8;

const sockaddr = new Uint8Array(SOCKADDR_STORAGE_SIZE);
const addrlen = new Uint32Array(1);
const integer = new Int32Array(1);

/** A socket's descriptor and what is set on it; the base of {@linkcode Socket}. */
export abstract class Endpoint implements Disposable {
  #fd: number;
  #timeout: number | null = null;

  /** The address family: AF_INET, AF_INET6, AF_UNIX. */
  readonly family: number;
  /** The type: SOCK_STREAM, SOCK_DGRAM. */
  readonly type: number;
  /** The protocol: 0, IPPROTO_TCP. */
  readonly proto: number;

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
    this.#fd = int(fd, "fd", -1);
    this.family = int(family, "family");
    this.type = int(type, "type");
    this.proto = int(proto, "proto");
    this.#timeout = check_timeout(timeout);
  }

  /**
   * The descriptor.
   *
   * @returns The descriptor, -1 once the socket is closed or detached.
   */
  fileno(): number {
    return this.#fd;
  }

  /** Closes the socket; a second call does nothing. */
  close(): void {
    const fd = this.#fd;
    if (fd === -1) return;
    this.#fd = -1;
    close_fd(fd);
  }

  /** Closes the socket at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
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
    const fd = this.#fd;
    this.#fd = -1;
    if (fd !== -1) closing(fd);
    return fd;
  }

  /** The time-out in seconds, as `gettimeout()` returns it. */
  get timeout(): number | null {
    return this.#timeout;
  }

  /**
   * The time-out.
   *
   * @returns Seconds; 0 if the socket is non-blocking, `null` if it blocks.
   */
  gettimeout(): number | null {
    return this.#timeout;
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
    const limit = check_timeout(timeout);
    integer[0] = limit === null ? 0 : 1;
    // It never waits, and so no signal interrupts it.
    if (libc.ioctl(this.#fd, FIONBIO, integer) === -1) {
      throw last_error("ioctl");
    }
    this.#timeout = limit;
  }

  /**
   * Whether the socket blocks, with a time-out or without.
   *
   * @returns `false` if its time-out is 0.
   */
  getblocking(): boolean {
    return this.#timeout !== 0;
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
    this.settimeout(int(flag, "flag") !== 0 ? null : 0);
  }

  /**
   * Whether a program that this one executes inherits the descriptor.
   *
   * @returns `false` for a new socket (PEP 446).
   * @throws {OSError} EBADF, if the socket is closed.
   */
  get_inheritable(): boolean {
    return !is_cloexec(this.#fd);
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
    set_cloexec(this.#fd, int(inheritable, "inheritable") === 0);
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
    if (size < 0 || size > MOST_OPTLEN) {
      throw new OSError(`getsockopt buflen out of range: ${size}`);
    }
    const length = size === 0 ? 4 : size;
    const value = new Uint8Array(length * OPTLEN_UNIT);
    addrlen[0] = length;
    syscall(
      "getsockopt",
      () => libc.getsockopt(this.#fd, where, name, value, addrlen),
    );
    if (size > 0) return value.slice(0, addrlen[0]!);
    return new DataView(value.buffer).getInt32(0, true);
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
    let option: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | null;
    let size: number;
    if (value === null) {
      if (optlen === undefined) {
        throw new TypeError("optlen is needed where value is null");
      }
      option = null;
      size = int(optlen, "optlen", 0, 0xffffffff);
    } else if (optlen !== undefined) {
      throw new TypeError("optlen is only for a value of null");
    } else if (typeof value === "number" || typeof value === "boolean") {
      integer[0] = int(value, "value");
      option = integer;
      size = 4;
    } else {
      option = bytes(value, "value");
      size = length_of(option);
    }
    syscall(
      "setsockopt",
      () => libc.setsockopt(this.#fd, where, name, option, size),
    );
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
  getsockname(): Address {
    addrlen[0] = sockaddr.length;
    syscall(
      "getsockname",
      () => libc.getsockname(this.#fd, sockaddr, addrlen),
    );
    return from_sockaddr(sockaddr, addrlen[0]!, this);
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
  getpeername(): Address {
    addrlen[0] = sockaddr.length;
    syscall(
      "getpeername",
      () => libc.getpeername(this.#fd, sockaddr, addrlen),
    );
    return from_sockaddr(sockaddr, addrlen[0]!, this);
  }

  /** The socket as Python's `repr` shows it. */
  toString(): string {
    return repr(this);
  }

  /** The socket as Python's `repr` shows it, for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return repr(this);
  }
}
