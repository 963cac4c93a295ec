/**
 * The echo servers that `echo`, `sparse` and `crowd` compare.
 *
 * @module
 */

import { in_c, in_deno, in_node, in_python } from "./machine.ts";
import type { Peer } from "./process.ts";

export const C = "C, epoll";
export const CPYTHON = "CPython, epoll";
export const PLAIN = "plain API, epoll";
export const ECHO = "servers/echo.ts, epoll";
export const POLL_ASYNC = "plain API, pollAsync";
export const RECV_ASYNC = "plain API, recvAsync";
export const DENO = "Deno.listen";
export const NODE = "node:net on Node";
export const ASYNCIO = "CPython, asyncio";

/** The servers with these names whose runtime is on the machine. */
export function servers(...names: string[]): Peer[] {
  return [
    ...in_c(C, "echo.c"),
    ...in_deno(PLAIN, "--allow-ffi", "bench/peers/plain.ts"),
    ...in_deno(
      ECHO,
      "--allow-ffi",
      "servers/echo.ts",
      ...["--backend", "epoll", "--quiet"],
      ...["--host", "127.0.0.1", "--port", "0"],
    ),
    ...in_deno(POLL_ASYNC, "--allow-ffi", "bench/peers/plain_async.ts"),
    ...in_deno(RECV_ASYNC, "--allow-ffi", "bench/peers/recv_async.ts"),
    ...in_deno(DENO, "--allow-net=127.0.0.1", "bench/peers/listen.ts"),
    ...in_node(NODE, "net.mjs"),
    ...in_python(CPYTHON, "echo.py"),
    ...in_python(ASYNCIO, "echo_asyncio.py"),
  ].filter(({ name }) => names.includes(name));
}
