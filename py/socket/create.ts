import { close_fd, duplicate } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import { syscall } from "../../ffi/syscall.ts";
import { int } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import {
  AF_INET,
  AF_UNIX,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants/mod.ts";
import { check_family } from "./permission.ts";
import { adopt, Socket } from "./socket.ts";

/**
 * Makes a socket: Python's `socket.socket`, socket(2).
 *
 * @param family AF_INET, AF_INET6, AF_UNIX; -1 for AF_INET, or what `fileno` is.
 * @param type SOCK_STREAM, SOCK_DGRAM and so on, with SOCK_NONBLOCK by `|`; -1 for
 * SOCK_STREAM, or what `fileno` is.
 * @param proto The protocol; -1 for 0, or what `fileno` is.
 * @param fileno A socket's descriptor to take over instead of making one.
 * @returns A socket, closed on exec, blocking unless a default time-out is set.
 * @throws {Deno.errors.NotCapable} If it is AF_PACKET, and `--deny-net` refuses the network.
 * @throws {OSError} EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, EACCES; with `fileno` EBADF or
 * ENOTSOCK.
 * @throws {ValueError} If `fileno` is negative.
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
export function socket(
  family = -1,
  type = -1,
  proto = -1,
  fileno: number | null = null,
): Socket {
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

/** The type without the flags that Linux puts beside it. */
function bare(type: number): number {
  return type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
}

function from_fileno(
  family: number,
  type: number,
  proto: number,
  fileno: number,
): Socket {
  const fd = int(fileno, "fileno");
  if (fd < 0) throw new ValueError(`negative file descriptor: ${fd}`);
  // Not owned until it is known to be a socket: the probe never closes it.
  const probe = new Socket(fd, 0, 0, 0, null);
  const own_type = probe.getsockopt(SOL_SOCKET, SO_TYPE);
  const own_family = probe.getsockopt(SOL_SOCKET, SO_DOMAIN);
  const own_proto = probe.getsockopt(SOL_SOCKET, SO_PROTOCOL);
  return adopt(
    fd,
    family === -1 ? own_family : family,
    type === -1 ? own_type : bare(type),
    proto === -1 ? own_proto : proto,
    // As in CPython: the flag says what the descriptor is already.
    type !== -1 && (type & SOCK_NONBLOCK) !== 0,
  );
}

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
export function socketpair(
  family = AF_UNIX as number,
  type = SOCK_STREAM as number,
  proto = 0,
): [Socket, Socket] {
  const domain = int(family, "family");
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
 * @param proto Its protocol.
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
export function fromfd(
  fd: number,
  family: number,
  type: number,
  proto = 0,
): Socket {
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
  new Socket(Math.max(number, -1), 0, 0, 0, null).getsockopt(
    SOL_SOCKET,
    SO_TYPE,
  );
  close_fd(number);
}
