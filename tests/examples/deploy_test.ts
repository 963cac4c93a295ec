/**
 * The replacement of a server by another: examples/handover.ts, and examples/deploy/server.sh.
 * tests/faults/haproxy_test.ts tests all of examples/deploy/.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { ran, type Server, startServer } from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import { socat } from "./peers.ts";

const root = new URL("../../", import.meta.url).pathname;
const is_root = Deno.uid() === 0;

const HANDOVER = "examples/handover.ts";
const RESTARTS = 3;
const CLIENTS_AT_ONCE = 4;

let names = 0;

/** Flags with a new name of a control socket, for servers that replace each other. */
function flags(...more: string[]): string[] {
  const name = `iomux-handover-test-${Deno.pid}-${names++}`;
  return ["--control", name, ...more];
}

/** Connects to the control socket, as a successor does. */
function control([, name]: string[]): socket.Socket {
  const peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);
  peer.connect(`\0${name}`);
  return peer;
}

/** The process that serves a client. */
async function greeted(peer: Peer): Promise<number> {
  const greeting = await peer.text("process ".length);
  assertEquals(greeting, "process ");
  let digits = "";
  for (let c; (c = await peer.text(1)) !== "\n";) digits += c;
  return Number(digits);
}

/** Repeatedly connects, sends a message, reads the echo and leaves. */
class Load implements Disposable {
  readonly replies = new Map<number, number>();
  readonly failures: string[] = [];
  over = false;
  connections = 0;

  constructor(readonly server: Server) {}

  async run(): Promise<void> {
    while (!this.over) {
      const said = `hello ${this.connections++}`;
      try {
        using peer = new Peer(this.server);
        const pid = await greeted(peer);
        await peer.send(said);
        peer.half_close();
        const reply = new TextDecoder().decode(await peer.rest());
        if (reply !== said) throw new Error(`"${reply}" for "${said}"`);
        this.replies.set(pid, (this.replies.get(pid) ?? 0) + 1);
      } catch (error) {
        // One failure is enough: without a server the loop would never end.
        this.failures.push(String(error));
        return;
      }
    }
  }

  [Symbol.dispose](): void {
    this.over = true;
  }

