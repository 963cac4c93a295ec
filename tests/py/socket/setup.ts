/**
 * Sockets, patches, and assertions of errors, for the tests of `socket`.
 *
 * @module
 */

import { errno, type OSError, select, socket } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { libc, set_errno } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { type Calls, each, type ErrorClass } from "../raises.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Two sockets that are connected to each other, closed at the end of a `using` block. */
export class Pair implements Disposable {
  readonly a: socket.Socket;
  readonly b: socket.Socket;

  constructor([a, b]: [socket.Socket, socket.Socket]) {
    this.a = a;
    this.b = b;
  }

  [Symbol.dispose](): void {
    this.a.close();
    this.b.close();
  }
}

export function unix_pair(type = socket.SOCK_STREAM as number): Pair {
  return new Pair(socket.socketpair(socket.AF_UNIX, type));
}

/** `a` connected, `b` accepted. */
export function tcp_pair(): Pair {
  using server = listening();
  const client = socket.socket();
  client.connect(address_of(server));
  return new Pair([client, server.accept()[0]]);
}

export function listening(backlog = 5): socket.Socket {
  const server = socket.socket();
  server.bind(["127.0.0.1", 0]);
  server.listen(backlog);
  return server;
}

/** A listener whose queue has no room: a further connection is not answered. */
export function full_listener(): Disposable & { address: socket.InetAddress } {
  const server = listening(0), client = socket.socket();
  const address = address_of(server);
  client.connect(address);
  // Before the client is in the queue, the kernel answers more.
  until_readable(server);
  return {
    address,
    [Symbol.dispose]: () => [client, server].forEach((sock) => sock.close()),
  };
}

export function bound_udp(): socket.Socket {
  const sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.bind(["127.0.0.1", 0]);
  return sock;
}

export function address_of(sock: socket.Socket): socket.InetAddress {
  // For sockets of AF_INET alone.
  return sock.getsockname() as socket.InetAddress;
}

/**
 * Waits until a socket has bytes, a client, an end or an error: the loopback may deliver some time
 * after send(), connect() or close() has returned.
 */
export function until_readable(sock: socket.Socket): void {
  select.select([sock], [], []);
}

/** An address without a listener, as long as the socket is open. */
export function unused(): socket.Socket {
  const sock = socket.socket();
  sock.bind(["127.0.0.1", 0]);
  return sock;
}

/** Replaces a property until the end of a `using` block. */
export function replaced<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
  make: (original: T[Name]) => T[Name],
): Disposable {
  const original = object[name];
  object[name] = make(original);
  return { [Symbol.dispose]: () => void (object[name] = original) };
}

/**
 * Makes a function of libc fail with an errno before it does its work.
 *
 * @param times How often it fails.
 */
export function failing(
  name: keyof typeof libc,
  number: number,
  times: number,
): Disposable & { calls(): number } {
  const table = libc as Record<string, (...args: unknown[]) => unknown>;
  let calls = 0;
  const replacement = replaced(table, name, (original) => (...args) => {
    if (++calls > times) return original(...args);
    set_errno(number);
    return -1;
  });
  return Object.assign(replacement, { calls: () => calls });
}

/** Acts within the next wait of poll(2), once; fails at its end if there was none. */
export function when_polled(act: () => void): Disposable {
  let acted = false;
  const replacement = replaced(libc, "poll", (poll) => (...args) => {
    if (!acted) {
      acted = true;
      act();
    }
    return poll(...args);
  });
  return {
    [Symbol.dispose]() {
      replacement[Symbol.dispose]();
      assert(acted, "nothing waited in poll(2)");
    },
  };
}

/** Closes a connection so that its peer gets ECONNRESET. */
export function reset(sock: socket.Socket): void {
  // struct linger { int l_onoff, l_linger; }
  const linger = new Int32Array([1, 0]);
  sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger);
  sock.close();
}

/** Asserts an `OSError` with errno, its name, its class and its message. */
export function throws_errno<E extends OSError>(
  fn: () => unknown,
  expected: ErrorClass<E>,
  name: string,
): E {
  const error = assertThrows(fn, expected);
  const number = (errno as unknown as Record<string, number>)[name]!;
  assertEquals([error.code, error.errno], [name, number]);
  assertEquals(error.constructor, expected);
  assertEquals(error.message, `[Errno ${number}] ${error.strerror}`);
  return error;
}

/** Asserts an `OSError` without an errno: Python gives only a message. */
export function throws_plain<E extends OSError>(
  fn: () => unknown,
  expected: ErrorClass<E>,
  message: string,
): void {
  const error = assertThrows(fn, expected);
  assertEquals(error.message, message);
  assertEquals([error.errno, error.code], [null, null]);
}

/** `throws_errno()` of each call, by the error's name; returns the last error. */
export function raises_errno<E extends OSError>(
  expected: ErrorClass<E>,
  calls: Calls,
): E {
  return each(calls, (call, name) => throws_errno(call, expected, name));
}

/** `throws_plain()` of each call, by the error's message. */
export function raises_plain<E extends OSError>(
  expected: ErrorClass<E>,
  calls: Calls,
): void {
  each(calls, (call, message) => throws_plain(call, expected, message));
}

/** Whether the loopback of IPv6 is there. */
const has_ipv6: boolean = (() => {
  try {
    using sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM);
    sock.bind(["::1", 0]);
    return true;
  } catch {
    return false;
  }
})();

/**
 * A test that is ignored where the machine lacks what it needs.
 *
 * @param reason Why it is ignored; `null` if it is not.
 */
export function test_unless(
  reason: string | null,
  name: string,
  fn: () => void | Promise<void>,
): void {
  if (reason === null) test(name, fn);
  else Deno.test.ignore(`${name} (ignored: ${reason})`, fn);
}

/** A test that needs the loopback of IPv6, and is ignored where there is none. */
export function test_ipv6(name: string, fn: () => void | Promise<void>): void {
  test_unless(has_ipv6 ? null : "there is no ::1 here", name, fn);
}

/** Bytes that differ from place to place, so that an exchange shows. */
export function patterned(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
}

/** A checksum that depends on where each byte is. */
export function checksum(bytes: Uint8Array, so_far = 1): number {
  let sum = so_far;
  for (let i = 0; i < bytes.length; i++) {
    sum = Math.imul(sum, 16777619) ^ bytes[i]!;
  }
  return sum >>> 0;
}

const here = new URL("fixtures/", import.meta.url);

/** A fixture as a program of its own, with nothing but `--allow-ffi` and what is given. */
export function program(
  fixture: string,
  flags: string[],
  args: string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  const path = new URL(fixture, here).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-ffi", ...flags, path]
      .concat(args),
    stdin: "null",
    env: { NO_COLOR: "1" },
    ...options,
  });
}

/** A fixture that connects to a socket here; the block waits for its end. */
export class Peer implements AsyncDisposable {
  readonly conn: socket.Socket;
  readonly #child: Deno.ChildProcess;

  /** @param mode What the peer does: see `fixtures/peer.ts`. */
  constructor(mode: string) {
    using server = listening();
    const [, port] = address_of(server);
    this.#child = program("peer.ts", [], [mode, String(port)], {
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    // Blocks until the peer has started.
    this.conn = server.accept()[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.conn.close();
    await this.#child.status;
  }
}
