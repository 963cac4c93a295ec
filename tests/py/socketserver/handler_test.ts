import { assert, assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { socket, TimeoutError, ValueError } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import { test } from "../../descriptors.ts";
import {
  client_of,
  decode,
  EchoLine,
  encode,
  rest_of,
  Strict,
} from "./setup.ts";

const { BaseRequestHandler, StreamRequestHandler, TCPServer } = socketserver;

/** Runs a function; returns what it printed on standard error. */
function with_stderr(run: () => void): string {
  const { error } = console;
  let text = "";
  console.error = (...args: unknown[]) => {
    text += args.map((arg) => typeof arg === "string" ? arg : Deno.inspect(arg))
      .join(" ") + "\n";
  };
  try {
    run();
  } finally {
    console.error = error;
  }
  return text;
}

test("BaseRequestHandler has its fields before it is set up", () => {
  const calls: string[] = [];
  class Server extends TCPServer {
    readonly motto = "served";
  }
  class Handler extends BaseRequestHandler<socket.Socket, Server> {
    readonly greeting = "hello";

    override setup(): void {
      calls.push(`setup ${this.greeting}`);
    }
    override handle(): void {
      calls.push(`handle ${this.server.motto}`);
      assertEquals(this.client_address, this.request.getpeername());
    }
    override finish(): void {
      calls.push("finish");
    }
  }
  using server = new Server(["localhost", 0], Handler);
  using _client = client_of(server);
  server.handle_request();
  assertEquals(calls, ["setup hello", "handle served", "finish"]);
});

test("BaseServer.handle_error() prints a handler's error, and the server continues", () => {
  let finished = 0;
  class Handler extends EchoLine {
    override handle(): void {
      super.handle();
      throw new ValueError("Test error");
    }
    override finish(): void {
      finished++;
      super.finish();
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  const { timeout } = server;
  for (let i = 1; i <= 2; i++) {
    using client = client_of(server, "first\n");
    const text = with_stderr(() => server.handle_request());
    // The server's family is not part of its type.
    const [host, port] = client.getsockname() as [string, number];
    const rule = "-".repeat(40);
    const [first, second, third] = text.split("\n");
    assertEquals(first, rule);
    assertEquals(
      second,
      "Exception occurred during processing of request from " +
        `('${host}', ${port})`,
    );
    assertEquals(third, "ValueError: Test error");
    assert(text.endsWith(`${rule}\n`) && text.includes("handler_test.ts"));
    assertEquals(rest_of(client), "first\n");
    assertEquals(finished, i);
  }
  assertEquals(timeout, null);
});

test("BaseServer.handle_error() that throws ends the server, and closes the request", () => {
  class Handler extends BaseRequestHandler {
    override handle(): void {
      throw new ValueError("Test error");
    }
  }
  using server = new Strict(["localhost", 0], Handler);
  using client = client_of(server);
  assertThrows(() => server.serve_forever(), ValueError, "Test error");
  assertEquals(rest_of(client), "");
});

test("BaseServer.serve_forever() reports that an async handler needs serve_foreverAsync()", async () => {
  const gone = Promise.withResolvers<void>();
  class Handler extends BaseRequestHandler {
    override async handle(): Promise<void> {
      await Promise.resolve();
    }
    override finish(): void {
      gone.resolve();
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  using _client = client_of(server);
  assertThrows(() => server.serve_forever(), TypeError, "serve_foreverAsync()");
  await gone.promise;
});

/** Handles one client by a function; returns the answer. */
function handled(
  sent: string,
  fields: Partial<socketserver.StreamRequestHandler>,
  handle: (handler: socketserver.StreamRequestHandler) => void,
): string {
  class Handler extends StreamRequestHandler {
    override setup(): void {
      Object.assign(this, fields);
      super.setup();
    }
    override handle(): void {
      handle(this);
    }
  }
  using server = new Strict(["localhost", 0], Handler);
  using client = client_of(server, sent);
  client.shutdown(socket.SHUT_WR);
  server.handle_request();
  return rest_of(client);
}

test("StreamRequestHandler.rfile reads lines and bytes", () => {
  handled("one\ntwo\nthree\nfour\nfive", {}, ({ rfile }) => {
    assertEquals(decode(rfile.readline()), "one\n");
    assertEquals(decode(rfile.readline(2)), "tw");
    assertEquals(decode(rfile.readline(2)), "o\n");
    assertEquals(decode(rfile.readline(0)), "");
    assertEquals(decode(rfile.read(4)), "thre");
    assertEquals([...rfile].map(decode), ["e\n", "four\n", "five"]);
    assertEquals(rfile.readline().length, 0);
    assertEquals(rfile.read().length, 0);
  });
});

test("StreamRequestHandler.rfile reads all up to the end", () => {
  const sent = "x".repeat(100_000) + "\n" + "y".repeat(50_000);
  handled(sent, {}, ({ rfile }) => {
    assertEquals(rfile.readline().length, 100_001);
    assertEquals(rfile.read(-1).length, 50_000);
  });
});

test("StreamRequestHandler.rfile with an rbufsize of 0 reads nothing ahead", () => {
  handled("one\ntwo\nthree", { rbufsize: 0 }, ({ connection, rfile }) => {
    assertEquals(decode(rfile.readline()), "one\n");
    assertEquals(decode(connection.recv(4)), "two\n");
    assertEquals(decode(rfile.read(100)), "three");
    assertEquals(rfile.read().length, 0);
  });
});

test("StreamRequestHandler.rfile keeps the bytes that arrived before a time-out", () => {
  class Handler extends StreamRequestHandler {
    override timeout = 0.01;
    override handle(): void {
      assertThrows(() => this.rfile.readline(), TimeoutError);
      client.sendall(encode("f\n"));
      this.wfile.write(this.rfile.readline());
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  using client = client_of(server, "hal");
  server.handle_request();
  assertEquals(rest_of(client), "half\n");
});

test("StreamRequestHandler.wfile sends each write at once", () => {
  class Handler extends StreamRequestHandler {
    override handle(): void {
      assertEquals(this.wfile.write(encode("now")), 3);
      assertEquals(decode(client.recv(100)), "now");
      assertEquals(this.wfile.fileno(), this.request.fileno());
      assertEquals(this.rfile.fileno(), this.request.fileno());
      raises(TypeError, {
        "encode it": () => this.wfile.write("text" as never),
      });
    }
  }
  using server = TCPServer(["localhost", 0], Handler);
  using client = client_of(server);
  server.handle_request();
});

test("StreamRequestHandler.wfile buffers up to wbufsize bytes, and sends them at the end", () => {
  const got = handled("", { wbufsize: 8 }, ({ wfile }) => {
    const data = encode("1234");
    wfile.write(data);
    data.fill(0);
    wfile.write(encode("5678"));
    assertEquals(decode(wfile.getvalue()), "12345678");
    wfile.write(encode("9"));
    assertEquals(wfile.getvalue().length, 0);
    wfile.write(encode("end"));
    wfile.flush();
    wfile.write(encode("."));
  });
  assertEquals(got, "123456789end.");
});

test("StreamRequestHandler.finish() closes both files, and ignores a client that has left", () => {
  let handler: socketserver.StreamRequestHandler | undefined;
  handled("", { wbufsize: -1 }, (it) => {
    handler = it;
    it.request.shutdown(socket.SHUT_WR);
    it.wfile.write(encode("too late"));
  });
  assert(handler!.rfile.closed && handler!.wfile.closed);
  assertThrows(() => handler!.rfile.read(), ValueError, "closed file");
  assertThrows(() => handler!.wfile.write(encode("")), ValueError, "closed");
  const close = () => {
    throw new ValueError("Test error");
  };
  assertThrows(
    () => handled("", {}, (it) => it.wfile.close = close),
    ValueError,
    "Test error",
  );
});

test("StreamRequestHandler.disable_nagle_algorithm sets TCP_NODELAY", () => {
  const { IPPROTO_TCP, TCP_NODELAY } = socket;
  for (const disable_nagle_algorithm of [false, true]) {
    handled("", { disable_nagle_algorithm }, ({ connection }) => {
      const set = connection.getsockopt(IPPROTO_TCP, TCP_NODELAY) !== 0;
      assertEquals(set, disable_nagle_algorithm);
    });
  }
});
