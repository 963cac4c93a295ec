/**
 * Looks up names: getaddrinfo(3), getnameinfo(3), and libc's databases of hosts, services,
 * protocols and interfaces: gethostbyname_r(3), getservbyname_r(3), getprotobyname_r(3),
 * if_nameindex(3).
 *
 * @module
 */

import { ERANGE } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import {
  bytes_at,
  c_string,
  c_text,
  text_at,
  text_of,
  view_of,
} from "./memory.ts";
import { last_error } from "./syscall.ts";

/** Bytes in a `struct addrinfo`. */
export const ADDRINFO_SIZE = 48;

/** The fields of a `struct addrinfo`; pointers are addresses, 0 for NULL. */
export interface Addrinfo {
  /** `ai_family`. */
  family: number;
  /** `ai_socktype`. */
  socktype: number;
  /** `ai_protocol`. */
  protocol: number;
  /** `ai_addrlen`: bytes at `addr`. */
  addrlen: number;
  /** `ai_addr`. */
  addr: bigint;
  /** `ai_canonname`. */
  canonname: bigint;
  /** `ai_next`. */
  next: bigint;
}

/** Makes the `hints` of getaddrinfo(3). */
export function addrinfo_hints(
  flags: number,
  family: number,
  socktype: number,
  protocol: number,
): Uint8Array<ArrayBuffer> {
  const hints = new Int32Array(ADDRINFO_SIZE / 4);
  hints.set([flags, family, socktype, protocol]);
  return new Uint8Array(hints.buffer);
}

/** Reads a `struct addrinfo`. */
export function addrinfo_get(bytes: Uint8Array): Addrinfo {
  const view = view_of(bytes);
  return {
    family: view.getInt32(4, true),
    socktype: view.getInt32(8, true),
    protocol: view.getInt32(12, true),
    addrlen: view.getUint32(16, true),
    addr: view.getBigUint64(24, true),
    canonname: view.getBigUint64(32, true),
    next: view.getBigUint64(40, true),
  };
}

/** An address that getaddrinfo(3) found. */
export interface ResolvedAddress {
  /** AF_INET, AF_INET6. */
  family: number;
  /** SOCK_STREAM, SOCK_DGRAM, SOCK_RAW. */
  socktype: number;
  /** IPPROTO_TCP, IPPROTO_UDP. */
  protocol: number;
  /** The canonical name, for the first result with AI_CANONNAME; else empty. */
  canonname: string;
  /** The `struct sockaddr`. */
  sockaddr: Uint8Array<ArrayBuffer>;
}

/** The result of getaddrinfo(3). */
export interface Resolution {
  /** 0, or one of `EAI_*`. */
  error: number;
  /** The errno, for EAI_SYSTEM. */
  errno: number;
  /** The addresses; none after an error. */
  addresses: ResolvedAddress[];
}

/**
 * Resolves a name with libc's own resolver.
 *
 * @param node The host's name or address; `null` for the wildcard or loopback.
 * @param service The port's name or number; `null` for none.
 */
export function getaddrinfo(
  node: string | null,
  service: string | null,
  family: number,
  socktype: number,
  protocol: number,
  flags: number,
): Resolution {
  const head = new BigUint64Array(1);
  const error = libc.getaddrinfo(
    node === null ? null : c_string(node),
    service === null ? null : c_string(service),
    addrinfo_hints(flags, family, socktype, protocol),
    head,
  );
  if (error !== 0) return { error, errno: errno(), addresses: [] };
  return addresses_at(head[0]!);
}

/** Returns libc's message for an `EAI_*` number: gai_strerror(3). */
export function gai_strerror(error: number): string {
  return text_of(libc.gai_strerror(error));
}

/** Copies and frees libc's linked list. */
function addresses_at(head: bigint): Resolution {
  const addresses: ResolvedAddress[] = [];
  try {
    for (let at = head; at !== 0n;) {
      const info = addrinfo_get(bytes_at(at, ADDRINFO_SIZE));
      addresses.push({
        family: info.family,
        socktype: info.socktype,
        protocol: info.protocol,
        canonname: info.canonname === 0n ? "" : text_at(info.canonname),
        sockaddr: bytes_at(info.addr, info.addrlen),
      });
      at = info.next;
    }
  } finally {
    libc.freeaddrinfo(Deno.UnsafePointer.create(head));
  }
  return { error: 0, errno: 0, addresses };
}

// The same without stopping the event loop: a queue in front of a few threads. A name server that
// does not answer occupies a thread for 10 s or more. The runtime's pool has 32 threads, and its
// other users must not wait for names.

