/**
 * Finds out which TCP ports of a host accept connections; a port of `port_scan.py`.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/port_scan.ts localhost 22 80 443
 * ```
 *
 * @module
 */

import { errno, OSError, select, socket } from "../../mod.ts";

const AT_ONCE = 100; // connections in progress
const PATIENCE = 2.0; // seconds for each

const monotonic = () => performance.now() / 1000;

/** Starts to connect; returns the socket and the error number so far. */
function started(host: string, port: number): [socket.Socket, number] {
  const sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
  sock.setblocking(false);
  try {
    return [sock, sock.connect_ex([host, port])];
  } catch (error) {
    sock.close();
    throw error;
  }
}

/** Returns a map of error numbers by port; 0 means open. */
function scan(host: string, wanted: Iterable<number>): Map<number, number> {
  const results = new Map<number, number>();
  // the port and the deadline of each socket
  const waiting = new Map<socket.Socket, [port: number, deadline: number]>();
  const ports = [...wanted];
  while (ports.length > 0 || waiting.size > 0) {
    while (ports.length > 0 && waiting.size < AT_ONCE) {
      const port = ports.shift()!;
      const [sock, error] = started(host, port);
      if (error === errno.EINPROGRESS) {
        waiting.set(sock, [port, monotonic() + PATIENCE]);
      } else {
        results.set(port, error);
        sock.close();
      }
    }
    if (waiting.size === 0) continue;
    const soonest = Math.min(...[...waiting.values()].map(([, end]) => end));
    const pause = Math.max(0, soonest - monotonic());
    const [, writable] = select.select([], waiting.keys(), [], pause);
    const now = monotonic();
    for (const [sock, [port, deadline]] of waiting) {
      if (writable.includes(sock)) {
        results.set(
          port,
          sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
        );
      } else if (deadline <= now) {
        results.set(port, errno.ETIMEDOUT);
      } else continue;
      waiting.delete(sock);
      sock.close();
    }
  }
  return results;
}

function service(port: number): string {
  try {
    return socket.getservbyport(port, "tcp");
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    return "unknown";
  }
}

function main(): void {
  if (Deno.args.length < 2) {
    console.error("usage: port_scan.ts HOST PORT...");
    Deno.exit(1);
  }
  const [host = "", ...ports] = Deno.args;
  const results = scan(host, ports.map(Number));
  for (const [port, error] of [...results].sort(([a], [b]) => a - b)) {
    const state = error ? errno.errorcode[error]! : "open";
    const shown = `${`${port}`.padStart(5)}/tcp  ${state.padEnd(12)}`;
    console.log(`${shown}  ${service(port)}`);
  }
  const count = [...results.values()].filter((error) => error === 0).length;
  if (count === 0) console.log("no port is open on", host);
  else {
    console.log(count, "of", results.size, "ports are open on", host);
  }
}

if (import.meta.main) main();
