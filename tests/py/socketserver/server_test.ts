import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { os, OSError, RuntimeError, socket, ValueError } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import { test } from "../../descriptors.ts";
import { record } from "../../ffi/storm.ts";
import { WATCHDOG } from "../../scripts.ts";
import {
  client_of,
  decode,
  EchoDatagram,
  EchoLine,
  encode,
  rest_of,
  unused_name,
} from "./setup.ts";

const { BaseRequestHandler, BaseServer, TCPServer, UDPServer } = socketserver;
const { UnixDatagramServer, UnixStreamServer } = socketserver;

test("TCPServer() binds and listens, with new and without", () => {
  for (
    const server of [
      TCPServer(["localhost", 0], EchoLine),
      new TCPServer(["localhost", 0], EchoLine),
    ]
  ) {
    using _ = server;
    assertInstanceOf(server, TCPServer);
    assertInstanceOf(server, BaseServer);
    assertEquals(server.server_address, server.socket.getsockname());
    assertEquals(server.fileno(), server.socket.fileno());
    assertStrictEquals(server.RequestHandlerClass, EchoLine);
    const { SOL_SOCKET, SO_ACCEPTCONN } = socket;
    assertEquals(server.socket.getsockopt(SOL_SOCKET, SO_ACCEPTCONN), 1);
  }
});

test("socketserver's classes derive from each other as in Python", () => {
  assertEquals(TCPServer.name, "TCPServer");
  using udp = UDPServer(["localhost", 0], EchoDatagram);
  assertInstanceOf(udp, TCPServer);
  using stream = UnixStreamServer(unused_name(), EchoLine);
  assertInstanceOf(stream, TCPServer);
  using datagram = new UnixDatagramServer(unused_name(), EchoDatagram);
  assertInstanceOf(datagram, UDPServer);
});

for (
  const [name, make] of Object.entries({
    TCPServer: () => TCPServer(["localhost", 0], EchoLine),
    UnixStreamServer: () => UnixStreamServer(unused_name(), EchoLine),
  })
) {
  test(`${name}.handle_request() handles one client`, () => {
    using server = make();
    using first = client_of(server, "hello world\n");
    using second = client_of(server, "and me\n");
    for (
      const [client, line] of [[first, "hello world\n"], [
        second,
        "and me\n",
      ]] as const
    ) {
      server.handle_request();
      assertEquals(rest_of(client), line);
    }
    // Unlike its twin.
    assert(os.get_blocking(server.fileno()));
  });
}

test("UDPServer.handle_request() answers a datagram", () => {
  using server = UDPServer(["localhost", 0], EchoDatagram);
  using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  client.settimeout(WATCHDOG / 1000);
  client.sendto(encode("hello world\n"), server.server_address);
  server.handle_request();
  assertEquals(decode(client.recv(100)), "hello world\n");
});

test("DatagramRequestHandler.request has bytes with a buffer of their own", () => {
  const sizes: number[] = [];
  class Handler extends socketserver.DatagramRequestHandler {
    override handle(): void {
      sizes.push(this.packet.length, this.packet.buffer.byteLength);
    }
  }
  using server = UDPServer(["localhost", 0], Handler);
  using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  for (const size of [1, 600]) {
    client.sendto(new Uint8Array(size), server.server_address);
    server.handle_request();
  }
  assertEquals(sizes, [1, 1, 600, 600]);
});

test("UnixDatagramServer answers a bound client, and receives from an unbound one", () => {
  const heard: string[] = [];
  class Handler extends socketserver.DatagramRequestHandler {
    override handle(): void {
      heard.push(decode(this.packet));
      if (this.client_address !== null) this.wfile.write(this.packet);
    }
  }
  class Server extends UnixDatagramServer {
    override handle_error(_request: never, _from: never, error: unknown): void {
      throw error;
    }
  }
  using server = new Server(unused_name(), Handler);
  using bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  using unbound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  bound.settimeout(WATCHDOG / 1000);
  bound.bind(unused_name());
  unbound.sendto(encode("one"), server.server_address);
  bound.sendto(encode("two"), server.server_address);
  server.handle_request();
  server.handle_request();
  assertEquals(heard, ["one", "two"]);
  assertEquals(decode(bound.recv(100)), "two");
});

