import type { ResolvedAddress } from "../../ffi/getaddrinfo.ts";
import type { OSErrorOptions } from "../../ffi/os_error.ts";
import { int, type Keywords, keywords, shown, text } from "../arguments.ts";
import { OSError, ValueError } from "../exceptions.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { repr } from "../repr.ts";
import { ascii_host, from_sockaddr, lookup, lookup_async } from "./address.ts";
import type {
  AddressLike,
  AddressOf,
  Inet6Address,
  InetAddress,
} from "./address_types.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants/mod.ts";
import { socket } from "./create.ts";
import { gaierror } from "./gaierror.ts";
import { service_of } from "./getaddrinfo.ts";
import { check_net } from "./permission.ts";
import type { Socket } from "./socket.ts";

/** Whether IPv6 is built in, as in CPython's; this machine may have it switched off. */
export const has_ipv6: boolean = true;

/** The optional arguments of {@linkcode create_connection}, by keyword. */
export interface ConnectionOptions {
  /** Seconds for each address; `null` to wait as long as it takes. Left out, the default
   * time-out. */
  readonly timeout?: number | null | undefined;
  /** `[host, port]` to connect from; left out or `null`, the kernel chooses. */
  readonly source_address?: AddressLike | undefined;
  /** Throw the errors of all addresses, in an `AggregateError`, not just the last one's. */
  readonly all_errors?: boolean | undefined;
}

/**
 * Connects to a host, by whichever of its addresses answers first: Python's
 * `socket.create_connection`.
 *
 * @param address `[host, port]`; the port may be a service's name.
 * @param options `timeout` and `source_address`, which may go by position, and
 * `all_errors`: see {@linkcode ConnectionOptions}.
 * @returns A connected socket, with that time-out.
 * @throws {gaierror} If the host cannot be resolved.
 * @throws {OSError} The last address's error, such as `ConnectionRefusedError`.
 * @throws {AggregateError} With `all_errors`, the errors of all.
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
      const [made, to] = opened(plan, found);
      sock = made;
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
 * @param options As `create_connection` takes them; and `signal`, to end the look-up or the
 * wait for a connection.
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
  const all = await lookup_async(host, service, 0, SOCK_STREAM, signal);
  for (const found of all) {
    let sock: Socket<InetAddress | Inet6Address> | undefined;
    try {
      const [made, to] = opened(plan, found);
      sock = made;
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

/** The arguments of {@linkcode create_connection}, checked. */
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
  const host = name === null ? null : text(name, "host");
  const service = service_of(port);
  return {
    host,
    service,
    timeout,
    source_address,
    all_errors,
    signal: check_signal({ signal }),
  };
}

/** Makes a socket for an address that was found; closes it if something is wrong with it. */
function opened(
  { host, timeout, source_address }: Plan,
  found: ResolvedAddress,
): [sock: Socket<InetAddress | Inet6Address>, to: AddressLike] {
  const { socktype, protocol, sockaddr } = found;
  // The resolver knows no other families.
  const family = found.family as typeof AF_INET | typeof AF_INET6;
  const sock = socket(family, socktype, protocol);
  try {
    // The two casts: settimeout() and bind() check what the caller gave.
    if (timeout !== undefined) sock.settimeout(timeout as number | null);
    if (source_address !== null) sock.bind(source_address as AddressLike);
    // connect() sees only the number that the name has become.
    check_net(host === null ? "" : ascii_host(host), sockaddr, true);
    return [sock, from_sockaddr(sockaddr, sockaddr.length)];
  } catch (error) {
    sock.close();
    throw error;
  }
}

/** What {@linkcode create_connection} fails with, once no address has answered. */
function failed({ all_errors }: Plan, errors: OSError[]): Error {
  if (errors.length === 0) {
    return new OSError("getaddrinfo returns an empty list");
  }
  return all_errors
    ? new AggregateError(errors, "create_connection failed")
    : errors.at(-1)!;
}

/**
 * Whether a socket can serve IPv4 and IPv6 at once: Python's
 * `socket.has_dualstack_ipv6`, ipv6(7).
 *
 * @returns `false` where this machine has no IPv6.
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

/** What {@linkcode create_server} takes last. */
export interface ServerOptions<Family extends number = number> {
  /** AF_INET, AF_INET6 or AF_UNIX; AF_INET if left out. */
  readonly family?: Family;
  /** How many clients may wait to be accepted; `listen()`'s own if left out. */
  readonly backlog?: number | null;
  /** Share the address with other sockets of this user: SO_REUSEPORT. */
  readonly reuse_port?: boolean;
  /** Of AF_INET6: accept IPv4 clients, too, as `::ffff:` addresses. */
  readonly dualstack_ipv6?: boolean;
}

/**
 * Makes a socket that listens: Python's `socket.create_server`.
 *
 * @param address `[host, port]`; host `""` for every interface, port 0 for any free one.
 * @param options `family`, `backlog`, `reuse_port`, `dualstack_ipv6`.
 * @returns The socket, with SO_REUSEADDR set.
 * @throws {ValueError} If `dualstack_ipv6` cannot be had, or the family is not AF_INET6.
 * @throws {OSError} EADDRINUSE, EADDRNOTAVAIL, EACCES: it names the address.
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
  const [given, backlog = null, reuse_port, dualstack_ipv6] = keywords(
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
    // Since 6.12.9 Linux refuses it of other families.
    if (reuse_port && (family === AF_INET || family === AF_INET6)) {
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
    if (backlog === null) sock.listen();
    else sock.listen(backlog as number);
    return sock;
  } catch (error) {
    sock.close();
    throw error;
  }
}

/** The same error, with the address in its message. */
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