const AI_NUMERICHOST = 4;
const EAI_NONAME = -2;
const NI_MAXHOST = 1025;
const NI_MAXSERV = 32;

// Of the pool's 32. Node has 2 for all of its look-ups, CPython's asyncio 6 on 2 cores.
const MOST_THREADS = 8;

/** The arguments of {@linkcode getaddrinfo}. */
export type Query = Parameters<typeof getaddrinfo>;

let threads = 0;
const queue = new Set<() => void>();

/**
 * Resolves as {@linkcode getaddrinfo} does, on a thread if it needs a resolver. The errno of
 * EAI_SYSTEM is unknown.
 *
 * @param query As `getaddrinfo` takes it.
 * @param signal Ends the wait. A query in the queue is dropped; one that has started keeps its
 * thread until libc has an answer or gives up.
 * @throws The signal's reason, once it aborts.
 */
export async function look_up(
  query: Query,
  signal: AbortSignal | undefined,
): Promise<Resolution> {
  signal?.throwIfAborted();
  const [node, service, family, socktype, protocol, flags] = query;
  const numeric = flags | AI_NUMERICHOST;
  const hints = [family, socktype, protocol, numeric] as const;
  const at_once = getaddrinfo(node, service, ...hints);
  if (numeric === flags || at_once.error !== EAI_NONAME) {
    // Yield first, or a loop of look-ups starves timers.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    return at_once;
  }
  return await queued(() => on_thread(query), signal);
}

/** Makes a call that occupies a thread, once one of MOST_THREADS is free. */
function queued<T>(
  call: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      queue.delete(start);
      reject(signal!.reason);
    };
    const start = () => {
      threads++;
      Promise.try(call).then(resolve, reject).finally(() => {
        signal?.removeEventListener("abort", abort);
        threads--;
        next();
      });
    };
    signal?.addEventListener("abort", abort);
    queue.add(start);
    next();
  });
}

/** Starts the look-up that has waited longest, if a thread is free. */
function next(): void {
  if (threads === MOST_THREADS) return;
  for (const start of queue) {
    queue.delete(start);
    return start();
  }
}

/**
 * Runs a call on a thread of the runtime's pool. Its memory is libc's: a terminated worker loses
 * its heap before the thread returns.
 *
 * @param parts The call's buffers. A number is the length of a zeroed one; `null` is NULL.
 * @param call Makes the call with copies of the buffers, one after another in `memory`.
 */
async function with_copies<T>(
  parts: ReadonlyArray<Uint8Array | number | null>,
  call: (memory: Uint8Array<ArrayBuffer>, addresses: bigint[]) => Promise<T>,
): Promise<T> {
  const lengths = parts.map((part) =>
    typeof part === "number" ? part : part?.length ?? 0
  );
  const size = lengths.reduce((sum, length) => sum + length);
  const pointer = libc.calloc(1n, BigInt(size));
  if (pointer === null) throw last_error("calloc");
  const memory = new Uint8Array(
    Deno.UnsafePointerView.getArrayBuffer(pointer, size),
  );
  let end = 0;
  const addresses = parts.map((part, i) => {
    if (part === null) return 0n;
    if (typeof part !== "number") memory.set(part, end);
    const address = Deno.UnsafePointer.value(pointer) + BigInt(end);
    end += lengths[i]!;
    return address;
  });
  try {
    return await call(memory, addresses);
  } finally {
    libc.free(pointer);
  }
}

/** Calls getaddrinfo(3) on a thread. */
function on_thread(
  [node, service, family, socktype, protocol, flags]: Query,
): Promise<Resolution> {
  const parts = [
    8,
    addrinfo_hints(flags, family, socktype, protocol),
    node === null ? null : c_string(node),
    service === null ? null : c_string(service),
  ];
  return with_copies(parts, async (memory, [head, hints, name, port]) => {
    const error = await libc.getaddrinfo_parked(name!, port!, hints!, head!);
    if (error !== 0) return { error, errno: 0, addresses: [] };
    return addresses_at(view_of(memory).getBigUint64(0, true));
  });
}

/** The result of getnameinfo(3): the names, or its error. */
export type Names =
  | { error: 0; host: string; service: string }
  | { error: number };

/**
 * Calls getnameinfo(3) on a thread, in the same queue. The errno of EAI_SYSTEM is unknown.
 *
 * @param address The `struct sockaddr`.
 * @param flags NI_NUMERICHOST and so on.
 * @param signal Ends the wait, as for {@linkcode look_up}.
 * @throws The signal's reason, once it aborts.
 */
