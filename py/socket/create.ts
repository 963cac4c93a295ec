/**
 * Makes sockets: a new one, a pair, from a descriptor, a connection, a server.
 *
 * @module
 */

import { close_fd, duplicate, set_nonblocking } from "../../ffi/descriptor.ts";
import { libc } from "../../ffi/libc.ts";
import type { ResolvedAddress } from "../../ffi/netdb.ts";
import type { OSErrorOptions } from "../../ffi/os_error.ts";
import { syscall } from "../../ffi/syscall.ts";
import {
  instances_of,
  int,
  type Keywords,
  keywords,
  shown,
  text,
} from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import {
  type Address,
  type AddressLike,
  type AddressOf,
  ascii_host,
  from_sockaddr,
  type Inet6Address,
  type InetAddress,
  lookup,
  lookup_async,
} from "./address.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import { getdefaulttimeout, is_inet, new_flags } from "./handle.ts";
import { gaierror } from "./names.ts";
import { service_of } from "./netdb.ts";
import { getsockopt_int } from "./options.ts";
import { check_family, check_net } from "./refusals.ts";
import { Socket } from "./socket.ts";

/** The arguments of {@linkcode socket}, by keyword or in this order. */
export interface SocketOptions<Family extends number = number> {
  /** AF_INET, AF_INET6, AF_UNIX; omitted or -1: `fileno`'s, or AF_INET. */
  readonly family?: Family | undefined;
  /**
   * SOCK_STREAM, SOCK_DGRAM and so on, optionally `| SOCK_NONBLOCK`; omitted or -1: `fileno`'s,
   * or SOCK_STREAM.
   */
  readonly type?: number | undefined;
  /** The protocol; omitted or -1: `fileno`'s, or 0. */
  readonly proto?: number | undefined;
  /** A socket's descriptor to own, instead of a new one. */
  readonly fileno?: number | null | undefined;
}

const SOCKET_OPTIONS = ["family", "type", "proto", "fileno"];

/**
 * Makes a socket: Python's `socket.socket`, socket(2).
 *
 * @param family AF_INET, AF_INET6, AF_UNIX; -1 for AF_INET.
 * @param type SOCK_STREAM, SOCK_DGRAM and so on, optionally `| SOCK_NONBLOCK`; -1 for SOCK_STREAM.
 * @param proto The protocol; -1 for 0.
 * @param fileno `null`, or a descriptor to own: see below.
 * @returns A socket, closed on exec, blocking unless a default time-out is set.
 * @throws {Deno.errors.NotCapable} If it is AF_PACKET or SOCK_RAW, and `--deny-net` refuses the
 * network or, beside `--allow-net`, any host.
 * @throws {OSError} EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, EACCES.
 * @throws {TypeError} If an argument is not an integer.
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
 * Makes a socket from keywords.
 *
 * @param options `family`, `type`, `proto`: see {@linkcode SocketOptions}.
 * @returns As above.
 * @throws {OSError} As above.
 */
export function socket<Family extends number = typeof AF_INET>(
  options: SocketOptions<Family> & { readonly fileno?: null | undefined },
): Socket<AddressOf<Family>>;
/**
 * Makes a socket from a descriptor, and owns it.
 *
 * @param options `family`, `type`, `proto`, `fileno`, by keyword or by position: see
 * {@linkcode SocketOptions}.
 * @returns A socket that owns the descriptor.
 * @throws {OSError} EBADF, or ENOTSOCK if it is not a socket.
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
  // `extends` takes any function; super() would return a Socket without the subclass's methods.
  if (new.target !== undefined && new.target !== socket) {
    throw new TypeError("Cannot extend socket.socket: extend socket.Socket");
  }
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
  check_family(real, without_flags(made));
  const fd = syscall(
    "socket",
    () => libc.socket(real, made | new_flags(), used),
  );
  const timeout = first_timeout(made);
  return new Socket(fd, real, without_flags(made), used, timeout);
}

instances_of(socket, Socket);

/** Returns the time-out of a new socket: 0 if the flags of its type make it non-blocking. */
function first_timeout(type: number): number | null {
  return (type & SOCK_NONBLOCK) !== 0 ? 0 : getdefaulttimeout();
}

