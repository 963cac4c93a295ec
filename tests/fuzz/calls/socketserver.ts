import { queue, socket } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import {
  address,
  type Any,
  buffer,
  type Calls,
  calls,
  dice,
  hostile,
  integer,
  keep,
  or,
  serve,
  servers,
  signal,
  sock,
  twins,
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

/** Echoes a line, throws, or returns a promise. */
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

/** Makes a loop end in its first round, and ignore errors. */
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

/** A server, sometimes with a new client or datagram. */
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

const base = BaseServer.prototype, tcp = TCPServer.prototype;
const udp = UDPServer.prototype;

/** Calls methods of a class with any server as `this`. */
const borrowed = (
  name: string,
  from: Any,
  methods: Record<string, (() => Any)[]>,
) =>
  Object.fromEntries(
    Object.entries(methods).map(([method, args]) => [
      `socketserver.${name}.${method}`,
      () => from[method].call(some(), ...args.map((make) => make())),
    ]),
  );

const properties_of = (name: string, ...names: string[]) =>
  Object.fromEntries(
    names.map((it) => [`socketserver.${name}.${it}`, property(it)]),
  );

/** Calls the constructor of a handler, and the steps of an instance. */
function handler_calls(
  name:
    | "BaseRequestHandler"
    | "StreamRequestHandler"
    | "DatagramRequestHandler",
  steps: Record<string, string[]>,
): Calls {
  const kind = socketserver[name] as Any;
  return {
    [`socketserver.${name}`]: () => new kind(hostile(), hostile(), hostile()),
    ...Object.fromEntries(
      Object.entries(steps).map(([step, names]) => [
        `socketserver.${name}.${step}`,
        () => handled(kind, ...names),
      ]),
    ),
  };
}

/** The calls of `socketserver`. */
export const socketserver_calls: Calls = {
  ...Object.fromEntries(
    (Object.keys(KINDS) as Kind[])
      .map((kind) => [`socketserver.${kind}`, () => made(kind)]),
  ),
  "socketserver.BaseServer": () => new BaseServer(hostile(), hostile()),
  ...calls("socketserver.BaseServer", some, {
    serve_forever: [() => dice.pick<Any>([0, 0, "1", NaN, 1n, [], 1e300])],
    shutdown: [],
    handle_request: [],
    server_activate: [],
    handle_timeout: [],
  }),
  ...twins("socketserver.BaseServer", some, { handle_request: [] }),
  "socketserver.BaseServer.serve_foreverAsync": () =>
    wait(some().serve_foreverAsync({ ...signal(), poll_interval: 0.001 })),
  ...borrowed("BaseServer", base, {
    server_close: [],
    service_actions: [],
    shutdown_request: [request],
    close_request: [request],
  }),
  ...properties_of("BaseServer", "timeout"),
  "socketserver.BaseServer.verify_request": hook("verify_request"),
  ...Object.fromEntries(
    ["process_request", "finish_request"].map((name) => [
      `socketserver.BaseServer.${name}`,
      () => {
        const done = hook(name)();
        if (done instanceof Promise) wait(done);
      },
    ]),
  ),
  "socketserver.BaseServer.Symbol(Symbol.dispose)": () =>
    dice.chance(0.1) && some()[Symbol.dispose](),
  "socketserver.BaseServer.handle_error": () => {
    const { error } = console;
    console.error = () => {};
    try {
      base.handle_error.call(some(), request(), address(), hostile());
    } finally {
      console.error = error;
    }
  },
  "socketserver.TCPServer.server_bind": () => {
    if (dice.chance(0.5)) return some().server_bind();
    const server = quiet(new TCPServer(["127.0.0.1", 0], Echo, false));
    serve(server);
    return server.server_bind();
  },
  ...borrowed("TCPServer", tcp, {
    server_activate: [],
    shutdown_request: [request],
    close_request: [request],
  }),
  "socketserver.TCPServer.server_close": () =>
    dice.chance(0.1) && some().server_close(),
  ...calls("socketserver.TCPServer", some, { fileno: [] }),
  "socketserver.TCPServer.get_request": () => {
    const server = some();
    if (server.socket.type !== socket.SOCK_STREAM) return;
    keep(server.get_request()[0]);
  },
  ...properties_of(
    "TCPServer",
    ...["address_family", "socket_type", "request_queue_size"],
    ...["allow_reuse_address", "allow_reuse_port"],
  ),
  ...properties_of("UDPServer", "max_packet_size"),
  ...borrowed("UDPServer", udp, {
    server_activate: [],
    get_request: [],
    shutdown_request: [request],
    close_request: [request],
  }),
  ...handler_calls("BaseRequestHandler", {
    setup: ["setup"],
    handle: ["handle"],
    finish: ["finish"],
  }),
  ...handler_calls("StreamRequestHandler", {
    setup: ["setup"],
    finish: ["setup", "finish"],
  }),
  ...handler_calls("DatagramRequestHandler", {
    setup: ["setup"],
    finish: ["setup", "finish"],
  }),
};
