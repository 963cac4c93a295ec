import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  BlockingIOError,
  errno,
  os,
  OSError,
  RuntimeError,
  socket,
  ValueError,
} from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import { libc } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { WATCHDOG } from "../../scripts.ts";
import { replaced, when_polled } from "../socket/setup.ts";
import {
  client_of,
  decode,
  EchoDatagram,
  EchoLine,
  encode,
  rest_ofAsync,
  Strict,
} from "./setup.ts";

const { BaseRequestHandler, StreamRequestHandler, TCPServer } = socketserver;

/** Answers line by line, beside others. */
class Echo extends StreamRequestHandler {
  override async handle(): Promise<void> {
    for await (const line of this.rfile) await this.wfile.writeAsync(line);
  }
}

test("BaseServer.serve_foreverAsync() serves handlers that are not async", async () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  const served = server.serve_foreverAsync();
  for (let i = 0; i < 3; i++) {
    using client = client_of(server, `hello ${i}\n`);
    assertEquals(await rest_ofAsync(client), `hello ${i}\n`);
  }
  server.shutdown();
  await served;
});

test("BaseServer.serve_foreverAsync() serves datagrams", async () => {
  using server = socketserver.UDPServer(["localhost", 0], EchoDatagram);
  const served = server.serve_foreverAsync();
  using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  client.sendto(encode("hello\n"), server.server_address);
  assertEquals(decode(await client.recvAsync(100)), "hello\n");
  server.shutdown();
  await served;
});

test("BaseServer.serve_foreverAsync() serves async handlers side by side", async () => {
  class Server extends TCPServer {
    static override request_queue_size = 20;
  }
  using server = new Server(["localhost", 0], Echo);
  const served = server.serve_foreverAsync();
  const clients = Array.from({ length: 20 }, () => client_of(server));
  for (const round of ["a\n", "b\n"]) {
    // The last to connect is the first to send.
    for (const client of clients.toReversed()) {
      client.sendall(encode(round));
      assertEquals(decode(await client.recvAsync(100)), round);
    }
  }
  for (const client of clients) client.close();
  server.shutdown();
  await served;
});

test("BaseServer.serve_foreverAsync() lets timers run and calls service_actions()", async () => {
  let calls = 0;
  class Server extends TCPServer {
    override service_actions(): void {
      calls++;
    }
  }
  using server = new Server(["localhost", 0], Echo);
  const served = server.serve_foreverAsync({ poll_interval: 0.001 });
  // It never ends without a timer, or without service_actions().
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  server.shutdown();
  await served;
});

