import {
  getaddrinfo as getaddrinfo_of,
  type Resolution,
} from "../../ffi/getaddrinfo.ts";
import { look_up, type Query } from "../../ffi/lookups.ts";
import {
  int,
  type Keywords,
  keywords,
  shown,
  text,
  whole,
} from "../arguments.ts";
import { check_signal, type WaitOptions } from "../pending.ts";
import { ascii_host, found_in, from_sockaddr } from "./address.ts";
import type { Inet6Address, InetAddress } from "./address_types.ts";
import { check_lookup } from "./permission.ts";

/** One answer of {@linkcode getaddrinfo}, in the order that `socket` and `connect` take. */
export type AddressInfo = [
  family: number,
  type: number,
  proto: number,
  canonname: string,
  sockaddr: InetAddress | Inet6Address,
];

/** The optional arguments of {@linkcode getaddrinfo}, by keyword or in this order. */
export interface AddrInfoOptions {
  /** AF_INET, AF_INET6; 0, the default, for both. */
  readonly family?: number | undefined;
  /** SOCK_STREAM, SOCK_DGRAM; 0, the default, for all. */
  readonly type?: number | undefined;
  /** IPPROTO_TCP, IPPROTO_UDP; 0, the default, for all. */
  readonly proto?: number | undefined;
  /** AI_PASSIVE, AI_NUMERICHOST, AI_CANONNAME and so on, by `|`. */
  readonly flags?: number | undefined;
}

const HINTS = ["family", "type", "proto", "flags"];

/**
 * Resolves a host and a service with libc's resolver: Python's `socket.getaddrinfo`,
 * getaddrinfo(3). It blocks while a name server is asked.
 *
 * @param host A name or a number; `null` for the loopback, or with AI_PASSIVE for every
 * interface.
 * @param port A number, or a service's name; `null` for none.
 * @param family AF_INET, AF_INET6; 0 for both.
 * @param type SOCK_STREAM, SOCK_DGRAM; 0 for all.
 * @param proto IPPROTO_TCP, IPPROTO_UDP; 0 for all.
 * @param flags AI_PASSIVE, AI_NUMERICHOST, AI_CANONNAME and so on, by `|`.
 * @returns The answers, best first.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws {gaierror} If there are none.
 * @throws {TypeError} If the host, the port or a hint is of another type.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const found = socket.getaddrinfo("127.0.0.1", 80, { type: socket.SOCK_STREAM });
 * assertEquals(found, [[
 *   socket.AF_INET,
 *   socket.SOCK_STREAM,
 *   socket.IPPROTO_TCP,
 *   "",
 *   ["127.0.0.1", 80],
 * ]]);
 * ```
 */
export function getaddrinfo(
  host: string | null,
  port: string | number | null,
  family?: number,
  type?: number,
  proto?: number,
  flags?: number,
): AddressInfo[];
/**
 * Resolves with hints by keyword, or the first ones by position.
 *
 * @param host As above.
 * @param port As above.
 * @param hints `family`, `type`, `proto`, `flags`: see {@linkcode AddrInfoOptions}.
 * @returns As above.
 * @throws As above.
 */
export function getaddrinfo(
  host: string | null,
  port: string | number | null,
  ...hints: Keywords<
    [family: number, type: number, proto: number, flags: number],
    AddrInfoOptions
  >
): AddressInfo[];
export function getaddrinfo(
  host: string | null,
  port: string | number | null,
  ...hints: unknown[]
): AddressInfo[] {
  const query = query_of(host, port, keywords("getaddrinfo", hints, HINTS));
  return resolved(getaddrinfo_of(...query));
}

/**
 * Resolves as {@linkcode getaddrinfo} does, without stopping the event loop.
 *
 * @param host As `getaddrinfo` takes it.
 * @param port A number, or a service's name; `null` for none.
 * @param hints As `getaddrinfo` takes them; and `signal`, to end the wait. Eight look-ups
 * go on at a time, each on a thread of the runtime's, and others queue: libc keeps the
 * thread of one that is aborted until the name server answers or libc gives up.
 * @returns What `getaddrinfo` returns.
 * @throws {Deno.errors.NotCapable} If `--deny-net` refuses to look the name up.
 * @throws As `getaddrinfo`; the signal's reason once it aborts.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const { AF_INET, SOCK_STREAM } = socket;
 * const [found] = await socket.getaddrinfoAsync("127.0.0.1", 80, AF_INET, SOCK_STREAM);
 * assertEquals(found?.[4], ["127.0.0.1", 80]);
 * ```
 */
export async function getaddrinfoAsync(
  host: string | null,
  port: string | number | null,
  ...hints: Keywords<
    [family: number, type: number, proto: number, flags: number],
    AddrInfoOptions & WaitOptions
  >
): Promise<AddressInfo[]> {
  const sorted = keywords("getaddrinfoAsync", hints, HINTS, ["signal"]);
  const signal = check_signal({ signal: sorted[4] });
  const query = query_of(host, port, sorted);
  return resolved(await look_up(query, signal));
}

function query_of(host: unknown, port: unknown, hints: unknown[]): Query {
  const [family = 0, type = 0, proto = 0, flags = 0] = hints;
  const name = host === null ? null : ascii_host(text(host, "host"));
  const service = service_of(port);
  const query: Query = [
    name,
    service,
    int(family, "family"),
    int(type, "type"),
    int(proto, "proto"),
    int(flags, "flags"),
  ];
  check_lookup(name, service);
  return query;
}

function resolved(answer: Resolution): AddressInfo[] {
  return found_in(answer).map((one): AddressInfo => [
    one.family,
    one.socktype,
    one.protocol,
    one.canonname,
    // libc's resolver knows these two families.
    from_sockaddr(one.sockaddr, one.sockaddr.length) as
      | InetAddress
      | Inet6Address,
  ]);
}

/** What getaddrinfo(3) takes for a port: a number in digits, a name, or nothing. */
export function service_of(port: unknown): string | null {
  if (port === null || port === undefined) return null;
  if (typeof port === "string") return text(port, "port");
  // The resolver says which numbers it takes, as in CPython.
  if (typeof port === "number") return String(BigInt(whole(port, "port")));
  throw new TypeError(
    `port must be an integer, a string or null, not ${shown(port)}`,
  );
}