  /** Waits until a process has served `least` clients. */
  async served(pid: number, least: number): Promise<void> {
    while ((this.replies.get(pid) ?? 0) < least) {
      assertEquals(this.failures, []);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

Deno.test("handover.ts is replaced three times under load, refuses no client and loses no reply", async () => {
  const args = flags("--grace", "60");
  await using stack = new AsyncDisposableStack();
  let server = stack.use(await startServer(HANDOVER, args));
  const { port } = server;
  using load = new Load(server);
  const all = Array.from({ length: CLIENTS_AT_ONCE }, () => load.run());
  const pids = [server.pid];
  for (let i = 0; i < RESTARTS; i++) {
    await load.served(server.pid, 50);
    const successor = stack.use(await startServer(HANDOVER, args));
    assertEquals(successor.port, port);
    await successor.printed(`taken over from process ${server.pid}\n`);
    await server.printed(`handed over to process ${successor.pid}, clients`);
    await server.printed(/^clients served: \d+$/m);
    server = successor;
    pids.push(server.pid);
  }
  await load.served(server.pid, 50);
  load.over = true;
  await Promise.all(all);
  assertEquals(load.failures, []);
  assertEquals([...load.replies.keys()], pids);
  const replies = [...load.replies.values()].reduce((a, b) => a + b);
  assertEquals(replies, load.connections);
  console.log(
    `${replies} replies to ${load.connections} connections, from each process: ` +
      [...load.replies.values()].join(", "),
  );
  const { code, errors } = await server.stop();
  assertEquals([code, errors], [0, ""]);
});

Deno.test("handover.ts serves its clients to the end before it exits", async () => {
  const args = flags("--grace", "60");
  await using old = await startServer(HANDOVER, args);
  using early = new Peer(old);
  assertEquals(await greeted(early), old.pid);
  await using successor = await startServer(HANDOVER, args);
  await old.printed("clients still here: 1\n");
  await early.send("still here?");
  assertEquals(await early.text(11), "still here?");
  using late = new Peer(successor);
  assertEquals(await greeted(late), successor.pid);
  early.half_close();
  assertEquals((await early.rest()).length, 0);
  await old.printed("clients served: 1\n");
});

Deno.test("handover.ts continues when the new process ends before it has taken over", async () => {
  const args = flags("--grace", "0.1");
  await using server = await startServer(HANDOVER, args);
  control(args).close();
  await server.printed(/^not handed over to process \d+: /m);
  {
    using peer = control(args);
    const [, fds] = socket.recv_fds(peer, 1, 2);
    assertEquals(fds.length, 2);
    for (const fd of fds) socket.close(fd);
  }
  await server.printed(/^not .*\n(.*\n)*not handed over to process \d+: /m);
  using client = new Peer(server);
  assertEquals(await greeted(client), server.pid);
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assert(output.includes("stopping, clients still here: 1\n"), output);
});

function test_other_user(name: string, fn: () => Promise<void>): void {
  if (is_root) socat.test(name, fn);
  else Deno.test.ignore(`${name} (ignored: this is not root)`, fn);
}

test_other_user("handover.ts gives no descriptor to another user", async () => {
  const args = flags();
  await using server = await startServer(HANDOVER, args);
  // A process of another user reads the end at once.
  const child = new Deno.Command("socat", {
    args: ["-u", `ABSTRACT-CONNECT:${args[1]},type=5`, "-"],
    uid: 65534,
    stdout: "piped",
    stderr: "piped",
  });
  const { stdout } = await child.output();
  assertEquals(stdout.length, 0);
  await server.printed(/^not handed over to process \d+ of user 65534$/m);
});

Deno.test("handover.ts reports a port in use in one line", async () => {
  await using server = await startServer(HANDOVER, flags());
  const other = flags("--port", String(server.port));
  const error = await startServer(HANDOVER, other).then(() => "", String);
  assert(error.includes(`port ${server.port}: Address already in use`), error);
});

/** Runs examples/deploy/server.sh with its own runtime folder. */
function server_sh(
  folder: string,
  args: string[],
  user = "nobody",
): ReturnType<typeof ran> {
  const env = [`RUNTIME_DIRECTORY=${folder}`, `DENO=${Deno.execPath()}`];
  return ran("env", [
    ...env,
    `SERVER_USER=${user}`,
    `${root}examples/deploy/server.sh`,
    ...args,
  ]);
}

Deno.test({
  name: "examples/deploy/server.sh refuses to run a server as root" +
    (is_root ? "" : " (ignored: this is not root)"),
  ignore: !is_root,
  fn: async () => {
    const folder = Deno.makeTempDirSync();
    // The server's user reads its modules from a cache in there.
    Deno.chmodSync(folder, 0o755);
    try {
      const refused = await server_sh(
        folder,
        ["start", "one", "127.0.0.1:0"],
        "root",
      );
      assertEquals(refused.code, 1);
      assertMatch(refused.errors, /a server does not run as root/);
      const started = await server_sh(folder, ["start", "one", "127.0.0.1:0"]);
      assertEquals([started.code, started.errors], [0, ""]);
      const pid = Deno.readTextFileSync(`${folder}/one.pid`).trim();
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const [, uid] = /^Uid:\t(\d+)/m.exec(status)!;
      assert(Number(uid) > 0, status);
      assertMatch(status, /^CapBnd:\t0+$/m);
      assertMatch(status, /^NoNewPrivs:\t1$/m);
      const stopped = await server_sh(folder, ["stop", "one", "127.0.0.1:0"]);
      assertEquals([stopped.code, stopped.errors], [0, ""]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