/** Returns the type without its flags. */
function without_flags(type: number): number {
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
  const stated = type === -1 ? own_type : type;
  const timeout = first_timeout(stated);
  // As in CPython: the flag describes the descriptor, and does not change it.
  if (timeout !== null && (stated & SOCK_NONBLOCK) === 0) {
    set_nonblocking(fd, true);
  }
  return new Socket<A>(
    fd,
    family === -1 ? own_family : family,
    // A raw socket stays raw, since its packets are checked.
    own_type === SOCK_RAW ? own_type : without_flags(stated),
    proto === -1 ? own_proto : proto,
    timeout,
  );
}

/** The arguments of {@linkcode socketpair}, by keyword or in this order. */
export interface SocketPairOptions<Family extends number = number> {
  /** AF_UNIX, the default and the meaning of `null`. */
  readonly family?: Family | null | undefined;
  /** SOCK_STREAM, the default, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type?: number | undefined;
  /** 0. */
  readonly proto?: number | undefined;
}

const PAIR_OPTIONS = ["family", "type", "proto"];

/**
 * Makes two connected sockets: Python's `socket.socketpair`,
 * socketpair(2).
 *
 * @param options `family`, `type`, `proto`, by keyword or by position: see
 * {@linkcode SocketPairOptions}.
 * @returns The two sockets.
 * @throws {OSError} EOPNOTSUPP for another family, EMFILE if no descriptors are free.
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
  ...options: Keywords<
    [family: Family | null, type: number, proto: number],
    SocketPairOptions<Family>
  >
): [Socket<AddressOf<Family>>, Socket<AddressOf<Family>>] {
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
    () => libc.socketpair(domain, kind | new_flags(), protocol, sv),
  );
  const real = without_flags(kind), timeout = first_timeout(kind);
  return [
    new Socket(sv[0]!, domain, real, protocol, timeout),
    new Socket(sv[1]!, domain, real, protocol, timeout),
  ];
}

/**
 * Makes a socket from a duplicate of a descriptor: Python's `socket.fromfd`.
 *
 * @param fd A socket's descriptor, which the caller still owns.
 * @param family Its family.
 * @param type Its type.
 * @param options `proto`, its protocol, by keyword or by position.
 * @returns A socket that owns the duplicate.
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
 * @param fd A descriptor, which the caller still owns.
 * @returns The duplicate, closed on exec; the caller closes it.
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
 * @param fd A socket's descriptor that no {@linkcode Socket} owns, such as one from `detach()`.
 * @throws {OSError} EBADF if it is not open; ENOTSOCK if it is not a socket: it may be one of the
 * runtime's own files.
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

/** Whether IPv6 is built in, as in CPython; this machine may have it disabled. */
export const has_ipv6: boolean = true;

/** The optional arguments of {@linkcode create_connection}, by keyword. */
export interface ConnectionOptions {
  /** Seconds for each address; `null` waits for ever; omitted: the default time-out. */
  readonly timeout?: number | null | undefined;
  /** `[host, port]` to connect from; omitted or `null`: the kernel chooses. */
  readonly source_address?: AddressLike | undefined;
  /**
   * Whether to throw the errors of all addresses, in an `AggregateError`, instead of the last
   * one.
   */
  readonly all_errors?: boolean | undefined;
}

/**
 * Connects to a host, trying its addresses in order: Python's
 * `socket.create_connection`.
 *
 * @param address `[host, port]`; the port may be a service's name.
 * @param options `timeout` and `source_address`, by position or keyword, and `all_errors`: see
 * {@linkcode ConnectionOptions}.
 * @returns A connected socket, with that time-out.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {OSError} The last address's error, such as `ConnectionRefusedError`.
 * @throws {AggregateError} With `all_errors`, every error.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses an address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.create_server(["localhost", 0]);
 * const [host, port] = server.getsockname();
 * using client = socket.create_connection([host, port], { timeout: 5 });
 * assertEquals(client.gettimeout(), 5);
 * ```
 */
