import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import { ConnectionResetError } from "@iomux/py";
import { ALLOW_ENV } from "../../examples/systemd/listen_fds.ts";
import { reserved_port } from "../ports.ts";
import {
  type Ended,
  ran,
  type Server,
  SLOW_CLOCK,
  started,
  startServer,
} from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import {
  activated,
  curl,
  nc,
  PATIENCE,
  run_curl,
  started_by,
  systemd_socket_activate,
} from "./peers.ts";

const root = new URL("../..", import.meta.url).pathname;

// examples/http.ts

const HTTP = "examples/http.ts";
const ANSWER =
  /^HTTP\/1\.0 200 OK\r\nDate: \w{3}, \d\d .* GMT\r\nContent-Type: text\/plain\r\nContent-Length: 13\r\n\r\nHello, world!$/;

curl.test("http.ts answers curl", async () => {
  await using server = await startServer(HTTP);
  const url = `http://127.0.0.1:${server.port}/some/where`;
  const { code, output, errors } = await run_curl("-i", url);
  assertEquals([code, errors], [0, ""]);
  assertMatch(output, ANSWER);
  await server.printed(`${"-".repeat(40)}\nGET /some/where HTTP/1.1\nHost: `);
});

curl.test("http.ts answers curl without a reset, though it leaves part of the request unread", async () => {
  await using server = await startServer(HTTP);
  const url = `http://127.0.0.1:${server.port}/`;
  const body = "x".repeat(200_000);
  const post = ["-H", "Expect:", "--data-binary", "@-", url];
  const all = Array.from(
    { length: 4 },
    () => ran("curl", ["-sS", "--max-time", PATIENCE, ...post], body),
  );
  for (const { code, output, errors } of await Promise.all(all)) {
    assertEquals([code, output, errors], [0, "Hello, world!", ""]);
  }
});

nc.test("http.ts answers nc, which half-closes before it reads", async () => {
  await using server = await startServer(HTTP);
  const args = ["-N", "-w", PATIENCE, "127.0.0.1", String(server.port)];
  const { code, output } = await ran("nc", args, "GET / HTTP/1.0\n\n");
  assertEquals(code, 0);
  assertMatch(output, ANSWER);
});

Deno.test("http.ts waits for a request that arrives in parts", async () => {
  await using server = await startServer(HTTP);
  using peer = new Peer(server);
  for (const part of ["GET / HT", "TP/1.0\r\n", "Host: x\r\n", "\r", "\n"]) {
    await peer.send(part);
    await peer.acknowledged();
  }
  assertMatch(new TextDecoder().decode(await peer.rest()), ANSWER);
});

Deno.test("http.ts closes clients that leave early, reset or never finish", async () => {
  // http.ts gives each client 10 s.
  const options = { descriptors: 40, preload: SLOW_CLOCK };
  await using server = await startServer(HTTP, [], options);
  for (let i = 0; i < 60; i++) {
    using early = new Peer(server);
    await early.send("GET / HTTP/1.0\r\n");
    if (i % 2) early.half_close();
    else early.reset();
    if (i % 2) assertEquals((await early.rest()).length, 0);
  }
  // Its time ends before that of the endless one, which must be closed for its size.
  using patient = new Peer(server);
  using endless = new Peer(server);
  // The server may reset it while it sends.
  await endless.send("x".repeat(70_000)).catch(() => {});
  // The server closes it, by a reset if it has not read all.
  await endless.rest().catch((error) => {
    assertInstanceOf(error, ConnectionResetError);
  });
  await patient.send("GET / HTTP/1.0\r\n\r\n");
  assertMatch(new TextDecoder().decode(await patient.rest()), ANSWER);
  assertEquals(server.errors(), "");
});

Deno.test("http.ts answers many clients, also those that wait for a free descriptor", async () => {
  await using server = await startServer(HTTP, [], { descriptors: 40 });
  const silent = Array.from({ length: 40 }, () => new Peer(server));
  await server.printed("not accepting for now: Too many open files");
  for (const peer of silent) await peer.send("GET / HTTP/1.0\r\n\r\n");
  for (const peer of silent) {
    const answer = new TextDecoder().decode(await peer.rest());
    assert(ANSWER.test(answer), answer);
    peer.sock.close();
  }
});

// examples/node_http.ts

const NODE_HTTP = `${root}examples/node_http.ts`;

/** Whether node:http takes the descriptor of a UNIX socket: Deno 2.8's fails with EEXIST. */
const takes_unix = !Deno.version.deno.startsWith("2.8.");

/** Registers a test of a server on a path. */
function test_path(name: string, fn: () => Promise<void>): void {
  const why = "(ignored: node:http of Deno 2.8 takes no UNIX socket)";
  if (takes_unix) curl.test(name, fn);
  else Deno.test.ignore(`${name} ${why}`, fn);
}

/** Starts it on a port, with nothing granted but --allow-ffi. */
function on_port(port: number, ...flags: string[]): Promise<Server> {
  const args = ["--allow-ffi", NODE_HTTP, "--port", `${port}`, ...flags];
  return started(NODE_HTTP, Deno.execPath(), ["run", "--no-prompt", ...args]);
}

function on_path_args(path: string, ...flags: string[]): string[] {
  const allowed = [`--allow-read=${path}`, `--allow-write=${path}`];
  const args = ["--no-prompt", "--allow-ffi", ...allowed, NODE_HTTP];
  return ["run", ...args, "--path", path, ...flags];
}

