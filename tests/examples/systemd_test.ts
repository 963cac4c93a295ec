import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ALLOW_ENV } from "../../examples/systemd/listen_fds.ts";
import { reserved_port } from "../ports.ts";
import { ran, runScript, started, WATCHDOG } from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import {
  activated,
  parent,
  started_by,
  systemd_analyze,
  systemd_socket_activate,
} from "./peers.ts";

const root = new URL("../..", import.meta.url).pathname;
const ECHO = "examples/systemd/echo.ts";
const RUN = ["--allow-ffi", ALLOW_ENV, root + ECHO];

async function echoed(
  server: { host: string; port: number },
  said: string,
): Promise<void> {
  using peer = new Peer(server);
  await peer.send(said);
  peer.half_close();
  assertEquals(new TextDecoder().decode(await peer.rest()), said);
}

/** Retries until the address has a listener, and sends a message. */
async function echoed_at_last(server: { host: string; port: number }) {
  for (const deadline = performance.now() + WATCHDOG;;) {
    try {
      return await echoed(server, "hello");
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test("systemd/echo.ts serves the sockets that a parent passed, each by its name", async () => {
  const variables =
    "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=echo.socket:control";
  await using server = await started_by("tcp,unix", variables, RUN);
  await server.printed(
    `from systemd: echo.socket on ('127.0.0.1', ${server.port})\n`,
  );
  await server.printed("from systemd: control on '\\x00");
  await echoed(server, "hello");
  await echoed(server, "once more");
  const { code, output, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
  assertMatch(output, /^clients served: 2$/m);
});

Deno.test("systemd/echo.ts ignores sockets that were passed to another process", async () => {
  const variables = "LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=echo";
  const args = [...RUN, "--port", "0"];
  await using server = await started_by("tcp", variables, args);
  const own = /^\[.*\]\nstarting up on (localhost) port (\d+)$/m;
  await server.printed(own);
  const [, host, port] = own.exec(server.output())!;
  await echoed({ host: host!, port: Number(port) }, "hello");
});

const wrong = [
  ["udp", 1, "unknown is not a stream\n"],
  ["tcp", 2, "cannot take over what was passed: "],
] as const;
for (const [kinds, count, complaint] of wrong) {
  Deno.test(`systemd/echo.ts ends with one line for ${count} sockets, of which it gets one of ${kinds}`, async () => {
    const variables = `LISTEN_PID=$$ LISTEN_FDS=${count}`;
    const args = parent(kinds, variables, RUN);
    const { code, errors } = await ran(Deno.execPath(), args);
    assertEquals(code, 1);
    assertEquals(errors.startsWith(complaint), true, errors);
    assertEquals(errors.trim().split("\n").length, 1, errors);
  });
}

// A process without a descriptor for the first wait of a twin.
const NO_WAKER =
  `data:text/javascript,import { use_waker } from "file://${root}ffi/reactor.ts";
  import { OSError } from "file://${root}mod.ts";
  use_waker(() => { throw new OSError(24, "Too many open files", {}); });`;

Deno.test("systemd/echo.ts ends in one line if it cannot wait", async () => {
  const args = ["run", `--preload=${NO_WAKER}`, ...RUN, "--port", "0"];
  const { code, errors } = await ran(Deno.execPath(), args);
  assertEquals(code, 1);
  assertMatch(
    errors,
    /^examples\/systemd\/echo.ts: .*Too many open files.*\n$/,
  );
});

Deno.test("systemd/echo.ts listens by itself when no socket was passed", async () => {
  const args = ["run", "--no-prompt", ...RUN, "--port", "0"];
  await using server = await started(ECHO, Deno.execPath(), args);
  await echoed(server, "hello");
});

for (const script of [ECHO, "examples/node_http.ts"]) {
  Deno.test(`${script} names the missing permission for LISTEN_PID in one line`, async () => {
    const args = ["--no-prompt", "--allow-ffi", root + script];
    const flags = script === ECHO ? [] : ["--inherited"];
    const { code, errors } = await ran(
      Deno.execPath(),
      ["run", ...args, ...flags],
    );
    assertEquals(code, 1);
    assertMatch(errors, /^cannot take over .*LISTEN_PID.*--allow-env flag\n$/);
  });
}

Deno.test("systemd/echo.ts --help shows every permission it needs", async () => {
  const { output } = await runScript(ECHO, ["--help"]);
  assertStringIncludes(output, `deno run --allow-ffi ${ALLOW_ENV} ${ECHO}`);
});

systemd_socket_activate.test("systemd/echo.ts is started by systemd-socket-activate when a client connects", async () => {
  using reserved = reserved_port();
  const { port } = reserved;
  await using server = await activated(port, ["--fdname=echo"], RUN);
  await echoed_at_last(server);
  await server.printed(
    `taken over from systemd: echo on ('127.0.0.1', ${port})\n`,
  );
  await echoed(server, "once more");
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assertMatch(output, /^clients served: [2-9]/m);
});

systemd_socket_activate.test("systemd/echo.ts is started by systemd-socket-activate --accept once for each client", async () => {
  using reserved = reserved_port();
  const { port } = reserved;
  await using server = await activated(port, ["--accept"], RUN);
  await echoed_at_last(server);
  await echoed(server, "once more");
  await server.printed(/(clients served: 1\n(.*\n)*){2}/);
});

systemd_analyze.test("examples/systemd/: systemd-analyze finds no fault in the units", async () => {
  const units = ["echo.service", "echo.socket"]
    .map((name) => `${root}examples/systemd/${name}`);
  const { code, output, errors } = await ran("systemd-analyze", [
    "verify",
    ...units,
  ]);
  // Ignore a missing program, and other units of the machine.
  const about = (output + errors).split("\n").filter((line) =>
    /echo\.(service|socket)/.test(line) && !/is not executable/.test(line)
  );
  assertEquals(about, [], output + errors);
  assertEquals(code === 0 || /is not executable/.test(errors), true, errors);
});
