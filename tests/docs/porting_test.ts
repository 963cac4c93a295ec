import { assertEquals, assertMatch } from "@std/assert";
import {
  python3,
  runScript,
  type Server,
  started,
  without_python3,
} from "../scripts.ts";
import { numbers, Peer } from "../servers/peer.ts";
import { ported_server } from "./blocks.ts";

const root = new URL("../../", import.meta.url).pathname;

async function start_typescript(): Promise<Server> {
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(path, ported_server("ts ignore"));
    return await started("the port", Deno.execPath(), [
      "run",
      `--config=${root}deno.json`,
      "--allow-ffi",
      path,
      "0",
    ]);
  } finally {
    Deno.removeSync(path);
  }
}

function start_python(): Promise<Server> {
  const args = ["-u", "-c", ported_server("python"), "0"];
  return started("the original", "python3", args);
}

/** Its answers to clients of all kinds, and its output for a calm client. */
async function answers(server: Server): Promise<unknown> {
  const printed = await calm(server);
  const parts = await runScript("clients/parts.ts", [
    "--port",
    String(server.port),
  ]);
  assertEquals([parts.code, parts.errors], [0, ""]);
  await reset(server);
  return {
    printed,
    received: [...parts.output.matchAll(/received "(.*)"/g)].map(([, x]) => x),
    half_closed: await half_closed(server),
    flooded: await flooded(server),
    urgent: await urgent(server),
  };
}

async function calm(server: Server): Promise<string[]> {
  using peer = new Peer(server);
  await peer.send("hello");
  assertEquals(await peer.text(5), "hello");
  peer.half_close();
  await peer.rest();
  // The whole line: Python writes its words apart.
  await server.printed("after reading no data\n");
  return server.output().replace(/:\d+/g, ":PORT").split("\n")
    .filter((line) => !/^$|^starting|^waiting/.test(line));
}

async function half_closed(server: Server): Promise<string> {
  using peer = new Peer(server);
  await peer.send("once more");
  peer.half_close();
  return new TextDecoder().decode(await peer.rest());
}

/** Sends a lot before it reads; another client is served meanwhile. */
async function flooded(server: Server): Promise<boolean> {
  using peer = new Peer(server);
  const sent = await peer.flood();
  using other = new Peer(server);
  await other.send("me too");
  assertEquals(await other.text(6), "me too");
  peer.half_close();
  const received = await peer.rest();
  return received.length === sent.length &&
    received.every((byte, i) => byte === sent[i]);
}

async function reset(server: Server): Promise<void> {
  for (const message of [new Uint8Array(0), numbers(100_000)]) {
    const peer = new Peer(server);
    await peer.send(message);
    peer.reset();
  }
}

async function urgent(server: Server): Promise<string> {
  const MSG_OOB = 1;
  using peer = new Peer(server);
  peer.sock.send(new TextEncoder().encode("!"), MSG_OOB);
  return await peer.text(1);
}

const expected = {
  printed: [
    "new connection from 127.0.0.1:PORT",
    'received "hello" from 127.0.0.1:PORT',
    'sending "hello" to 127.0.0.1:PORT',
    "output queue for 127.0.0.1:PORT is empty",
    "closing 127.0.0.1:PORT after reading no data",
  ],
  received: ["This is the message. ", "It will be sent ", "in parts."]
    .flatMap((part) => [part, part]),
  half_closed: "once more",
  flooded: true,
  urgent: "!",
};

Deno.test("docs/porting.md's server in TypeScript serves clients of all kinds", async () => {
  await using server = await start_typescript();
  assertEquals(await answers(server), expected);
});

Deno.test({
  name: `docs/porting.md's server in Python answers the same${without_python3}`,
  ignore: !python3,
  async fn() {
    await using server = await start_python();
    assertEquals(await answers(server), expected);
  },
});

const page = Deno.readTextFileSync(`${root}docs/porting.md`);

/** The TypeScript files in a folder of the repository. */
function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("docs/porting.md lists every call that takes keywords", () => {
  const [, table] = /^\| call +\| keywords +\|\n(.*?)\n\n/ms.exec(page)!;
  for (const path of sources("py")) {
    const code = Deno.readTextFileSync(root + path);
    for (const [, caller] of code.matchAll(/\bkeywords\(\s*"(\w+)"/g)) {
      const listed = new RegExp(`\\b${caller!.replace(/Async$/, "")}\``);
      assertMatch(table!, listed, `${path}: ${caller}()`);
    }
  }
});
