import { assertEquals, assertMatch } from "@std/assert";
import { type Ended, ran, type Server, started } from "../scripts.ts";
import { reserved_port } from "../ports.ts";
import { ALLOW_ENV } from "../../examples/systemd/listen_fds.ts";
import { activated, started_by } from "./inherited.ts";
import { curl, test_with } from "./peers.ts";

const root = new URL("../..", import.meta.url).pathname;
const SCRIPT = `${root}examples/node_http.ts`;

function test_curl(name: string, fn: () => Promise<void>): Promise<void> {
  return test_with("curl", "-V", `node_http.ts ${name}`, fn);
}

/** Whether node:http takes the descriptor of a UNIX socket: Deno 2.8's fails with EEXIST. */
const takes_unix = !Deno.version.deno.startsWith("2.8.");

/** A test with a server on a path. */
async function test_on_path(
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  if (takes_unix) await test_curl(name, fn);
  else {
    const why = "(ignored: node:http of Deno 2.8 takes no UNIX socket)";
    Deno.test.ignore(`node_http.ts ${name} ${why}`, fn);
  }
}

/** Starts it on a port, with nothing granted but --allow-ffi. */
function on_port(port: number, ...flags: string[]): Promise<Server> {
  const args = ["--allow-ffi", SCRIPT, "--port", `${port}`, ...flags];
  return started(SCRIPT, Deno.execPath(), ["run", "--no-prompt", ...args]);
}

function on_path_args(path: string, ...flags: string[]): string[] {
  const allowed = [`--allow-read=${path}`, `--allow-write=${path}`];
  const args = ["--no-prompt", "--allow-ffi", ...allowed, SCRIPT];
  return ["run", ...args, "--path", path, ...flags];
}

/** Starts it on a path. Its first line has no port, so the shell says one. */
async function on_path(path: string, ...flags: string[]): Promise<Server> {
  const server = await started(SCRIPT, "sh", [
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

/** The process that answered. */
function pid_of({ code, output, errors }: Ended): number {
  assertEquals([code, errors], [0, ""]);
  assertMatch(output, /^Hello from process \d+!\n$/);
  return Number(output.match(/\d+/)![0]);
}

/** A folder for a socket; its path must not be long. */
function folder(): { path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "iomux" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

await test_curl("answers curl on a port, and ends in order", async () => {
  await using server = await on_port(0);
  const url = `http://127.0.0.1:${server.port}/`;
  // Twice on one connection, which stays open: node:http must have all of it
  const { output } = await curl(`${url}one`, `${url}two`);
  assertEquals(output, `Hello from process ${server.pid}!\n`.repeat(2));
  await server.printed("GET /one\nGET /two\n");
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
});

await test_curl("shares its port with another, each answers curl", async () => {
  await using one = await on_port(0, "--reuse-port");
  await using two = await on_port(one.port, "--reuse-port");
  const url = `http://127.0.0.1:${one.port}/`;
  const wanted = new Set([one.pid, two.pid]);
  // The kernel chooses by the client's port, so a client may have to ask often
  for (let i = 0; wanted.size > 0; i++) {
    assertEquals(i < 500, true, "one of the two is never asked");
    wanted.delete(pid_of(await curl(url)));
  }
});

await test_on_path(
  "answers curl on a path that its owner alone may use",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    await using server = await on_path(path);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    const answer = await curl("--unix-socket", path, "http://localhost/x");
    assertEquals(pid_of(answer), server.pid);
    const { code, errors } = await server.stop();
    assertEquals([code, errors, exists(path)], [0, "", false]);
  },
);

await test_on_path(
  "answers curl on a path with another mode, where a killed server left one",
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
    const answer = await curl("--unix-socket", path, "http://localhost/x");
    assertEquals(pid_of(answer), server.pid);
  },
);

await test_on_path(
  "leaves the path of a running server alone, and a file that is not a socket",
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

await test_on_path(
  "leaves no file where it may not listen on its path",
  async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    const rights = [`--allow-read=${path}`, `--allow-write=${path}`];
    for (const right of rights) {
      const args = ["--no-prompt", "--allow-ffi", right, SCRIPT];
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
  Deno.test("node_http.ts removes its file where node:http refuses the socket", async () => {
    using temporary = folder();
    const path = `${temporary.path}/http`;
    const { code } = await ran(Deno.execPath(), on_path_args(path));
    assertEquals([code, exists(path)], [1, false]);
  });
}

const INHERITED = ["--allow-ffi", ALLOW_ENV, SCRIPT, "--inherited"];

await test_curl("answers curl on the socket that a parent passed", async () => {
  const variables = "LISTEN_PID=$$ LISTEN_FDS=1";
  await using server = await started_by("tcp", variables, INHERITED);
  await server.printed(`starting up on ('127.0.0.1', ${server.port})\n`);
  const url = `http://127.0.0.1:${server.port}/`;
  pid_of(await curl(url));
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
});

await test_with(
  "systemd-socket-activate",
  "--version",
  "node_http.ts is started by systemd-socket-activate when curl comes",
  async () => {
    using reserved = reserved_port();
    const { port } = reserved;
    await using server = await activated(port, [], INHERITED);
    const url = `http://127.0.0.1:${port}/`;
    const retry = ["--retry", "50", "--retry-connrefused", "--retry-delay"];
    const { output } = await curl(...retry, "1", url);
    assertEquals(output, `Hello from process ${server.pid}!\n`);
  },
);

Deno.test("node_http.ts reports in one line that no socket was passed", async () => {
  const args = ["run", "--no-prompt", ...INHERITED];
  const { code, errors } = await ran(Deno.execPath(), args);
  assertEquals([code, errors], [1, "nothing was passed to this process\n"]);
});
