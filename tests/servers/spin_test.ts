/**
 * Events that make a level-triggered loop spin unless it stops watching for them: a hang-up, a
 * half-close, room to send with nothing to send, a client without a free descriptor.
 */

import { setTimeout as pause } from "node:timers/promises";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { errno, OSError } from "@iomux/py";
import { Stop } from "../../cli/server.ts";
import { type Server, type StartOptions, startServer } from "../scripts.ts";
import { answered, each, type Entry, greeted, queues } from "./catalogue.ts";
import { numbers, Peer } from "./peer.ts";

const preload = new URL("quiet.ts", import.meta.url).pathname;

/** The last actions of clients, which say nothing afterwards. */
const clients: Record<string, (entry: Entry, peer: Peer) => Promise<void>> = {
  async "is silent"(entry, peer) {
    await answered(entry, peer);
  },
  async "has half-closed and stays"(_, peer) {
    await peer.send("my last");
    peer.half_close();
  },
  async "has half-closed, then closed"(_, peer) {
    await peer.send("my last");
    peer.half_close();
    await peer.acknowledged();
    peer.sock.close();
  },
  async "was owed much, and has read all of it"({ kind }, peer) {
    if (kind !== "echo") return;
    const sent = await peer.flood();
    await peer.receive(sent.length);
  },
  async "has half-closed and does not read its answers"(
    { kind },
    peer,
  ) {
    if (queues.has(kind)) await peer.flood();
    else await peer.send(numbers(1 << 16));
    peer.half_close();
  },
  async "reads nothing, and resets"({ kind }, peer) {
    if (queues.has(kind)) await peer.flood();
    peer.reset();
  },
};

// More than the kernel's 4 MB to send, and the buffer of the client.
const OWED = 12 << 20;

/** Waits until a server blocks; a server that spins never does. */
async function quiet(server: Server): Promise<void> {
  const said = [...server.errors().matchAll(/^quiet (\d+)$/gm)];
  const last = Number(said.at(-1)?.[1] ?? 0);
  // The next line may count waits before the last action.
  await server.printed(`quiet ${last + 2}\n`);
}

/** Starts a server that reports quiet waits. */
function started(
  { script, kind, args }: Entry,
  options: StartOptions = {},
): Promise<Server> {
  const calm = kind === "time" ? ["--interval", "5"] : args;
  return startServer(script, calm, { preload, ...options });
}

Deno.test("servers/: no server spins for a client that", async (t) => {
  await using stack = new AsyncDisposableStack();
  const running = new Map<Entry, { server: Server; other: Peer }>();
  await each(async (entry) => {
    const server = stack.use(await started(entry));
    const other = stack.use(new Peer(server));
    await greeted(entry, other);
    running.set(entry, { server, other });
  });
  for (const [what, act] of Object.entries(clients)) {
    await t.step(what, () =>
      each(async (entry) => {
        const { server, other } = running.get(entry)!;
        using peer = new Peer(server, 1 << 16);
        await greeted(entry, peer);
        await act(entry, peer);
        await quiet(server);
        await answered(entry, other);
      }));
  }
});

Deno.test("servers/echo.ts: no backend spins for a half-closed client with less unsent data than its queue takes", () =>
  each(async ({ script, args, kind, name }) => {
    if (!args.includes("--backend")) return;
    const limits = ["--max-queue", `${4 * OWED}`, "--max-total", `${4 * OWED}`];
    const entry = { script, name, kind, args: [...args, "--quiet", ...limits] };
    await using server = await started(entry);
    using peer = new Peer(server, 1 << 16);
    await peer.send(numbers(OWED));
    peer.half_close();
    await peer.acknowledged();
    await quiet(server);
    assertEquals((await peer.rest()).length, OWED);
  }));

Deno.test("servers/: no server prints more than one idle line while its clients are silent", () =>
  each(async (entry) => {
    await using server = await started(entry);
    using peer = new Peer(server);
    await greeted(entry, peer);
    await answered(entry, peer);
    await quiet(server);
    const printed = server.output().length;
    await quiet(server);
    assertMatch(server.output().slice(printed), /^(4 0\n)?$/);
  }));

Deno.test("servers/: no server spins while it has no free descriptor, and each accepts again afterwards", () =>
  each(async (entry) => {
    await using server = await started(entry, { descriptors: 40 });
    const peers = Array.from({ length: 40 }, () => new Peer(server));
    try {
      await server.printed("not accepting for now: Too many open files\n");
      await quiet(server);
      // It prints one line, however often it tries again.
      assertEquals(server.errors().split("not accepting").length, 2);

      using newcomer = new Peer(server);
      for (const peer of peers.splice(0, 30)) peer.sock.close();
      await greeted(entry, newcomer);
      await answered(entry, newcomer);
    } finally {
      for (const peer of peers) peer.sock.close();
    }
    const { code, output } = await server.stop();
    assertEquals(code, 0);
    assertStringIncludes(output, "\nserved ");
  }));

Deno.test("Stop.pause() keeps one timer, however often a pause ends early", async () => {
  const stop = new Stop([]);
  let resumed = 0;
  const error = new OSError(errno.EMFILE, "Too many open files");
  for (let i = 0; i < 3; i++) stop.pause(error, () => resumed++);
  while (resumed === 0) await pause(20);
  await pause(20);
  assertEquals(resumed, 1);
});
