import { close_fd, duplicate } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { syscall } from "../../ffi/syscall.ts";
import { int, type Keywords, keywords } from "../arguments.ts";
import { instances_of } from "../callable.ts";
import { ValueError } from "../exceptions.ts";
import type { Address, AddressOf } from "./address_types.ts";
import {
  AF_INET,
  AF_UNIX,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants/mod.ts";
import { getsockopt_int } from "./options.ts";
import { check_family } from "./permission.ts";
import { adopt, Socket } from "./socket.ts";

/** The arguments of {@linkcode socket}, by keyword or in this order. */
export interface SocketOptions<Family extends number = number> {
  /** AF_INET, AF_INET6, AF_UNIX; left out or -1, AF_INET or that of `fileno`. */
  readonly family?: Family | undefined;
  /** SOCK_STREAM, SOCK_DGRAM and so on, with SOCK_NONBLOCK by `|`; left out or -1,
   * SOCK_STREAM or that of `fileno`. */
  readonly type?: number | undefined;
  /** The protocol; left out or -1, 0 or that of `fileno`. */
  readonly proto?: number | undefined;
  /** A socket's descriptor to take over instead of making one. */
  readonly fileno?: number | null | undefined;
}

const SOCKET_OPTIONS = ["family", "type", "proto", "fileno"];

/**
 * Makes a socket: Python's `socket.socket`, socket(2).
 *
 * @param family AF_INET, AF_INET6, AF_UNIX; -1 for AF_INET.
 * @param type SOCK_STREAM, SOCK_DGRAM and so on, with SOCK_NONBLOCK by `|`; -1 for
 * SOCK_STREAM.
 * @param proto The protocol; -1 for 0.
 * @param fileno `null`; a descriptor to take over: see below.
 * @returns A socket, closed on exec, blocking unless a default time-out is set.
 * @throws {Deno.errors.NotCapable} If it is AF_PACKET, and `--deny-net` refuses the network.
 * @throws {OSError} EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, EACCES.
 * @throws {TypeError} If an argument is no integer.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
 * assertEquals(sock.family, socket.AF_INET);
 * ```
 */
export function socket<Family extends number = typeof AF_INET>(
  family?: Family,
  type?: number,
  proto?: number,
  fileno?: null,
): Socket<AddressOf<Family>>;
/**
 * Makes a socket of arguments by keyword.
 *
 * @param options `family`, `type`, `proto`: see {@linkcode SocketOptions}.
 * @returns As above.
 * @throws {OSError} As above.
 */
export function socket<Family extends number = typeof AF_INET>(
  options: SocketOptions<Family> & { readonly fileno?: null | undefined },
): Socket<AddressOf<Family>>;
/**
 * Takes a socket's descriptor over.
 *
 * @param options `family`, `type`, `proto`, `fileno`: by keyword, or the first ones by
 * position; see {@linkcode SocketOptions}.
 * @returns A socket on that descriptor.
 * @throws {OSError} EBADF, or ENOTSOCK if it is not a socket's.
 * @throws {ValueError} If `fileno` is negative.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket(socket.AF_INET6);
 * using same = socket.socket({ fileno: socket.dup(sock.fileno()) });
 * assertEquals(same.family, socket.AF_INET6);
 * ```
 */
export function socket<Family extends number = number>(
  ...options: Keywords<
    [family: Family, type: number, proto: number, fileno: number | null],
    SocketOptions<Family>
  >
): Socket<AddressOf<Family>>;
export function socket(...options: unknown[]): Socket {
  const [family = -1, type = -1, proto = -1, fileno = null] = keywords(
    "socket",
    options,
    SOCKET_OPTIONS,
  );
  const domain = int(family, "family");
  const kind = int(type, "type");
  const protocol = int(proto, "proto");
  if (fileno !== null) return from_fileno(domain, kind, protocol, fileno);
  const real = domain === -1 ? AF_INET : domain;
  const made = kind === -1 ? SOCK_STREAM : kind;
  const used = protocol === -1 ? 0 : protocol;
  check_family(real, bare(made));
  const fd = syscall(
    "socket",
    () => libc.socket(real, made | SOCK_CLOEXEC, used),
  );
  return adopt(fd, real, bare(made), used, (made & SOCK_NONBLOCK) !== 0);
}

instances_of(socket, Socket);

/** The type without the flags that Linux puts beside it. */
function bare(type: number): number {
  return type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
}

function from_fileno<A extends Address>(
  family: number,
  type: number,
  proto: number,
  fileno: unknown,
): Socket<A> {
  const fd = int(fileno, "fileno");
  if (fd < 0) throw new ValueError(`negative file descriptor: ${fd}`);
  // Not owned until it is known to be a socket.
  const own_type = getsockopt_int(fd, SOL_SOCKET, SO_TYPE);
  const own_family = getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN);
  const own_proto = getsockopt_int(fd, SOL_SOCKET, SO_PROTOCOL);
  return adopt(
    fd,
    family === -1 ? own_family : family,
    // A raw one stays raw, as what it sends is checked.
    type === -1 || own_type === SOCK_RAW ? own_type : bare(type),
    proto === -1 ? own_proto : proto,
    // As in CPython: the flag says what the descriptor is already.
    type !== -1 && (type & SOCK_NONBLOCK) !== 0,
  );
}

