/**
 * getaddrinfo(3) and getnameinfo(3) without stopping the event loop: a queue in front of a
 * few threads.
 *
 * A name server that does not answer keeps a thread for 10 s or more. The runtime's pool has
 * 32, and whatever else waits there must not wait for a name.
 *
 * @module
 */

import {
  addresses_at,
  addrinfo_hints,
  getaddrinfo,
  type Resolution,
} from "./getaddrinfo.ts";
import { libc } from "./libc.ts";
import { c_string, c_text } from "./memory.ts";
import { last_error } from "./syscall.ts";

const AI_NUMERICHOST = 4;
const EAI_NONAME = -2;
const NI_MAXHOST = 1025;
const NI_MAXSERV = 32;

// Of the pool's 32. Node has 2 for all of its look-ups, CPython's asyncio 6 on 2 cores.
const MOST_THREADS = 8;

/** What {@linkcode getaddrinfo} takes. */
export type Query = Parameters<typeof getaddrinfo>;

let threads = 0;
const queue = new Set<() => void>();

/**
 * Resolves as {@linkcode getaddrinfo} does, on a thread if a resolver has to be asked. No
 * errno is known behind its EAI_SYSTEM.
 *
 * @param query As `getaddrinfo` takes it.
 * @param signal Ends the wait. In the queue, it gives the place up; later, libc keeps the
 * thread until it has an answer or gives up itself.
 * @throws The signal's reason, once it aborts.
 */
export async function look_up(
  query: Query,
  signal: AbortSignal | undefined,
): Promise<Resolution> {
  signal?.throwIfAborted();
  const [node, service, family, socktype, protocol, flags] = query;
  const numeric = flags | AI_NUMERICHOST;
  const at_once = getaddrinfo(
    node,
    service,
    family,
    socktype,
    protocol,
    numeric,
  );
  if (numeric === flags || at_once.error !== EAI_NONAME) {
    // Not in the same turn: a loop of look-ups must let timers in.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    return at_once;
  }
  return await queued(() => on_thread(query), signal);
}

/** Makes a call that keeps a thread, once one of a few is free. */
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
      call().then(resolve, reject).finally(() => {
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
 * Makes the call on a thread of the runtime's pool, with memory of libc's: this heap may be
 * gone when the thread comes back, in a worker that was terminated.
 */
async function on_thread(
  [node, service, family, socktype, protocol, flags]: Query,
): Promise<Resolution> {
  const hints = addrinfo_hints(flags, family, socktype, protocol);
  const name = node === null ? null : c_string(node);
  const port = service === null ? null : c_string(service);
  // The result comes first, the three arguments behind it.
  const parts = [new Uint8Array(8), hints, name, port];
  const size = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  const memory = libc.calloc(1n, BigInt(size));
  if (memory === null) throw last_error("calloc");
  try {
    const view = new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(memory, size),
    );
    let end = 0;
    const [head, its_hints, its_name, its_port] = parts.map((part) => {
      if (part === null) return 0n;
      const address = Deno.UnsafePointer.value(memory) + BigInt(end);
      view.set(part, end);
      end += part.length;
      return address;
    });
    const error = await libc.getaddrinfo_parked(
      its_name!,
      its_port!,
      its_hints!,
      head!,
    );
    if (error !== 0) return { error, errno: 0, addresses: [] };
    return addresses_at(new Deno.UnsafePointerView(memory).getBigUint64());
  } finally {
    libc.free(memory);
  }
}

/** What getnameinfo(3) returned: the names, or its error. */
export type Names =
  | { error: 0; host: string; service: string }
  | { error: number };

/**
 * getnameinfo(3) on a thread, queued as look-ups are. No errno is known behind its
 * EAI_SYSTEM.
 *
 * @param address The `struct sockaddr`.
 * @param flags NI_NUMERICHOST and so on.
 * @param signal Ends the wait, as of {@linkcode look_up}.
 * @throws The signal's reason, once it aborts.
 */
export async function look_up_names(
  address: Uint8Array,
  flags: number,
  signal: AbortSignal | undefined,
): Promise<Names> {
  signal?.throwIfAborted();
  return await queued(async () => {
    const size = NI_MAXHOST + NI_MAXSERV + address.length;
    const memory = libc.calloc(1n, BigInt(size));
    if (memory === null) throw last_error("calloc");
    try {
      const view = new Uint8Array(
        Deno.UnsafePointerView.getArrayBuffer(memory, size),
      );
      view.set(address, NI_MAXHOST + NI_MAXSERV);
      const host = Deno.UnsafePointer.value(memory);
      const service = host + BigInt(NI_MAXHOST);
      const error = await libc.getnameinfo_parked(
        service + BigInt(NI_MAXSERV),
        address.length,
        host,
        NI_MAXHOST,
        service,
        NI_MAXSERV,
        flags,
      );
      if (error !== 0) return { error };
      return {
        error: 0,
        host: c_text(view),
        service: c_text(view.subarray(NI_MAXHOST)),
      };
    } finally {
      libc.free(memory);
    }
  }, signal);
}
