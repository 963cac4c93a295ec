import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { os, OSError, socket } from "@iomux/py";
import { Workers } from "../../../servers/echo/workers.ts";
import { open_descriptors } from "../../descriptors.ts";
import { runScript, type Server, started, WATCHDOG } from "../../scripts.ts";
import { answered, servers } from "../catalogue.ts";
import { Peer } from "../peer.ts";

const echo = servers[0]!;
const root = new URL("../../..", import.meta.url).pathname;

/** Starts the flagship with threads, which need permission to read their script. */
function start(workers: number, ...args: string[]): Promise<Server> {
  return started("servers/echo.ts", Deno.execPath(), [
    ...["run", "--allow-ffi", `--allow-read=${root}`],
    ...[`${root}servers/echo.ts`, "--port", "0"],
    ...["--workers", String(workers), ...args],
  ]);
}

for (const backend of ["select", "poll", "epoll"]) {
  Deno.test(`--workers serves with several threads, and stops them in order, with ${backend}`, async () => {
    await using server = await start(2, "--backend", backend);
    assertMatch(server.output(), /^starting up on localhost port \d+\n/);
    const peers = Array.from({ length: 40 }, () => new Peer(server));
    await Promise.all(peers.map((peer) => answered(echo, peer, "12345")));
    for (const peer of peers.splice(0, 20)) peer.sock.close();
    await Promise.all(peers.map((peer) => answered(echo, peer, "12345")));

    // A thread sends its queued answers after the signal.
    using reader = new Peer(server, 1 << 16);
    const sent = await reader.flood();
    const ended = server.stop(backend === "poll" ? "SIGTERM" : "SIGINT");
    // Through the small window it would take seconds.
    reader.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20);
    assertEquals((await reader.rest()).length, sent.length);
    for (const peer of peers) {
      assertEquals((await peer.rest()).length, 0);
      peer.sock.close();
    }
    reader.sock.close();
    const { code, output, errors } = await ended;
    assertEquals([code, errors], [0, ""]);
    const echoed = 60 * 5 + sent.length;
    assert(output.endsWith(`\nserved 41 clients, echoed ${echoed} bytes\n`));
    assertEquals(output.match(/starting up/g)?.length, 1);
    assertEquals(output.match(/served/g)?.length, 1);
  });
}

Deno.test("--workers shares one limit, and adds up the counts of all threads", async () => {
  await using server = await start(
    3,
    ...["--max-clients", "10", "--idle-timeout", "600"],
    ...["--backend", "epoll", "--stats", "0.3", "--quiet"],
  );
  const peers = Array.from({ length: 10 }, () => new Peer(server));
  await Promise.all(peers.map((peer) => answered(echo, peer)));
  for (let i = 0; i < 30; i++) {
    using above = new Peer(server);
    assertEquals((await above.rest()).length, 0);
  }
  await server.printed(/^10 clients, .* 30 turned away$/m);
  for (const peer of peers) peer.sock.close();
  await server.printed(/^0 clients, .* 30 turned away$/m);
  using later = new Peer(server);
  await answered(echo, later);
  const { code, output } = await server.stop();
  assertEquals(code, 0);
  assertMatch(output, /^starting .*\nserved 11 clients, echoed 44 bytes\n$/);
});

Deno.test("--workers refuses a port in use, unless --reuse-port shares it", async () => {
  await using one = await start(1, "--quiet");
  const taken = await runScript("servers/echo.ts", ["--port", `${one.port}`]);
  assertEquals(taken.code, 1);
  await using shared = await start(2, "--quiet", "--reuse-port");
  await using other = await start(
    1,
    ...["--quiet", "--reuse-port", "--port", String(shared.port)],
  );
  assertEquals(other.port, shared.port);
  const second = start(2, "--quiet", "--port", String(shared.port));
  const { message } = await assertRejects(() => second, Error);
  assertMatch(message, /cannot listen on .*: Address already in use\n$/);
});

Deno.test("--workers names the missing permission in one line", async () => {
  const args = ["--port", "0", "--workers", "2"];
  const { code, output, errors } = await runScript("servers/echo.ts", args);
  assertEquals(
    [code, output, errors],
    [1, "", `--workers needs --allow-read=${root}\n`],
  );
});

/** Opens listeners that share a port; returns them and the port. */
function listeners(
  count: number,
): [socket.Socket[], { host: string; port: number }] {
  const host = "127.0.0.1";
  let port = 0;
  const all = Array.from({ length: count }, () => {
    const listener = socket.socket();
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);
    listener.setblocking(false);
    listener.bind([host, port]);
    listener.listen();
    [, port] = listener.getsockname();
    return listener;
  });
  return [all, { host, port }];
}

