import { assertEquals, assertMatch } from "@std/assert";
import {
  type Ended,
  python3,
  ran,
  running,
  without_python3,
} from "../scripts.ts";
import { scripts, servers, start } from "./catalogue.ts";

const folder = new URL("../documents/", import.meta.url).pathname;

/** A server, the client of its document in Python, its input, and its output without prompts. */
type Pair = [script: string, client: string, input: string, prints: RegExp];

const part = (text: string) => `(.*: received "${text}"\n){2}`;
const parts = new RegExp(
  [
    "This is the message. ",
    "It will be sent ",
    "in parts.",
  ].map((text) => `(.*: sending "${text}"\n){2}${part(text)}`).join("") + "$",
);

const echoed = /^>>> one\n>>> >>> two\n>>> $/;

const pairs: Pair[] = [
  ["echo", "000_client.py", "", parts],
  ["accept", "001_hello_client.py", "", /^b'hello'\n>>$/],
  ["receive", "001_send_client.py", "one\ntwo\n", /^b'hello'\n>>>>>>$/],
  [
    ...["split", "001_prompt_client.py", "one\ntwo\n"] as const,
    /^b'hello'\n(>>b'response'\n){2}>>$/,
  ],
  [
    ...["reply", "001_prompt_client.py", "one\ntwo\n"] as const,
    /^b'hello'\n>>b'oneresponse'\n>>b'tworesponse'\n>>$/,
  ],
  ["queue", "000_client.py", "", parts],
  ["select", "004_client.py", "one\n\ntwo\n", echoed],
  ["epoll", "004_client.py", "one\n\ntwo\n", echoed],
];

function talk(client: string, port: number, input?: string): Promise<Ended> {
  return ran("python3", [folder + client, "127.0.0.1", String(port)], input);
}

for (const [script, client, input, prints] of pairs) {
  Deno.test({
    name:
      `servers/${script}.ts serves its document's ${client}${without_python3}`,
    ignore: !python3,
    async fn() {
      const path = `servers/${script}.ts`;
      const entries = servers.filter((entry) => entry.script === path);
      await Promise.all(entries.map(async (entry) => {
        await using server = await start(entry);
        const { code, output, errors } = await talk(client, server.port, input);
        assertEquals([code, errors], [0, ""]);
        assertMatch(output, prints);
        const ended = await server.stop();
        assertEquals(ended.code, 0);
        if (script === "receive") assertMatch(ended.output, /b'one(two)?'\n/);
      }));
    },
  });
}

for (const client of ["002_poll_client.py", "002_select_client.py"]) {
  Deno.test({
    name: `servers/delay.ts serves its document's ${client}${without_python3}`,
    ignore: !python3,
    async fn() {
      const delay = servers.find(({ kind }) => kind === "time")!;
      await using server = await start(delay);
      const args = ["-u", folder + client, "127.0.0.1", String(server.port)];
      const talking = running("python3", args);
      await talking.printed(/(Received: [^]*){3}/);
      assertEquals((await server.stop()).code, 0);
      const { code, output, errors } = await talking.ended;
      assertEquals([code, errors], [0, ""]);
      assertMatch(
        output,
        /(\rReceived: [A-Z][a-z]{2} .* \d{4}\n(\r\S+ )*){2,}/,
      );
      assertMatch(output, /\rRemote end closed connection; exiting\.\n$/);
    },
  });
}

Deno.test("servers/: each serves a client of its document", () => {
  const met = new Set(pairs.map(([script]) => `servers/${script}.ts`));
  assertEquals(scripts.filter((script) => !met.has(script)), [
    "servers/delay.ts",
  ]);
});