test("BaseServer.serve_foreverAsync() pauses after each client that it cannot accept", async () => {
  const events: string[] = [];
  class Full extends TCPServer {
    override get_request(): ReturnType<socketserver.TCPServer["get_request"]> {
      if (events.filter((event) => event === "failed").length === 3) {
        return super.get_request();
      }
      events.push("failed");
      throw new OSError(errno.EMFILE, "Too many open files");
    }
  }
  using server = new Full(["localhost", 0], EchoLine);
  const served = server.serve_foreverAsync();
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((action: () => void, delay: number) => {
    if (delay > 0) events.push("pause");
    return setTimeout(action, delay);
  }) as typeof setTimeout;
  try {
    using client = client_of(server, "hello\n");
    assertEquals(await rest_ofAsync(client), "hello\n");
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  server.shutdown();
  await served;
  const failed = events.flatMap((event, i) => event === "failed" ? [i] : []);
  assertEquals(failed.map((i) => events[i + 1]), ["pause", "pause", "pause"]);
});

test("BaseServer.serve_foreverAsync() does not pause after a client that another process has taken", async () => {
  const events: string[] = [];
  class Robbed extends TCPServer {
    override get_request(): ReturnType<socketserver.TCPServer["get_request"]> {
      events.push("robbed");
      using thief = this.socket.dup();
      thief.accept()[0].close();
      return super.get_request();
    }
    override service_actions(): void {
      events.push("next");
      this.shutdown();
    }
  }
  using server = new Robbed(["localhost", 0], EchoLine);
  using _client = client_of(server);
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((action: () => void, delay: number) => {
    if (events.length > 0) events.push("pause");
    return setTimeout(action, delay);
  }) as typeof setTimeout;
  try {
    await server.serve_foreverAsync();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(events, ["robbed", "next"]);
});

test("BaseServer.shutdown() leaves clients in the backlog alone", async () => {
  let handled = 0;
  class Handler extends EchoLine {
    override handle(): void {
      handled++;
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  using _client = client_of(server);
  const served = server.serve_foreverAsync();
  server.shutdown();
  await served;
  assertEquals(handled, 0);
});

test("BaseServer.shutdown() ends serve_foreverAsync() whatever its poll_interval", async () => {
  using server = TCPServer(["localhost", 0], Echo);
  const signal = AbortSignal.timeout(WATCHDOG);
  const served = server.serve_foreverAsync(3600, { signal });
  server.shutdown();
  await served;
});

test("BaseServer.shutdown() waits in serve_foreverAsync() for running handlers", async () => {
  let done = false;
  class Handler extends StreamRequestHandler {
    override async handle(): Promise<void> {
      this.server.shutdown();
      await this.rfile.readAsync();
      done = true;
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  const client = client_of(server);
  setTimeout(() => client.close(), 10);
  await server.serve_foreverAsync();
  assert(done);
});

test("BaseServer.serve_foreverAsync() rejects with the signal's reason", async () => {
  using server = TCPServer(["localhost", 0], Echo);
  const reason = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  setTimeout(() => controller.abort(reason), 5);
  const error = await assertRejects(() =>
    server.serve_foreverAsync({ signal })
  );
  assertEquals(error, reason);
  assertEquals(
    await assertRejects(() => server.serve_foreverAsync({ signal })),
    reason,
  );
  // And it can serve again.
  setTimeout(() => server.shutdown(), 5);
  await server.serve_foreverAsync();
});

test("BaseServer.serve_foreverAsync() is aborted while it waits for a handler", async () => {
  const left = Promise.withResolvers<void>();
  class Handler extends Echo {
    override async handle(): Promise<void> {
      this.server.shutdown();
      setTimeout(() => controller.abort(), 5);
      await super.handle();
    }
    override finish(): void {
      super.finish();
      left.resolve();
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  const controller = new AbortController();
  const { signal } = controller;
  const client = client_of(server);
  await assertRejects(
    () => server.serve_foreverAsync({ signal }),
    DOMException,
  );
  client.close();
  await left.promise;
});

test("BaseServer.serve_foreverAsync() ends once the server is closed", async () => {
  const server = TCPServer(["localhost", 0], Echo);
  setTimeout(() => server.server_close(), 5);
  await server.serve_foreverAsync();
  assertEquals(server.fileno(), -1);
});

test("BaseServer.serve_foreverAsync() refuses a second call while it serves", async () => {
  using server = TCPServer(["localhost", 0], Echo);
  const served = server.serve_foreverAsync();
  await assertRejects(() => server.serve_foreverAsync(), RuntimeError);
  server.shutdown();
  await served;
});

class Failing extends BaseRequestHandler {
  override async handle(): Promise<void> {
    await this.request.recvAsync(1);
    throw new ValueError("Test error");
  }
}

test("BaseServer.handle_error() receives the error of an async handler", async () => {
  const errors: unknown[] = [];
  class Server extends TCPServer {
    override handle_error(
      _request: socket.Socket,
      _client_address: socket.Address,
      error: unknown,
    ): void {
      errors.push(error);
    }
  }
  using server = new Server(["localhost", 0], Failing);
  const served = server.serve_foreverAsync();
  for (let i = 0; i < 2; i++) {
    using client = client_of(server, "x");
    assertEquals(await rest_ofAsync(client), "");
  }
  server.shutdown();
  await served;
  assertEquals(errors.length, 2);
  assertInstanceOf(errors[0], ValueError);
});

test("BaseServer.handle_error() that throws ends serve_foreverAsync()", async () => {
  using server = new Strict(["localhost", 0], Failing);
  using client = client_of(server, "x");
  await assertRejects(() => server.serve_foreverAsync(), ValueError);
  assertEquals(await rest_ofAsync(client), "");
});

test("BaseServer.handle_requestAsync() waits for its handler, or for timeout", async () => {
  let timeouts = 0;
  class Server extends TCPServer {
    static override timeout = 0.005;
    override handle_timeout(): void {
      timeouts++;
    }
  }
  using server = new Server(["localhost", 0], Echo);
  await server.handle_requestAsync();
  assertEquals(timeouts, 1);
  // The client may arrive late.
  server.timeout = WATCHDOG / 1000;
  using client = client_of(server, "hello\n");
  client.shutdown(socket.SHUT_WR);
  await server.handle_requestAsync();
  assertEquals(await rest_ofAsync(client), "hello\n");
});

/** Takes a client or a datagram, as an override of get_request() does. */
function take(sock: socket.Socket): [request: never, from: socket.Address] {
  if (sock.type === socket.SOCK_STREAM) return sock.accept() as [never, never];
  const [data, from] = sock.recvfrom(100);
  return [[data, sock] as never, from];
}

/** Has calls of libc that would block throw: a test fails that would hang. */
function nothing_blocks(): Disposable {
  const stack = new DisposableStack();
  const check = (waits: boolean) => assert(!waits, "the call would block");
  stack.use(replaced(libc, "accept4", (accept4) => (fd, ...rest) => {
    check(os.get_blocking(fd));
    return accept4(fd, ...rest);
  }));
  stack.use(replaced(libc, "poll", (poll) => (fds, count, timeout) => {
    check(timeout !== 0);
    return poll(fds, count, timeout);
  }));
  stack.use(
    replaced(libc, "recvfrom", (recvfrom) => (fd, to, size, flags, ...rest) => {
      check(os.get_blocking(fd) && (flags & socket.MSG_DONTWAIT) === 0);
      return recvfrom(fd, to, size, flags, ...rest);
    }),
  );
  return stack;
}

/** Connects to a server, or sends it a datagram. */
function request_of(server: socketserver.TCPServer<never>): socket.Socket {
  const sock = socket.socket(server.address_family, server.socket_type);
  sock.connect(server.server_address);
  sock.sendall(encode("hello\n"));
  return sock;
}

const servers = {
  TCPServer: () => TCPServer(["localhost", 0], EchoLine),
  UDPServer: () => socketserver.UDPServer(["localhost", 0], EchoDatagram),
  UnixStreamServer: () => socketserver.UnixStreamServer("", EchoLine),
  UnixDatagramServer: () =>
    socketserver.UnixDatagramServer("", BaseRequestHandler as never),
};
for (const [name, make] of Object.entries(servers)) {
  for (const timeout of [null, 5]) {
    for (const own of [false, true]) {
      const shown = `${
        own ? "an own" : "its"
      } get_request(), time-out ${timeout}`;
      test(`${name} does not wait for a request that another process has taken: ${shown}`, async () => {
        using server = make() as unknown as socketserver.TCPServer<never>;
        server.socket.settimeout(timeout);
        using thief = server.socket.dup();
        const { get_request } = server;
        const errors: unknown[] = [];
        server.get_request = () => {
          const [stolen] = take(thief) as [unknown, unknown];
          if (stolen instanceof socket.Socket) stolen.close();
          using _ = nothing_blocks();
          try {
            return own ? take(server.socket) : get_request.call(server);
          } catch (error) {
            errors.push(error);
            throw error;
          } finally {
            server.shutdown();
          }
        };
        for (
          const serve of ["serve_foreverAsync", "handle_requestAsync"] as const
        ) {
          using _client = request_of(server);
          await server[serve]();
          assertInstanceOf(errors.pop(), BlockingIOError);
        }
        assertEquals(server.socket.gettimeout(), timeout);
        // The next is served.
        server.get_request = get_request;
        let served = 0;
        server.finish_request = () => void served++;
        using _client = request_of(server);
        await server.handle_requestAsync();
        assertEquals(served, 1);
      });
    }
  }
}

test("BaseServer.handle_requestAsync() leaves the listener non-blocking, and get_request() waits", async () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  using first = client_of(server, "hello\n");
  await server.handle_requestAsync();
  assertEquals(await rest_ofAsync(first), "hello\n");
  assert(!os.get_blocking(server.fileno()));
  using next = socket.socket();
  using _ = when_polled(() => next.connect(server.server_address));
  server.get_request()[0].close();
});

test("StreamRequestHandler's files have twins that can be aborted", async () => {
  class Handler extends StreamRequestHandler {
    override wbufsize = -1;
    override async handle(): Promise<void> {
      const signal = AbortSignal.timeout(5);
      await assertRejects(
        () => this.rfile.readlineAsync(-1, { signal }),
        DOMException,
      );
      client.sendall(encode("f\nrest"));
      assertEquals(decode(await this.rfile.readlineAsync()), "half\n");
      assertEquals(decode(await this.rfile.readAsync(2)), "re");
      await this.wfile.writeAsync(encode("kept"));
      assertEquals(decode(this.wfile.getvalue()), "kept");
      await this.wfile.flushAsync();
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  using client = client_of(server, "hal");
  await server.handle_requestAsync();
  assertEquals(await rest_ofAsync(client), "kept");
});
