/**
 * What several tests of sockets arrange, and how they look at errors.
 *
 * @module
 */

import { errno, type OSError, socket } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { libc, set_errno } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";

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

export function bound_udp(): socket.Socket {
  const sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.bind(["127.0.0.1", 0]);
  return sock;
}

export function address_of(sock: socket.Socket): socket.InetAddress {
  // Tests ask it of sockets of AF_INET alone.
  return sock.getsockname() as socket.InetAddress;
}

/** An address without a listener, as long as the socket is open. */
export function unused(): socket.Socket {
  const sock = socket.socket();
  sock.bind(["127.0.0.1", 0]);
  return sock;
}

/** The table of libc's functions, as a test changes it. */
export type Functions = {
  -readonly [Name in keyof typeof libc]: typeof libc[Name];
};

/**
 * Has a function of libc fail with an errno before it does its work.
 *
 * @param times How often it fails.
 */
export function failing(
  name: keyof typeof libc,
  number: number,
  times: number,
): Disposable & { calls(): number } {
  const table = libc as Record<string, (...args: unknown[]) => unknown>;
  const original = table[name]!;
  let calls = 0;
  table[name] = (...args) => {
    if (++calls > times) return original(...args);
    set_errno(number);
    return -1;
  };
  return {
    calls: () => calls,
    [Symbol.dispose]: () => void (table[name] = original),
  };
}

// What assertThrows() takes: any constructor's parameters.
// deno-lint-ignore no-explicit-any
type ErrorClass<E> = abstract new (...args: any[]) => E;

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

/** Asserts an `OSError` that has no errno, as where Python gives only a message. */
export function throws_plain<E extends OSError>(
  fn: () => unknown,
  expected: ErrorClass<E>,
  message: string,
): void {
  const error = assertThrows(fn, expected);
  assertEquals(error.message, message);
  assertEquals([error.errno, error.code], [null, null]);
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
 * A test of what not every machine has, and is ignored where it is missing.
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

/** Bytes that differ from place to place, so that none can change places unseen. */
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