export async function look_up_names(
  address: Uint8Array,
  flags: number,
  signal: AbortSignal | undefined,
): Promise<Names> {
  signal?.throwIfAborted();
  const { length } = address;
  const call = async (
    memory: Uint8Array<ArrayBuffer>,
    [host, service, from]: bigint[],
  ): Promise<Names> => {
    const error = await libc.getnameinfo_parked(
      from!,
      length,
      host!,
      NI_MAXHOST,
      service!,
      NI_MAXSERV,
      flags,
    );
    if (error !== 0) return { error };
    return {
      error: 0,
      host: c_text(memory),
      service: c_text(memory.subarray(NI_MAXHOST)),
    };
  };
  const parts = [NI_MAXHOST, NI_MAXSERV, address];
  return await queued(() => with_copies(parts, call), signal);
}

// The databases of hosts, services, protocols and interfaces. The functions that end in _r fill
// the caller's buffers. The plain ones share one static struct with every worker.

const HOSTENT_SIZE = 32;
const SERVENT_SIZE = 32;
const PROTOENT_SIZE = 24;
const IF_NAMEINDEX_SIZE = 16;
// The first and the most room, in bytes, for what the structs point to.
const SCRATCH = 0x4000, MOST_SCRATCH = 0x1000000;

// `struct hostent`: h_name, h_aliases, h_addrtype, h_length, h_addr_list.
const H_ALIASES = 8, H_ADDRTYPE = 16, H_LENGTH = 20, H_ADDR_LIST = 24;
// `struct servent`: s_name, s_aliases, s_port, s_proto.
const S_PORT = 16;
// `struct protoent`: p_name, p_aliases, p_proto.
const P_PROTO = 16;

// The structs point into it, so it must outlive the call.
let scratch = new Uint8Array(0);

/** Returns the pointers of an array that ends with NULL. */
function pointers_at(address: bigint): bigint[] {
  const pointers: bigint[] = [];
  if (address === 0n) return pointers;
  for (;; address += 8n) {
    const pointer = view_of(bytes_at(address, 8)).getBigUint64(0, true);
    if (pointer === 0n) return pointers;
    pointers.push(pointer);
  }
}

/** A `struct hostent`. */
export interface Host {
  /** `h_name`: the canonical name. */
  name: string;
  /** `h_aliases`: its other names. */
  aliases: string[];
  /** `h_addrtype`: AF_INET or AF_INET6. */
  family: number;
  /** `h_addr_list`: addresses in network order. */
  addresses: Uint8Array<ArrayBuffer>[];
}

/** The result of a look-up: the host, or the `h_errno`. */
export type HostResult = Host | { h_errno: number };

/** The arguments that a function ending in `_r` fills. */
type Room = [
  entry: Uint8Array<ArrayBuffer>,
  buffer: Uint8Array<ArrayBuffer>,
  size: bigint,
  result: BigUint64Array<ArrayBuffer>,
];

/**
 * Calls a function ending in `_r`, with more room until the result fits.
 *
 * @returns The struct that it fills; `null` if it finds none.
 */
function entry_of(
  length: number,
  call: (...room: Room) => number,
): DataView | null {
  const entry = new Uint8Array(length);
  const result = new BigUint64Array(1);
  if (scratch.length === 0) scratch = new Uint8Array(SCRATCH);
  while (
    call(entry, scratch, BigInt(scratch.length), result) === ERANGE &&
    scratch.length < MOST_SCRATCH
  ) {
    scratch = new Uint8Array(scratch.length * 2);
  }
  return result[0] === 0n ? null : view_of(entry);
}

function host_of(
  call: (...room: [...Room, h_errno: Int32Array<ArrayBuffer>]) => number,
): HostResult {
  const h_errno = new Int32Array(1);
  const hostent = entry_of(HOSTENT_SIZE, (...room) => call(...room, h_errno));
  return hostent === null ? { h_errno: h_errno[0]! } : host_at(hostent);
}

/** Copies a `struct hostent` and what it points to. */
function host_at(hostent: DataView): Host {
  const length = hostent.getInt32(H_LENGTH, true);
  return {
    name: text_at(hostent.getBigUint64(0, true)),
    aliases: pointers_at(hostent.getBigUint64(H_ALIASES, true)).map(text_at),
    family: hostent.getInt32(H_ADDRTYPE, true),
    addresses: pointers_at(hostent.getBigUint64(H_ADDR_LIST, true))
      .map((address) => bytes_at(address, length)),
  };
}

/** Returns libc's message for an `h_errno`: hstrerror(3). */
export function hstrerror(h_errno: number): string {
  return text_of(libc.hstrerror(h_errno));
}

/** Finds the IPv4 addresses of a name: gethostbyname_r(3). */
export function host_by_name(name: string): HostResult {
  const node = c_string(name);
  return host_of((...room) => libc.gethostbyname_r(node, ...room));
}