/** The epoll objects of this process that watch a socket, by any of its descriptors. */
function epolls_of(sock: socket.Socket): number[] {
  const link = Deno.readLinkSync(`/proc/self/fd/${sock.fileno()}`);
  const inode = Number(/\d+/.exec(link)![0]).toString(16);
  return [...Deno.readDirSync("/proc/self/fdinfo")].map(({ name }) => name)
    .filter((name) => {
      try {
        const info = Deno.readTextFileSync(`/proc/self/fdinfo/${name}`);
        return new RegExp(`^tfd:.* ino:${inode} `, "m").test(info);
      } catch {
        // The descriptor of the folder itself, closed by now.
        return false;
      }
    }).map(Number);
}

/** Ends the thread that waits for a listener: replaces its epoll object by a pipe. */
function break_wait(listener: socket.Socket): void {
  const [epoll] = epolls_of(listener);
  const [r, w] = os.pipe();
  os.dup2(r, epoll!, false);
  os.close(r);
  os.close(w);
}

/** Waits until a condition holds. */
async function until(what: string, so: () => boolean): Promise<void> {
  for (const deadline = Date.now() + WATCHDOG; !so();) {
    if (Date.now() > deadline) throw new Error(`Not so yet: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Reads to the end of a connection, or to a reset. */
async function end(peer: Peer): Promise<number> {
  try {
    return (await peer.rest()).length;
  } catch (error) {
    if (error instanceof OSError && error.code === "ECONNRESET") return 0;
    throw error;
  }
}

/**
 * Describes the open descriptors and counts the epoll objects. The runtime keeps an epoll object
 * and an eventfd of each ended worker for a while: such pairs do not count.
 */
function open(): string {
  const all = [...open_descriptors()].map((one) => one.replace(/^\d+ -> /, ""));
  const of = (kind: string) => all.filter((one) => one.includes(kind)).length;
  return [
    ...all.filter((one) => !/eventfd|eventpoll/.test(one)).sort(),
    `${of("eventpoll") - of("eventfd")} epoll objects`,
  ].join("\n");
}

/** Registers a test that fails when it leaves a descriptor open, like that of `descriptors.ts`. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, async () => {
    const before = open();
    await fn();
    await until("all descriptors are closed", () => open() === before);
  });
}

const thread = import.meta.resolve("./fixtures/thread.ts");

test("Workers start a dead thread again, which serves its waiting clients", async () => {
  const [[listener], where] = listeners(1);
  const workers = new Workers(thread, [listener!]);
  await workers.listening();
  workers.begin();
  using before = new Peer(where);
  await answered(echo, before);

  break_wait(listener!);
  assertEquals(await end(before), 0);
  // It connects before the next thread starts.
  using after = new Peer(where);
  await answered(echo, after, "after");
  await until("counted", () => workers.counts().sent === 9);
  const { clients, served, received } = workers.counts();
  assertEquals([clients, served, received], [1, 2, 9]);
  after.sock.close();
  await workers.stop();
  assertEquals(workers.counts().clients, 0);
});

test("Workers keep the clients of the other threads when one dies", async () => {
  const [all, where] = listeners(3);
  const workers = new Workers(thread, all);
  await workers.listening();
  workers.begin();
  const peers = Array.from({ length: 60 }, () => new Peer(where));
  await Promise.all(peers.map((peer) => answered(echo, peer)));
  await until("counted", () => workers.counts().clients === 60);
  break_wait(all[1]!);
  await until("dead", () => workers.counts().clients < 60);
  const left = workers.counts().clients;
  const answers = await Promise.allSettled(
    peers.map((peer) => answered(echo, peer)),
  );
  const served = answers.filter(({ status }) => status === "fulfilled");
  assertEquals(served.length, left);
  for (const peer of peers) peer.sock.close();
  const more = Array.from({ length: 60 }, () => new Peer(where));
  await Promise.all(more.map((peer) => answered(echo, peer)));
  for (const peer of more) peer.sock.close();
  await workers.stop();
  assertEquals(workers.counts().served, 120);
});

test("Workers.listening() rejects if threads die before they listen", async () => {
  const [all] = listeners(2);
  const script = `data:text/javascript,throw new Error("no use")`;
  const workers = new Workers(script, all);
  const { message } = await assertRejects(() => workers.listening(), Error);
  assertMatch(message, /no use/);
  await workers.stop();
});

test("Workers.stop() ends threads before they begin", async () => {
  const [all] = listeners(2);
  const workers = new Workers(thread, all);
  await workers.stop();
  assertEquals(workers.counts().served, 0);
});
