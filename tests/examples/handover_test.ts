import { assert, assertEquals } from "@std/assert";
import { socket } from "@iomux/py";
import { type Server, startServer } from "../scripts.ts";
import { Peer } from "../servers/peer.ts";
import { test_with } from "./peers.ts";

const SCRIPT = "examples/handover.ts";
const RESTARTS = 3;
const CLIENTS_AT_ONCE = 4;

let names = 0;

/** The flags of servers that replace each other, and no others. */
function flags(...more: string[]): string[] {
  const name = `iomux-handover-test-${Deno.pid}-${names++}`;
  return ["--control", name, ...more];
}

/** Its control socket, as a successor reaches it. */
function control([, name]: string[]): socket.Socket {
  const peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);
  peer.connect(`\0${name}`);
  return peer;
}

/** Returns the process that serves a client. */
async function greeted(peer: Peer): Promise<number> {
  const greeting = await peer.text("process ".length);
  assertEquals(greeting, "process ");
  let digits = "";
  for (let c; (c = await peer.text(1)) !== "\n";) digits += c;
  return Number(digits);
}

/** Connects, sends a message, reads it back and leaves, again and again. */
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
        // One is enough: without a server, this would go on for ever
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

Deno.test("handover.ts is replaced three times under load: no client is refused, no reply lost", async () => {
  const args = flags("--grace", "60");
  await using stack = new AsyncDisposableStack();
  let server = stack.use(await startServer(SCRIPT, args));
  const { port } = server;
  using load = new Load(server);
  const all = Array.from({ length: CLIENTS_AT_ONCE }, () => load.run());
  const pids = [server.pid];
  for (let i = 0; i < RESTARTS; i++) {
    await load.served(server.pid, 50);
    const successor = stack.use(await startServer(SCRIPT, args));
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
  await using old = await startServer(SCRIPT, args);
  using early = new Peer(old);
  assertEquals(await greeted(early), old.pid);
  await using successor = await startServer(SCRIPT, args);
  await old.printed("clients still here: 1\n");
  await early.send("still here?");
  assertEquals(await early.text(11), "still here?");
  using late = new Peer(successor);
  assertEquals(await greeted(late), successor.pid);
  early.half_close();
  assertEquals((await early.rest()).length, 0);
  await old.printed("clients served: 1\n");
});

Deno.test("handover.ts goes on when the new process ends before it has taken over", async () => {
  const args = flags("--grace", "0.1");
  await using server = await startServer(SCRIPT, args);
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

const is_root = Deno.uid() === 0;

await test_with(
  is_root ? "socat" : "root",
  "-V",
  "handover.ts hands nothing to another user",
  async () => {
    const args = flags();
    await using server = await startServer(SCRIPT, args);
    // A process of another user gets no descriptor: it reads the end at once.
    const child = new Deno.Command("socat", {
      args: ["-u", `ABSTRACT-CONNECT:${args[1]},type=5`, "-"],
      uid: 65534,
      stdout: "piped",
      stderr: "piped",
    });
    const { stdout } = await child.output();
    assertEquals(stdout.length, 0);
    await server.printed(/^not handed over to process \d+ of user 65534$/m);
  },
);

Deno.test("handover.ts reports a port in use in one line", async () => {
  await using server = await startServer(SCRIPT, flags());
  const other = flags("--port", String(server.port));
  const error = await startServer(SCRIPT, other).then(() => "", String);
  assert(error.includes(`port ${server.port}: Address already in use`), error);
});