test("UDPServer.max_packet_size limits a datagram", () => {
  const sizes: number[] = [];
  class Handler extends BaseRequestHandler<socketserver.Datagram> {
    override handle(): void {
      sizes.push(this.request[0].length);
    }
  }
  using server = UDPServer(["localhost", 0], Handler);
  assertEquals(server.max_packet_size, 8192);
  server.max_packet_size = 4;
  using client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  client.sendto(encode("hello"), server.server_address);
  server.handle_request();
  assertEquals(sizes, [4]);
});

test("BaseServer.serve_forever() handles clients until a handler calls shutdown()", () => {
  let handled = 0;
  class Handler extends EchoLine {
    override handle(): void {
      super.handle();
      if (++handled === 3) this.server.shutdown();
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  const clients = ["1\n", "2\n", "3\n", "4\n"].map((line) =>
    client_of(server, line)
  );
  server.serve_forever();
  assertEquals(handled, 3);
  assertEquals(clients.slice(0, 3).map(rest_of), ["1\n", "2\n", "3\n"]);
  for (const client of clients) client.close();
});

test("BaseServer.serve_forever() calls service_actions() without clients", () => {
  let calls = 0;
  class Server extends TCPServer {
    override service_actions(): void {
      if (++calls === 3) this.shutdown();
    }
  }
  using server = new Server(["localhost", 0], EchoLine);
  server.serve_forever(0.001);
  assertEquals(calls, 3);
  // It can serve again.
  calls = 0;
  server.serve_forever(0.001);
  assertEquals(calls, 3);
});

test("BaseServer.serve_forever() ends at once after an earlier shutdown()", () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  server.shutdown();
  server.serve_forever();
});

test("BaseServer.serve_forever() ends once the server is closed", () => {
  class Handler extends BaseRequestHandler {
    override handle(): void {
      this.server.server_close();
    }
  }
  const server = TCPServer(["localhost", 0], Handler);
  using _client = client_of(server);
  server.serve_forever();
  assertEquals(server.fileno(), -1);
});

test("BaseServer.serve_forever() refuses a second call while it serves", () => {
  const errors: unknown[] = [];
  class Server extends TCPServer {
    override service_actions(): void {
      try {
        this.serve_forever();
      } catch (error) {
        errors.push(error);
      }
      this.shutdown();
    }
  }
  using server = new Server(["localhost", 0], EchoLine);
  server.serve_forever(0.001);
  assertInstanceOf(errors[0], RuntimeError);
});

test("BaseServer.handle_request() calls handle_timeout() after timeout, or the socket's own", () => {
  let calls = 0;
  class Server extends TCPServer {
    static override timeout = 0.001;
    override handle_timeout(): void {
      calls++;
    }
  }
  using server = new Server(["localhost", 0], EchoLine);
  using waits = record("poll");
  server.handle_request();
  for (const [timeout, own] of [[0.001, 60], [60, 0.001], [null, 0.001]]) {
    server.timeout = timeout!;
    server.socket.settimeout(own!);
    server.handle_request();
  }
  assertEquals(calls, 4);
  assertEquals(waits.calls.map(([, , limit]) => limit), [1, 1, 1, 1]);
});

test("BaseServer.verify_request() that returns false shuts the request down unhandled", () => {
  const calls: string[] = [];
  class Server extends TCPServer {
    override verify_request(): boolean {
      calls.push("verify");
      return false;
    }
    override shutdown_request(request: socket.Socket): void {
      calls.push("shutdown");
      super.shutdown_request(request);
    }
  }
  using server = new Server(["localhost", 0], EchoLine);
  using client = client_of(server);
  server.handle_request();
  assertEquals(calls, ["verify", "shutdown"]);
  assertEquals(rest_of(client), "");
});

test("BaseServer continues when the request's client has left, and passes on other errors", async () => {
  let error: Error = new OSError("gone");
  class Server extends TCPServer {
    override get_request(): never {
      throw error;
    }
  }
  using server = new Server(["localhost", 0], EchoLine);
  using _client = client_of(server);
  server.handle_request();
  await server.handle_requestAsync();
  error = new ValueError("Test error");
  assertThrows(() => server.handle_request(), ValueError);
  await assertRejects(() => server.handle_requestAsync(), ValueError);
});

test("BaseServer.serve_forever() and serve_foreverAsync() refuse a wrong poll_interval", async () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  for (
    const [interval, Class] of [["1", TypeError], [NaN, ValueError]] as const
  ) {
    const bad = interval as number;
    assertThrows(() => server.serve_forever(bad), Class, "timeout must");
    const serve = () => server.serve_foreverAsync(bad);
    await assertRejects(serve, Class, "timeout must");
  }
});