export function create_connection(
  address: readonly [host: string | null, port: number | string | null],
  ...options: Keywords<
    [timeout: number | null, source_address: AddressLike],
    ConnectionOptions
  >
): Socket<InetAddress | Inet6Address> {
  const plan = planned("create_connection", address, options);
  const errors: OSError[] = [];
  for (const found of lookup(plan.host, plan.service, 0, SOCK_STREAM)) {
    let sock: Socket<InetAddress | Inet6Address> | undefined;
    try {
      sock = socket_for(found);
      const to = prepared(sock, plan, found.sockaddr);
      sock.connect(to);
      return sock;
    } catch (error) {
      sock?.close();
      if (!(error instanceof OSError)) throw error;
      errors.push(error);
    }
  }
  throw failed(plan, errors);
}

/**
 * Connects as {@linkcode create_connection} does, without stopping the event loop.
 *
 * @param address `[host, port]`; the port may be a service's name.
 * @param options As for `create_connection`; and `signal`, to end the look-up or the wait.
 * @returns A connected socket, with that time-out.
 * @throws As `create_connection`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.create_server(["localhost", 0]);
 * const address = server.getsockname();
 * using client = await socket.create_connectionAsync(address, { timeout: 5 });
 * assertEquals(client.getpeername(), address);
 * ```
 */
export async function create_connectionAsync(
  address: readonly [host: string | null, port: number | string | null],
  ...options: Keywords<
    [timeout: number | null, source_address: AddressLike],
    ConnectionOptions & WaitOptions
  >
): Promise<Socket<InetAddress | Inet6Address>> {
  const plan = planned("create_connectionAsync", address, options);
  const { host, service, signal } = plan;
  signal?.throwIfAborted();
  const errors: OSError[] = [];
  const all = await lookup_async(signal, host, service, 0, SOCK_STREAM);
  for (const found of all) {
    let sock: Socket<InetAddress | Inet6Address> | undefined;
    try {
      sock = socket_for(found);
      const to = prepared(sock, plan, found.sockaddr);
      await sock.connectAsync(to, signal === undefined ? {} : { signal });
      return sock;
    } catch (error) {
      sock?.close();
      if (signal?.aborted || !(error instanceof OSError)) throw error;
      errors.push(error);
    }
  }
  throw failed(plan, errors);
}

/** The checked arguments of {@linkcode create_connection}. */
interface Plan {
  readonly host: string | null;
  readonly service: string | null;
  readonly timeout: unknown;
  readonly source_address: unknown;
  readonly all_errors: unknown;
  readonly signal: AbortSignal | undefined;
}

function planned(caller: string, address: unknown, options: unknown[]): Plan {
  const [timeout, source_address = null, all_errors, signal] = keywords(
    caller,
    options,
    ["timeout", "source_address"],
    ["all_errors", "signal"],
  );
  if (!Array.isArray(address)) {
    throw new TypeError(`address must be [host, port], not ${shown(address)}`);
  }
  if (address.length !== 2) {
    throw new ValueError(
      `address must be [host, port], not ${address.length} items`,
    );
  }
  const [name, port] = address as [unknown, unknown];
  return {
    host: name === null ? null : text(name, "host"),
    service: service_of(port),
    timeout,
    source_address,
    all_errors,
    signal: check_signal({ signal }),
  };
}

/** Makes a socket for a resolved address. */
function socket_for(
  { family, socktype, protocol }: ResolvedAddress,
): Socket<InetAddress | Inet6Address> {
  // The resolver has no other families.
  const inet = family as typeof AF_INET | typeof AF_INET6;
  return socket(inet, socktype, protocol);
}

/** Sets a socket up, and returns the address to connect to, if `--deny-net` allows it. */
function prepared(
  sock: Socket<InetAddress | Inet6Address>,
  { host, timeout, source_address }: Plan,
  sockaddr: Uint8Array<ArrayBuffer>,
): AddressLike {
  // Casts suffice: settimeout() and bind() check the values.
  if (timeout !== undefined) sock.settimeout(timeout as number | null);
  if (source_address !== null) sock.bind(source_address as AddressLike);
  // connect() sees only the resolved address.
  check_net(host === null ? "" : ascii_host(host), sockaddr, true);
  return from_sockaddr(sockaddr, sockaddr.length);
}

