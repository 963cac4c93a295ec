/**
 * HTTP by `node:http` on a socket that this script makes: with any option, on a UNIX path with
 * a mode, or passed by systemd.
 *
 * ```sh
 * deno run --allow-ffi examples/node_http.ts --reuse-port
 * deno run --allow-ffi --allow-read=http.sock --allow-write=http.sock \
 *   examples/node_http.ts --path http.sock
 * curl --unix-socket http.sock http://localhost/
 * ```
 *
 * `--path` needs Deno 2.9: `node:http` of 2.8 refuses the descriptor of a UNIX socket (EEXIST).
 *
 * @module
 */

import { createServer } from "node:http";
import { ConnectionRefusedError, FileNotFoundError, socket } from "../mod.ts";
import {
  address,
  die,
  family_of,
  on,
  parse,
  reason,
  text,
} from "../cli/flags.ts";
import { listen } from "../cli/server.ts";
import { show_address, show_text } from "../cli/show.ts";
import { ALLOW_ENV, listen_fds, listens } from "./systemd/listen_fds.ts";

const NO_PATH = "none";
// Milliseconds
const PATIENCE = 20_000, GRACE = 5000;

const flags = parse(
  "examples/node_http.ts",
  "Answers every HTTP request, by node:http on a socket that is set up here.",
  {
    ...address("localhost", 8080),
    "reuse-port": on("share the port with other servers (SO_REUSEPORT)"),
    path: text(
      NO_PATH,
      "PATH",
      "listen on this path, not on a port; needs --allow-read and --allow-write",
    ),
    mode: {
      ...text("600", "MODE", "the mode of that path, as for chmod"),
      read: (mode) => /^[0-7]{3}$/.test(mode) ? mode : undefined,
      wants: "three octal digits",
    },
    inherited: on(`take the socket that systemd passed; needs ${ALLOW_ENV}`),
  },
);
const path = flags.inherited || flags.path === NO_PATH ? null : flags.path;

const http = createServer((request, response) => {
  console.log(`${request.method} ${show_text(request.url ?? "")}`);
  response.end(`Hello from process ${Deno.pid}!\n`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, stop);
}

const server = flags.inherited ? inherited() : path ? on_path(path) : on_port();
// detach: node:http now owns the descriptor, and closes it
http.listen({ fd: server.detach() });
http.on("error", (error) => {
  if (path !== null) remove_own(path);
  die(`cannot listen: ${error.message}`);
});

function on_port(): socket.Socket {
  const { IPPROTO_TCP, SOL_SOCKET } = socket;
  const server = socket.socket(family_of(flags.host), socket.SOCK_STREAM);
  if (flags["reuse-port"]) {
    server.setsockopt(SOL_SOCKET, socket.SO_REUSEPORT, 1);
  }
  // Accepted sockets inherit these
  server.setsockopt(SOL_SOCKET, socket.SO_KEEPALIVE, 1);
  server.setsockopt(IPPROTO_TCP, socket.TCP_KEEPIDLE, 60);
  server.setsockopt(IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE);
  listen(server, flags.host, flags.port, socket.SOMAXCONN);
  return server;
}

function on_path(path: string): socket.Socket {
  const server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  // Before bind(), or the file that it makes cannot be removed again
  for (const name of ["read", "write"] as const) {
    const { state } = Deno.permissions.requestSync({ name, path });
    if (state !== "granted") die(`--path needs --allow-${name}=${path}`);
  }
  try {
    remove_stale(path);
    server.bind(path);
    // Before it listens: until now umask gave the mode
    Deno.chmodSync(path, parseInt(flags.mode, 8));
    server.listen();
  } catch (error) {
    // If bind() has made the file, remove it
    if (server.getsockname() !== "") remove_own(path);
    die(`cannot listen on ${path}: ${reason(error)}`);
  }
  console.log(`starting up on ${path}`);
  return server;
}

/** Removes the file that a killed server has left. */
function remove_stale(path: string): void {
  using probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  try {
    probe.connect(path);
  } catch (error) {
    if (error instanceof FileNotFoundError) return;
    // Another kind of file refuses, too: keep it, and bind() fails
    if (!(error instanceof ConnectionRefusedError)) throw error;
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  }
}

function inherited(): socket.Socket {
  try {
    const [first] = listen_fds();
    if (first === undefined) die("nothing was passed to this process");
    const { sock } = first;
    if (!listens(sock)) die("what was passed does not listen");
    console.log(`starting up on ${show_address(sock.getsockname())}`);
    return sock;
  } catch (error) {
    die(`cannot take over what was passed: ${reason(error)}`);
  }
}

function stop(): void {
  http.close(() => {
    if (path !== null) remove_own(path);
    console.log("stopped");
    Deno.exit(0);
  });
  http.closeIdleConnections();
  setTimeout(() => http.closeAllConnections(), GRACE);
}

function remove_own(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    // Already removed
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
