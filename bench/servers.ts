/**
 * The echo servers that are compared.
 *
 * @module
 */

import { in_c, in_deno, in_node, in_python, type Peer } from "./tools.ts";

/** Their names in tables and pictures. */
export const C = "C, epoll";
export const CPYTHON = "CPython, epoll";
export const PLAIN = "plain API, epoll";
export const ECHO = "servers/echo.ts, epoll";
export const PLAIN_ASYNC = "plain API, pollAsync";
export const RECV_ASYNC = "plain API, recvAsync";
export const LISTEN = "Deno.listen";
export const NET_NODE = "node:net on Node";
export const NET_DENO = "node:net on Deno";

/** Those that the targets are about. */
const TARGETS = [C, CPYTHON, PLAIN, ECHO, PLAIN_ASYNC, LISTEN];

/** Those of the part *async*. */
export const ASYNC: readonly string[] = [
  PLAIN,
  PLAIN_ASYNC,
  RECV_ASYNC,
  LISTEN,
];

/** Those to measure for *async*: with them those of the targets, as ratios are of one run. */
export const WITH_ASYNC: readonly string[] = [...TARGETS, ...ASYNC];

/** Those of which many connections are asked. */
export const CROWDED: readonly string[] = [
  C,
  CPYTHON,
  PLAIN,
  ECHO,
  LISTEN,
  NET_NODE,
  NET_DENO,
];

/** Every server whose runtime is here; `all` or only those that targets are about. */
export function servers(all: boolean): Peer[] {
  const found = [
    ...in_c(C, "echo.c"),
    ...in_deno(PLAIN, "--allow-ffi", "bench/peers/plain.ts"),
    ...["epoll", "poll", "select"].flatMap((backend) =>
      in_deno(
        `servers/echo.ts, ${backend}`,
        "--allow-ffi",
        "servers/echo.ts",
        ...["--host", "127.0.0.1", "--port", "0", "--quiet"],
        ...["--backend", backend],
      )
    ),
    ...in_deno(PLAIN_ASYNC, "--allow-ffi", "bench/peers/plain_async.ts"),
    ...in_deno(RECV_ASYNC, "--allow-ffi", "bench/peers/recv_async.ts"),
    ...in_deno(LISTEN, "--allow-net=127.0.0.1", "bench/peers/listen.ts"),
    ...in_deno(NET_DENO, "--allow-net=127.0.0.1", "bench/peers/net.mjs"),
    ...in_node(NET_NODE, "net.mjs"),
    ...in_python(CPYTHON, "echo.py"),
    ...in_python("CPython, selectors", "echo_selectors.py"),
    ...in_python("CPython, asyncio", "echo_asyncio.py"),
  ];
  return all ? found : found.filter(({ name }) => TARGETS.includes(name));
}