/** Returns the error of {@linkcode create_connection} when every address has failed. */
function failed({ all_errors }: Plan, errors: OSError[]): Error {
  return all_errors
    ? new AggregateError(errors, "create_connection failed")
    : errors.at(-1)!;
}

/**
 * Returns whether a socket can serve IPv4 and IPv6 at once: Python's
 * `socket.has_dualstack_ipv6`, ipv6(7).
 *
 * @returns `false` if this machine has no IPv6.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(typeof socket.has_dualstack_ipv6(), "boolean");
 * ```
 */
export function has_dualstack_ipv6(): boolean {
  try {
    using sock = socket(AF_INET6, SOCK_STREAM);
    sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0);
    return true;
  } catch (error) {
    if (error instanceof OSError) return false;
    throw error;
  }
}

/** The options of {@linkcode create_server}. */
export interface ServerOptions<Family extends number = number> {
  /** AF_INET, the default, AF_INET6 or AF_UNIX. */
  readonly family?: Family;
  /** The number of clients that may wait to be accepted; `listen()`'s default if omitted. */
  readonly backlog?: number | null;
  /** Whether to share the address with other sockets of this user: SO_REUSEPORT. */
  readonly reuse_port?: boolean;
  /** With AF_INET6: whether to accept IPv4 clients, too, as `::ffff:` addresses. */
  readonly dualstack_ipv6?: boolean;
}

/**
 * Makes a listening socket: Python's `socket.create_server`.
 *
 * @param address `[host, port]`; host `""` for every interface, port 0 for any free one.
 * @param options `family`, `backlog`, `reuse_port`, `dualstack_ipv6`.
 * @returns The socket, with SO_REUSEADDR set.
 * @throws {ValueError} If `dualstack_ipv6` is not supported, or the family is not AF_INET6.
 * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES; the message names the address.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses the address.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.create_server(["127.0.0.1", 0], { backlog: 5 });
 * using client = socket.socket();
 * client.connect(server.getsockname());
 * const [conn, address] = server.accept();
 * assertEquals(address, client.getsockname());
 * conn.close();
 * ```
 */
export function create_server<Family extends number = typeof AF_INET>(
  address: AddressLike,
  options: ServerOptions<Family> = {},
): Socket<AddressOf<Family>> {
  const [given, backlog, reuse_port, dualstack_ipv6] = keywords(
    "create_server",
    [options],
    [],
    ["family", "backlog", "reuse_port", "dualstack_ipv6"],
  );
  const family = int(given ?? AF_INET, "family") as Family;
  if (dualstack_ipv6) {
    if (!has_dualstack_ipv6()) {
      throw new ValueError("dualstack_ipv6 not supported on this platform");
    }
    if (family !== AF_INET6) {
      throw new ValueError("dualstack_ipv6 requires AF_INET6 family");
    }
  }
  const sock = socket(family, SOCK_STREAM);
  try {
    sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    // Since 6.12.9 Linux refuses it for other families.
    if (reuse_port && is_inet(family)) {
      sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (family === AF_INET6) {
      sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, dualstack_ipv6 ? 0 : 1);
    }
    try {
      sock.bind(address);
    } catch (error) {
      throw error instanceof OSError ? naming(error, address) : error;
    }
    sock.listen((backlog ?? undefined) as number | undefined);
    return sock;
  } catch (error) {
    sock.close();
    throw error;
  }
}

/** Adds the address to the message of an error. */
function naming(error: OSError, address: AddressLike): OSError {
  const { errno, code, syscall } = error;
  const where = `(while attempting to bind on address ${repr(address)})`;
  const meaning = `${error.strerror ?? error.message} ${where}`;
  if (errno === null) return new OSError(meaning);
  const options: OSErrorOptions = { syscall };
  if (code !== null) options.code = code;
  return error instanceof gaierror
    ? new gaierror(errno, meaning, options)
    : new OSError(errno, meaning, options);
}
