import { queue, socket } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import {
  address,
  type Any,
  buffer,
  type Calls,
  dice,
  hostile,
  integer,
  keep,
  or,
  serve,
  servers,
  signal,
  sock,
  wait,
} from "../pools.ts";

const {
  BaseServer,
  TCPServer,
  UDPServer,
  UnixStreamServer,
  UnixDatagramServer,
} = socketserver as Any;
const KINDS = { TCPServer, UDPServer, UnixStreamServer, UnixDatagramServer };
type Kind = keyof typeof KINDS;

/** Answers a line, throws, or does so asynchronously. */
class Echo extends socketserver.StreamRequestHandler<Any, Any> {
  override handle(): void | Promise<void> {
    const what = dice.below(4);
    if (what === 0) throw new queue.Empty();
    if (what === 1) return Promise.resolve();
    this.wfile.write(this.rfile.readline(64));
  }
}

class Answer extends socketserver.DatagramRequestHandler<Any, Any> {
  override handle(): void {
    if (dice.chance(0.3)) throw new queue.Empty();
    this.wfile.write(this.packet);
  }
}

/** Ends a loop in its first round, and says nothing of errors. */
function quiet(server: Any): Any {
  server.handle_error = () => {};
  server.service_actions = () => server.shutdown();
  return server;
}

const handler = (kind: Kind) =>
  or(() => /UDP|Datagram/.test(kind) ? Answer : Echo, 0.95);

function where(kind: Kind): Any {
  if (dice.chance(0.2)) return address();
  return kind.startsWith("Unix") ? "" : ["127.0.0.1", 0];
}

function made(kind: Kind): Any {
  const server = quiet(
    new (KINDS[kind])(where(kind), handler(kind), or(() => true, 0.9)),
  );
  serve(server);
  return server;
}

/** A server, some with a new client or datagram. */
function some(): Any {
  const server = servers.length > 0 && dice.chance(0.8)
    ? dice.pick(servers)
    : made(dice.pick(Object.keys(KINDS) as Kind[]));
  if (dice.chance(0.5)) call_on(server);
  return server;
}

function call_on(server: Any): void {
  const { family, type } = server.socket;
  if (server.fileno() === -1) return;
  const client = keep(socket.socket(family, type));
  client.connect_ex(server.socket.getsockname());
  try {
    client.send(new TextEncoder().encode("line\n"));
  } catch {
    // No server listens, or the queue is full.
  }
}

const request = () =>
  or(() => dice.chance(0.5) ? sock() : [buffer(), sock()], 0.8);
function steps(kind: Any): Any {
  const one: Any = new kind(
    kind === socketserver.DatagramRequestHandler
      ? [new Uint8Array(3), sock()]
      : sock(),
    or(() => ["127.0.0.1", 9]),
    null,
  );
  if (dice.chance(0.2)) one.rbufsize = integer();
  if (dice.chance(0.2)) one.timeout = dice.pick([0, 0.0005, hostile()]);
  return one;
}

function handled(kind: Any, ...names: string[]): void {
  const one = steps(kind);
  try {
    for (const name of names) one[name]();
  } finally {
    if (
      typeof one.request?.settimeout === "function" &&
      one.request.fileno() !== -1
    ) one.request.settimeout(0);
  }
}

const hook = (name: string) => () => {
  const server = some();
  return server[name](request(), or(() => ["127.0.0.1", 9]), hostile());
};

const property = (name: string) => () => {
  const server = some(), before = server[name];
  server[name] = dice.pick([hostile, () => before])();
  const seen = server[name];
  server[name] = before;
  return seen;
};

