import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { socket } from "@iomux/py";
import {
  check_without_sockets,
  ran,
  run_args,
  runScript,
  startServer,
} from "../scripts.ts";
import { scripts } from "./catalogue.ts";

/** Fails unless a script ends with one line on standard error and exit status 1. */
async function refuses(script: string, args: string[], line: string) {
  const { code, output, errors } = await runScript(script, args);
  assertEquals([code, output, errors], [1, "", `${line}\n`]);
}

for (const script of scripts) {
  Deno.test(`${script} explains its flags with --help`, async () => {
    const { code, output, errors } = await runScript(script, ["--help"]);
    assertEquals([code, errors], [0, ""]);
    assertStringIncludes(output, `usage: deno run --allow-ffi ${script}`);
    for (const flag of ["--host HOST", "--port PORT", "--help"]) {
      assertStringIncludes(output, `\n  ${flag} `);
    }
    assert(output.split("\n").every((line) => line.length <= 100));
  });

  Deno.test(`${script} refuses wrong arguments in one line`, async () => {
    const lines = {
      "--prot 1": `${script}: unknown argument "--prot"; try --help`,
      // An empty value is none: it becomes an argument of its own.
      "--host ": `${script}: unknown argument ""; try --help`,
      "--port 65536":
        `${script}: --port wants a whole number from 0 to 65535, not "65536"`,
      "--port 0 --host 256.0.0.1":
        "cannot listen on 256.0.0.1 port 0: Name or service not known",
    };
    await Promise.all(
      Object.entries(lines).map(([args, line]) =>
        refuses(script, args.split(" "), line)
      ),
    );
  });

  Deno.test(`${script} refuses a port in use in one line`, async () => {
    using other = socket.socket();
    other.bind(["127.0.0.1", 0]);
    other.listen();
    const [, port] = other.getsockname();
    await refuses(
      script,
      ["--host", "127.0.0.1", "--port", String(port)],
      `cannot listen on 127.0.0.1 port ${port}: Address already in use`,
    );
  });

  Deno.test(`${script} reports in one line that it cannot make a socket`, async () => {
    await check_without_sockets(script);
  });
}

Deno.test("servers/accept.ts refuses an argument behind -- in one line", async () => {
  const line = 'servers/accept.ts: unknown argument "late"; try --help';
  await refuses("servers/accept.ts", ["--", "late"], line);
});

const without_epoll = new URL("fixtures/no_epoll.ts", import.meta.url).pathname;
for (
  const args of [["servers/epoll.ts"], ["servers/echo.ts", "--backend=epoll"]]
) {
  Deno.test(`${args.join(" ")} reports in one line that it cannot make an epoll object`, async () => {
    const [script, ...flags] = args;
    const run = run_args(script!, ["--port=0", ...flags], without_epoll);
    const { code, errors } = await ran(Deno.execPath(), run);
    const line = `${script}: [Errno 24] Too many open files\n`;
    assertEquals([code, errors], [1, line]);
  });
}

Deno.test("parse() leaves the stack of an error that is the script's own", async () => {
  const script = "tests/servers/fixtures/failing_script.ts";
  const { code, errors } = await ran(Deno.execPath(), run_args(script, []));
  assertEquals(code, 1);
  assertStringIncludes(errors, "[Errno 9] Bad file descriptor");
  assertStringIncludes(errors, script);
});

Deno.test("parse() leaves an error in a thread to its leader", async () => {
  const thread = new URL("fixtures/failing_thread.ts", import.meta.url);
  const worker = new Worker(thread, { type: "module" });
  const died = Promise.withResolvers<string>();
  worker.onerror = (event) => {
    event.preventDefault();
    died.resolve(event.message);
  };
  worker.onmessage = ({ data }) => died.resolve(data);
  const why = await died.promise;
  worker.terminate();
  assertStringIncludes(why, "[Errno 24] Too many open files");
});

const seconds = [
  ["servers/delay.ts", "--interval"],
  ["servers/queue.ts", "--pause"],
] as const;
for (const [script, flag] of seconds) {
  Deno.test(`${script} refuses an invalid ${flag} in one line`, async () => {
    for (const value of ["0", "-1", "soon", "1000001"]) {
      await refuses(
        script,
        ["--port", "0", `${flag}=${value}`],
        `${script}: ${flag} wants a number of seconds above 0, at most 1000000, not "${value}"`,
      );
    }
  });
}

const wants = "wants true, false or no value";
const words: Record<string, string> = {
  "--quiet=yes": `--quiet ${wants}, not "yes"`,
  "--quiet no": `--quiet ${wants}, not "no"`,
  "--reuse-port=1 --quiet": `--reuse-port ${wants}, not "1"`,
  "--help=please": `--help ${wants}, not "please"`,
};
for (const [args, line] of Object.entries(words)) {
  Deno.test(`servers/echo.ts refuses ${args} in one line`, async () => {
    const script = "servers/echo.ts";
    const all = ["--port", "0", ...args.split(" ")];
    await refuses(script, all, `${script}: ${line}`);
  });
}

for (const args of ["--quiet=false", "--quiet --quiet false"]) {
  Deno.test(`servers/echo.ts ${args} prints each event`, async () => {
    await using server = await startServer("servers/echo.ts", args.split(" "));
    await server.printed("waiting for the next event");
  });
}

for (const args of ["--quiet", "--quiet true --help=false"]) {
  Deno.test(`servers/echo.ts ${args} prints two lines`, async () => {
    await using server = await startServer("servers/echo.ts", args.split(" "));
    const { output } = await server.stop();
    assertEquals(output.match(/^.+$/gm)?.length, 2);
  });
}

/** Properties of Object.prototype that a script must not take for flags or options. */
const polluted = {
  // Flags, and the field that a switch lacks.
  host: "256.0.0.1",
  port: "no port",
  backend: "none",
  help: true,
  quiet: true,
  metavar: "X",
  // Options of parseArgs().
  alias: { help: "port" },
  collect: ["host"],
  default: { port: "x" },
  negatable: ["port"],
  stopEarly: true,
  // Options of the flagship's clients.
  ...{ room: 1, max_queue: 1, max_total: 1, idle_timeout: 0.001, closing: 1 },
  ...{ counted: 1, full: 1, sending: 1 },
};

for (const script of ["servers/accept.ts", "servers/echo.ts"]) {
  Deno.test(`${script} takes no flag from Object.prototype`, async () => {
    const code = `Object.assign(Object.prototype, ${JSON.stringify(polluted)})`;
    const preload = `data:text/javascript,${encodeURIComponent(code)}`;
    await using server = await startServer(script, [], { preload });
    using client = socket.create_connection([server.host, server.port]);
    client.sendall(new TextEncoder().encode("hello"));
    assertEquals(new TextDecoder().decode(client.recv(5)), "hello");
    const ended = await server.stop();
    assertEquals([ended.code, ended.errors], [0, ""]);
  });
}
