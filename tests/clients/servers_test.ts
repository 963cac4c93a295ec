import { assertEquals, assertMatch } from "@std/assert";
import { test } from "../descriptors.ts";
import {
  python3,
  run_args,
  running,
  runScript,
  type Server,
  SLOW_CLOCK,
  started,
  startServer,
  without_python3,
} from "../scripts.ts";
import { Terminal } from "./terminal.ts";

const TIME = /^Received: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
const CLOSED = "Remote end closed connection; exiting.";
const documents = new URL("../documents/", import.meta.url).pathname;

function to({ host, port }: Server): string[] {
  return ["--host", host, "--port", String(port)];
}

/** Starts a server of this package, or a document's server in Python. */
function start(script: string, ...args: string[]): Promise<Server> {
  return script.endsWith(".ts")
    ? startServer(script, args)
    : started(script, "python3", ["-u", documents + script, "0"]);
}

/** Registers a test with a server; ignored if the server is in Python and there is none. */
function test_with(name: string, script: string, fn: () => Promise<void>) {
  if (script.endsWith(".ts") || python3) test(name, fn);
  else Deno.test.ignore(name + without_python3, () => {});
}

type Conversation = [
  script: string,
  args: string[],
  output: string,
  printed: string,
];

/** The answers of servers to the lines `one` and `two`, and their own output. */
const conversations: Conversation[] = [
  ["servers/echo.ts", [], "onetwo", ""],
  ["servers/accept.ts", [], "hello", ""],
  ["servers/receive.ts", [], "hello", ""],
  ["servers/split.ts", [], "helloresponseresponse", ""],
  ["servers/reply.ts", [], "hellooneresponsetworesponse", ""],
  ["servers/queue.ts", ["--pause", "0.02"], "onetwo", ""],
  ["servers/select.ts", [], "onetwo", ""],
  ["servers/epoll.ts", [], "onetwo", ""],
  ["001_accept_server.py", [], "hello", "socket"],
  ["001_receive_server.py", [], "hello", "b'two'"],
  ["001_split_server.py", [], "helloresponseresponse", ""],
  ["001_reply_server.py", [], "hellooneresponsetworesponse", "[b'two']"],
  ["004_select_server.py", [], "onetwo", "received b'two'"],
  ["004_epoll_server.py", [], "", "recv:b'two'"],
];

/** Talks to one of these servers by two clients at once. */
async function talk([script, args, output, printed]: Conversation) {
  const here = script.endsWith(".ts");
  await using server = await start(script, ...args);
  // Most of the documents' servers never close: the input ends once they have answered.
  const flags = [...to(server), ...(here ? [] : ["--wait", "0.1"])];
  const answered = new RegExp([...output].join("\n*"));
  const clients = [0, 0].map(() => {
    async function* input() {
      yield here ? "one\ntwo" : "one\ntwo\n";
      if (!here) await client.printed(answered);
    }
    // By its own clock, it waits 200 ms for an answer before it sends the next line.
    const args = run_args("clients/prompt.ts", flags, SLOW_CLOCK);
    const client = running(Deno.execPath(), args, input());
    return client;
  });
  for (const client of clients) {
    const ended = await client.ended;
    assertEquals([ended.code, ended.errors], [0, ""], script);
    // The number of lines depends on the pieces in which the answers arrive.
    assertEquals(ended.output.replaceAll("\n", ""), output, script);
  }
  await server.printed(printed);
  if (output.startsWith("hello")) {
    const greeted = await runScript("clients/hello.ts", to(server));
    assertEquals(greeted, { code: 0, output: "hello\n", errors: "" });
  }
  if (here) assertEquals((await server.stop()).code, 0);
}

// Some at the same time, as they mostly wait; with more, an answer could come too late.
const AT_ONCE = 3;
for (const [whose, kind] of [["the", ".ts"], ["each document's", ".py"]]) {
  test_with(`prompt.ts talks to ${whose} servers`, kind!, async () => {
    const some = conversations.filter(([script]) => script.endsWith(kind!));
    while (some.length > 0) {
      await Promise.all(some.splice(0, AT_ONCE).map(talk));
    }
  });
}

const PARTS = ["This is the message. ", "It will be sent ", "in parts."];

for (const name of ["echo", "select", "epoll"]) {
  const script = `servers/${name}.ts`;
  test(`parts.ts reads its answers from ${script}`, async () => {
    await using server = await start(script);
    const { code, output } = await runScript("clients/parts.ts", to(server));
    assertEquals(code, 0);
    const received = [...output.matchAll(/received "(.*)"/g)].map(([, s]) => s);
    const expected = PARTS.map((part) => part + part).join("");
    assertEquals(received.join(""), expected);
    assertEquals((await server.stop()).code, 0);
  });
}

const DOCUMENT_000 = "000_server.py";
test_with(
  `parts.ts reads its answers from ${DOCUMENT_000}`,
  DOCUMENT_000,
  async () => {
    await using server = await start(DOCUMENT_000);
    const { code, output } = await runScript("clients/parts.ts", to(server));
    assertEquals(code, 0);
    assertEquals(output.match(/received "in parts\."/g)?.length, 2);
  },
);

for (const name of ["poll", "select"]) {
  const script = `clients/${name}.ts`;
  const DELAY = ["servers/delay.ts", "--interval", "0.2"] as const;

  test(`${name}.ts prints the times of delay.ts until it stops`, async () => {
    await using server = await start(...DELAY);
    const args = run_args(script, ["--port", String(server.port)]);
    const clients = [0, 0].map(() => running(Deno.execPath(), args));
    for (const client of clients) await client.printed(/(.*\n){2}/);
    assertEquals((await server.stop()).code, 0);
    for (const client of clients) {
      const { code, output } = await client.ended;
      const lines = output.trimEnd().split("\n");
      assertEquals(lines.pop(), CLOSED);
      for (const line of lines) assertMatch(line, TIME);
      assertEquals(code, 0);
    }
  });

  test(`${name}.ts shows the times of delay.ts on a terminal`, async () => {
    await using server = await start(...DELAY);
    const args = ["--port", String(server.port)];
    await using terminal = new Terminal(script, args);
    await terminal.shows(({ rows }) => rows.length > 3 && TIME.test(rows[2]!));
    terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
    for (const row of terminal.screen.rows) assertMatch(row, TIME);
    assertEquals((await server.stop()).code, 0);
  });

  const DOCUMENT_002 = "002_delay_server.py";
  test_with(
    `${name}.ts prints the time of ${DOCUMENT_002}`,
    DOCUMENT_002,
    async () => {
      await using server = await start(DOCUMENT_002);
      const args = run_args(script, ["--port", String(server.port)]);
      const client = running(Deno.execPath(), args);
      await client.printed(/^Received: .*\n/);
      await server.stop("SIGKILL");
      const { code, output } = await client.ended;
      const [time, ...rest] = output.split("\n");
      assertMatch(time!, /^Received: .* \d{4}$/);
      assertEquals(rest, [CLOSED, ""]);
      assertEquals(code, 0);
    },
  );
}