/** Finds the name of an address of 4 or 16 bytes: gethostbyaddr_r(3). */
export function host_by_address(
  address: Uint8Array<ArrayBuffer>,
  family: number,
): HostResult {
  const { length } = address;
  return host_of((...room) =>
    libc.gethostbyaddr_r(address, length, family, ...room)
  );
}

/** The addresses of what {@linkcode Room} has, and of `h_errno`; `size` is the buffer's. */
type ParkedRoom = [
  entry: bigint,
  buffer: bigint,
  size: bigint,
  result: bigint,
  h_errno: bigint,
];

/**
 * Calls gethostbyname_r(3) or gethostbyaddr_r(3) on a thread, in the queue of all look-ups.
 *
 * @param query The name or the address.
 * @param call Makes the call with a copy of the query.
 * @param signal Ends the wait, as for {@linkcode look_up}.
 */
async function host_on_thread(
  query: Uint8Array,
  call: (query: bigint, ...room: ParkedRoom) => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<HostResult> {
  signal?.throwIfAborted();
  const with_room = (size: number): Promise<HostResult> => {
    const parts = [HOSTENT_SIZE, size, 8, 8, query];
    const result_at = HOSTENT_SIZE + size;
    return with_copies(parts, async (memory, addresses) => {
      const [entry, buffer, result, h_errno, from] = addresses;
      const error = await call(
        from!,
        entry!,
        buffer!,
        BigInt(size),
        result!,
        h_errno!,
      );
      if (error === ERANGE && size < MOST_SCRATCH) return with_room(size * 2);
      const view = view_of(memory);
      return view.getBigUint64(result_at, true) === 0n
        ? { h_errno: view.getInt32(result_at + 8, true) }
        : host_at(view);
    });
  };
  return await queued(() => with_room(SCRATCH), signal);
}

/** Works as {@linkcode host_by_name}, on a thread. */
export function look_up_host(
  name: string,
  signal: AbortSignal | undefined,
): Promise<HostResult> {
  return host_on_thread(
    c_string(name),
    (node, ...room) => libc.gethostbyname_r_parked(node, ...room),
    signal,
  );
}

/** Works as {@linkcode host_by_address}, on a thread. */
export function look_up_address(
  address: Uint8Array,
  family: number,
  signal: AbortSignal | undefined,
): Promise<HostResult> {
  const { length } = address;
  return host_on_thread(
    address,
    (from, ...room) =>
      libc.gethostbyaddr_r_parked(from, length, family, ...room),
    signal,
  );
}

/** Finds the port of a service, in network order: getservbyname_r(3). `null` if there is none. */
export function service_by_name(
  name: string,
  protocol: string | null,
): number | null {
  const service = c_string(name);
  const proto = protocol === null ? null : c_string(protocol);
  const servent = entry_of(
    SERVENT_SIZE,
    (...room) => libc.getservbyname_r(service, proto, ...room),
  );
  return servent?.getInt32(S_PORT, true) ?? null;
}

/** Finds the service of a port, which is in network order: getservbyport_r(3). */
export function service_by_port(
  port: number,
  protocol: string | null,
): string | null {
  const proto = protocol === null ? null : c_string(protocol);
  const servent = entry_of(
    SERVENT_SIZE,
    (...room) => libc.getservbyport_r(port, proto, ...room),
  );
  return servent && text_at(servent.getBigUint64(0, true));
}

/** Finds the number of a protocol: getprotobyname_r(3). `null` if there is none. */
export function protocol_by_name(name: string): number | null {
  const protocol = c_string(name);
  const protoent = entry_of(
    PROTOENT_SIZE,
    (...room) => libc.getprotobyname_r(protocol, ...room),
  );
  return protoent?.getInt32(P_PROTO, true) ?? null;
}

/**
 * Lists the interfaces: if_nameindex(3).
 *
 * @throws {OSError} ENOBUFS, ENOMEM.
 */
export function interfaces(): [index: number, name: string][] {
  const list = libc.if_nameindex();
  if (list === null) throw last_error("if_nameindex");
  const found: [number, string][] = [];
  try {
    // An array of { unsigned int if_index; char *if_name } that ends with zeros.
    let at = Deno.UnsafePointer.value(list);
    for (;; at += BigInt(IF_NAMEINDEX_SIZE)) {
      const view = view_of(bytes_at(at, IF_NAMEINDEX_SIZE));
      const index = view.getUint32(0, true);
      if (index === 0) return found;
      found.push([index, text_at(view.getBigUint64(8, true))]);
    }
  } finally {
    libc.if_freenameindex(list);
  }
}