test("TCPServer's class variables are static, and can be set on the class", () => {
  const { SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT } = socket;
  class Server extends TCPServer {
    static override allow_reuse_address = true;
    static override allow_reuse_port = true;
  }
  using server = new Server(["localhost", 0], EchoLine);
  assert(server.allow_reuse_address && server.allow_reuse_port);
  assert(server.socket.getsockopt(SOL_SOCKET, SO_REUSEADDR) !== 0);
  assert(server.socket.getsockopt(SOL_SOCKET, SO_REUSEPORT) !== 0);

  TCPServer.allow_reuse_address = true;
  using other = TCPServer(["localhost", 0], EchoLine);
  TCPServer.allow_reuse_address = false;
  assert(other.socket.getsockopt(SOL_SOCKET, SO_REUSEADDR) !== 0);
  assertEquals(other.allow_reuse_address, false);
  other.request_queue_size = 7;
  assertEquals([other.request_queue_size, TCPServer.request_queue_size], [
    7,
    5,
  ]);
});

test("TCPServer explains a subclass's field that is set too late", () => {
  // As JavaScript may write it: TypeScript refuses it.
  const late = { allow_reuse_address: true };
  using server = TCPServer(["localhost", 0], EchoLine);
  Object.defineProperties(server, Object.getOwnPropertyDescriptors(late));
  assertThrows(() => server.serve_forever(), TypeError, "make it static");
});

test("TCPServer() can be bound by hand", () => {
  using server = TCPServer(["localhost", 0], EchoLine, false);
  assertEquals(server.server_address, ["localhost", 0]);
  server.server_bind();
  assert(server.server_address[1] > 0);
  server.server_activate();
  using client = client_of(server, "by hand\n");
  server.handle_request();
  assertEquals(rest_of(client), "by hand\n");
});

test("TCPServer.allow_reuse_address and allow_reuse_port count when they are set before server_bind()", () => {
  const { SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT } = socket;
  const options = {
    allow_reuse_address: SO_REUSEADDR,
    allow_reuse_port: SO_REUSEPORT,
  };
  for (const [name, option] of Object.entries(options)) {
    using server = TCPServer(["localhost", 0], EchoLine, false);
    server[name as keyof typeof options] = true;
    server.server_bind();
    const set = Object.values(options).filter((one) =>
      server.socket.getsockopt(SOL_SOCKET, one) !== 0
    );
    assertEquals(set, [option]);
  }
});

test("TCPServer() closes its socket when it cannot bind", () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  const { server_address } = server;
  assertThrows(() => TCPServer(server_address, EchoLine), OSError, "in use");
});

test("UnixStreamServer.allow_reuse_port does not set SO_REUSEPORT, which Linux refuses", () => {
  class Server extends UnixStreamServer {
    static override allow_reuse_port = true;
  }
  using _server = new Server(unused_name(), EchoLine);
});

test("BaseServer.handle_requestAsync() ends when it is aborted", async () => {
  using server = TCPServer(["localhost", 0], EchoLine);
  const signal = AbortSignal.timeout(5);
  await assertRejects(
    () => server.handle_requestAsync({ signal }),
    DOMException,
  );
});