/** The arguments of {@linkcode socketpair}, by keyword or in this order. */
export interface SocketPairOptions<Family extends number = number> {
  /** AF_UNIX, the default, also of `null`. */
  readonly family?: Family | null | undefined;
  /** SOCK_STREAM, the default, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type?: number | undefined;
  /** 0. */
  readonly proto?: number | undefined;
}

const PAIR_OPTIONS = ["family", "type", "proto"];

/**
 * Makes two sockets that are connected to each other: Python's `socket.socketpair`,
 * socketpair(2).
 *
 * @param family AF_UNIX.
 * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
 * @param proto 0.
 * @returns The two.
 * @throws {OSError} EOPNOTSUPP of another family, EMFILE if no descriptors are free.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * a.sendall(new Uint8Array([42]));
 * assertEquals(b.recv(1), new Uint8Array([42]));
 * a.close();
 * b.close();
 * ```
 */
export function socketpair<Family extends number = typeof AF_UNIX>(
  family?: Family | null,
  type?: number,
  proto?: number,
): [Socket<AddressOf<Family>>, Socket<AddressOf<Family>>];
/**
 * Makes two sockets of arguments by keyword, or the first ones by position.
 *
 * @param options `family`, `type`, `proto`: see {@linkcode SocketPairOptions}.
 * @returns The two.
 * @throws {OSError} As above.
 */
export function socketpair<Family extends number = typeof AF_UNIX>(
  ...options: Keywords<
    [family: Family | null, type: number, proto: number],
    SocketPairOptions<Family>
  >
): [Socket<AddressOf<Family>>, Socket<AddressOf<Family>>];
export function socketpair(...options: unknown[]): [Socket, Socket] {
  const [family = AF_UNIX, type = SOCK_STREAM, proto = 0] = keywords(
    "socketpair",
    options,
    PAIR_OPTIONS,
  );
  const domain = int(family ?? AF_UNIX, "family");
  const kind = int(type, "type");
  const protocol = int(proto, "proto");
  const sv = new Int32Array(2);
  syscall(
    "socketpair",
    () => libc.socketpair(domain, kind | SOCK_CLOEXEC, protocol, sv),
  );
  const nonblocking = (kind & SOCK_NONBLOCK) !== 0;
  return [
    adopt(sv[0]!, domain, bare(kind), protocol, nonblocking),
    adopt(sv[1]!, domain, bare(kind), protocol, nonblocking),
  ];
}

/**
 * Makes a socket of a duplicate of a descriptor: Python's `socket.fromfd`.
 *
 * @param fd A socket's descriptor, which stays the caller's.
 * @param family Its family.
 * @param type Its type.
 * @param options `proto`: its protocol, by keyword or by position.
 * @returns A socket on a descriptor of its own.
 * @throws {OSError} EBADF, ENOTSOCK, EMFILE.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = socket.socketpair();
 * const copy = socket.fromfd(a.fileno(), socket.AF_UNIX, socket.SOCK_STREAM);
 * copy.send(new Uint8Array([1]));
 * assertEquals(b.recv(16).length, 1);
 * for (const sock of [a, b, copy]) sock.close();
 * ```
 */
export function fromfd<Family extends number>(
  fd: number,
  family: Family,
  type: number,
  ...options: Keywords<[proto: number], { readonly proto?: number | undefined }>
): Socket<AddressOf<Family>> {
  const [proto = 0] = keywords("fromfd", options, ["proto"]);
  const number = int(fd, "fd");
  const domain = int(family, "family");
  const kind = int(type, "type");
  const protocol = int(proto, "proto");
  const copy = duplicate(number);
  try {
    return from_fileno(domain, kind, protocol, copy);
  } catch (error) {
    close_fd(copy);
    throw error;
  }
}

/**
 * Duplicates a descriptor: Python's `socket.dup`, fcntl(2), F_DUPFD_CLOEXEC.
 *
 * @param fd A descriptor, which stays the caller's.
 * @returns Another of the same file, closed on exec, for the caller to close.
 * @throws {OSError} EBADF, EMFILE.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * using copy = socket.socket(-1, -1, -1, socket.dup(sock.fileno()));
 * assertEquals(copy.type, sock.type);
 * ```
 */
export function dup(fd: number): number {
  return duplicate(int(fd, "fd"));
}

/**
 * Closes a socket's descriptor by its number: Python's `socket.close`, close(2).
 *
 * @param fd A socket's descriptor that no {@linkcode Socket} owns, as `detach()` gives it.
 * @throws {OSError} EBADF if it is not open; ENOTSOCK if it is no socket, since the
 * runtime's own files are not ours to close.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * const fd = socket.socket().detach();
 * socket.close(fd);
 * assertThrows(() => socket.close(fd));
 * ```
 */
export function close(fd: number): void {
  const number = int(fd, "fd");
  getsockopt_int(number, SOL_SOCKET, SO_TYPE);
  close_fd(number);
}