/** The calls of `socketserver`. */
export const socketserver_calls: Calls = {
  ...Object.fromEntries(
    (Object.keys(KINDS) as Kind[])
      .map((kind) => [`socketserver.${kind}`, () => made(kind)]),
  ),
  "socketserver.BaseServer": () => new BaseServer(hostile(), hostile()),
  "socketserver.BaseServer.serve_forever": () =>
    some().serve_forever(dice.pick<Any>([0, 0, "1", NaN, 1n, [], 1e300])),
  "socketserver.BaseServer.serve_foreverAsync": () =>
    wait(
      some().serve_foreverAsync({
        signal: signal().signal,
        poll_interval: 0.001,
      }),
    ),
  "socketserver.BaseServer.shutdown": () => some().shutdown(),
  "socketserver.BaseServer.handle_request": () => some().handle_request(),
  "socketserver.BaseServer.handle_requestAsync": () =>
    wait(some().handle_requestAsync(signal())),
  "socketserver.BaseServer.timeout": property("timeout"),
  "socketserver.BaseServer.server_activate": () => some().server_activate(),
  "socketserver.BaseServer.server_close": () =>
    BaseServer.prototype.server_close.call(some()),
  "socketserver.BaseServer.service_actions": () =>
    BaseServer.prototype.service_actions.call(some()),
  "socketserver.BaseServer.handle_timeout": () => some().handle_timeout(),
  "socketserver.BaseServer.verify_request": hook("verify_request"),
  "socketserver.BaseServer.process_request": () => {
    const done = hook("process_request")();
    if (done instanceof Promise) wait(done);
  },
  "socketserver.BaseServer.finish_request": () => {
    const done = hook("finish_request")();
    if (done instanceof Promise) wait(done);
  },
  "socketserver.BaseServer.shutdown_request": () =>
    BaseServer.prototype.shutdown_request.call(some(), request()),
  "socketserver.BaseServer.close_request": () =>
    BaseServer.prototype.close_request.call(some(), request()),
  "socketserver.BaseServer.Symbol(Symbol.dispose)": () =>
    dice.chance(0.1) && some()[Symbol.dispose](),
  "socketserver.TCPServer.server_bind": () => {
    if (dice.chance(0.5)) return some().server_bind();
    const server = quiet(new TCPServer(["127.0.0.1", 0], Echo, false));
    serve(server);
    return server.server_bind();
  },
  "socketserver.TCPServer.server_activate": () =>
    TCPServer.prototype.server_activate.call(some()),
  "socketserver.TCPServer.server_close": () =>
    dice.chance(0.1) && some().server_close(),
  "socketserver.TCPServer.fileno": () => some().fileno(),
  "socketserver.TCPServer.get_request": () => {
    const server = some();
    if (server.socket.type !== socket.SOCK_STREAM) return;
    keep(server.get_request()[0]);
  },
  "socketserver.TCPServer.shutdown_request": () =>
    TCPServer.prototype.shutdown_request.call(some(), request()),
  "socketserver.TCPServer.close_request": () =>
    TCPServer.prototype.close_request.call(some(), request()),
  "socketserver.TCPServer.address_family": property("address_family"),
  "socketserver.TCPServer.socket_type": property("socket_type"),
  "socketserver.TCPServer.request_queue_size": property("request_queue_size"),
  "socketserver.TCPServer.allow_reuse_address": property("allow_reuse_address"),
  "socketserver.TCPServer.allow_reuse_port": property("allow_reuse_port"),
  "socketserver.UDPServer.max_packet_size": property("max_packet_size"),
  "socketserver.UDPServer.server_activate": () =>
    UDPServer.prototype.server_activate.call(some()),
  "socketserver.UDPServer.get_request": () =>
    UDPServer.prototype.get_request.call(some()),
  "socketserver.UDPServer.shutdown_request": () =>
    UDPServer.prototype.shutdown_request.call(some(), request()),
  "socketserver.UDPServer.close_request": () =>
    UDPServer.prototype.close_request.call(some(), request()),
  "socketserver.BaseServer.handle_error": () => {
    const { error } = console;
    console.error = () => {};
    try {
      BaseServer.prototype.handle_error.call(
        some(),
        request(),
        address(),
        hostile(),
      );
    } finally {
      console.error = error;
    }
  },
  "socketserver.BaseRequestHandler": () =>
    new socketserver.BaseRequestHandler(hostile(), hostile(), hostile()),
  "socketserver.BaseRequestHandler.setup": () =>
    handled(socketserver.BaseRequestHandler, "setup"),
  "socketserver.BaseRequestHandler.handle": () =>
    handled(socketserver.BaseRequestHandler, "handle"),
  "socketserver.BaseRequestHandler.finish": () =>
    handled(socketserver.BaseRequestHandler, "finish"),
  "socketserver.StreamRequestHandler": () =>
    new socketserver.StreamRequestHandler(hostile(), hostile(), hostile()),
  "socketserver.StreamRequestHandler.setup": () =>
    handled(socketserver.StreamRequestHandler, "setup"),
  "socketserver.StreamRequestHandler.finish": () =>
    handled(socketserver.StreamRequestHandler, "setup", "finish"),
  "socketserver.DatagramRequestHandler": () =>
    new socketserver.DatagramRequestHandler(hostile(), hostile(), hostile()),
  "socketserver.DatagramRequestHandler.setup": () =>
    handled(socketserver.DatagramRequestHandler, "setup"),
  "socketserver.DatagramRequestHandler.finish": () =>
    handled(socketserver.DatagramRequestHandler, "setup", "finish"),
};