/** Starts it on a path. Its first line has no port, so the shell prints one. */
async function on_path(path: string, ...flags: string[]): Promise<Server> {
  const server = await started(NODE_HTTP, "sh", [
    "-c",
    `echo "starting up on path port 0"; exec "$@"`,
    "sh",
    Deno.execPath(),
    ...on_path_args(path, ...flags),
  ]);
  await server.printed(`starting up on ${path}\n`);
  return server;
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}

/** The process id in an answer. */
function pid_of({ code, output, errors }: Ended): number {
  assertEquals([code, errors], [0, ""]);
  assertMatch(output, /^Hello from process \d+!\n$/);
  return Number(output.match(/\d+/)![0]);
}

/** Makes a folder for a socket, whose path must be short. */
function folder(): { path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "iomux" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

curl.test("node_http.ts answers curl on a port, and ends in order", async () => {
  await using server = await on_port(0);
  const url = `http://127.0.0.1:${server.port}/`;
  // Twice on one connection, which stays open: node:http must own it.
  const { output } = await run_curl(`${url}one`, `${url}two`);
  assertEquals(output, `Hello from process ${server.pid}!\n`.repeat(2));
  await server.printed("GET /one\nGET /two\n");
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
});

curl.test("node_http.ts shares its port with another, each answers curl", async () => {
  await using one = await on_port(0, "--reuse-port");
  await using two = await on_port(one.port, "--reuse-port");
  const url = `http://127.0.0.1:${one.port}/`;
  const wanted = new Set([one.pid, two.pid]);
  // The kernel chooses by the client's port, so this may take many connections.
  for (let i = 0; wanted.size > 0; i++) {
    assertEquals(i < 500, true, "one of the two serves no client");
    wanted.delete(pid_of(await run_curl(url)));
  }
});

test_path(
  "node_http.ts answers curl on a path that only its owner may use",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    await using server = await on_path(path);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    const answer = await run_curl("--unix-socket", path, "http://localhost/x");
    assertEquals(pid_of(answer), server.pid);
    const { code, errors } = await server.stop();
    assertEquals([code, errors, exists(path)], [0, "", false]);
  },
);

test_path(
  "node_http.ts replaces the path of a killed server, with another mode",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    {
      await using killed = await on_path(path);
      await killed.stop("SIGKILL");
    }
    assertEquals(exists(path), true);
    await using server = await on_path(path, "--mode", "660");
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o660);
    const answer = await run_curl("--unix-socket", path, "http://localhost/x");
    assertEquals(pid_of(answer), server.pid);
  },
);

test_path(
  "node_http.ts does not touch the path of a running server, nor a file that is not a socket",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`, file = `${temporary.path}/file`;
    Deno.writeTextFileSync(file, "precious");
    await using _ = await on_path(path);
    for (const taken of [path, file]) {
      const { code, errors } = await ran(Deno.execPath(), on_path_args(taken));
      const complaint = `cannot listen on ${taken}: Address already in use\n`;
      assertEquals([code, errors], [1, complaint]);
    }
    assertEquals(Deno.readTextFileSync(file), "precious");
  },
);

Deno.test("node_http.ts says that a path is too long", async () => {
  const path = `/tmp/${"x".repeat(108)}`;
  const { code, errors } = await ran(Deno.execPath(), on_path_args(path));
  const complaint = `cannot listen on ${path}: AF_UNIX path too long\n`;
  assertEquals([code, errors], [1, complaint]);
});

test_path(
  "node_http.ts leaves no file if a permission for its path is missing",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    const rights = [`--allow-read=${path}`, `--allow-write=${path}`];
    for (const right of rights) {
      const args = ["--no-prompt", "--allow-ffi", right, NODE_HTTP];
      const { code, errors } = await ran(
        Deno.execPath(),
        ["run", ...args, "--path", path],
      );
      const [needed] = rights.filter((other) => other !== right);
      assertEquals([code, errors], [1, `--path needs ${needed}\n`]);
      assertEquals(exists(path), false);
    }
  },
);

if (!takes_unix) {
  Deno.test("node_http.ts removes its file if node:http refuses the socket", async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    const { code } = await ran(Deno.execPath(), on_path_args(path));
    assertEquals([code, exists(path)], [1, false]);
  });
}

const INHERITED = ["--allow-ffi", ALLOW_ENV, NODE_HTTP, "--inherited"];

curl.test("node_http.ts answers curl on the socket that a parent passed", async () => {
  const variables = "LISTEN_PID=$$ LISTEN_FDS=1";
  await using server = await started_by("tcp", variables, INHERITED);
  await server.printed(`starting up on ('127.0.0.1', ${server.port})\n`);
  const url = `http://127.0.0.1:${server.port}/`;
  pid_of(await run_curl(url));
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
});

systemd_socket_activate.test("node_http.ts is started by systemd-socket-activate when curl connects", async () => {
  using reserved = reserved_port();
  const { port } = reserved;
  await using server = await activated(port, [], INHERITED);
  const url = `http://127.0.0.1:${port}/`;
  const retry = ["--retry", "50", "--retry-connrefused", "--retry-delay"];
  const { output } = await run_curl(...retry, "1", url);
  assertEquals(output, `Hello from process ${server.pid}!\n`);
});

Deno.test("node_http.ts reports in one line that no socket was passed", async () => {
  const args = ["run", "--no-prompt", ...INHERITED];
  const { code, errors } = await ran(Deno.execPath(), args);
  assertEquals([code, errors], [1, "nothing was passed to this process\n"]);
});
