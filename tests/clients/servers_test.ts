import { assertEquals, assertMatch } from "@std/assert";
import { test } from "../descriptors.ts";
import { runScript, type Server, startServer } from "../scripts.ts";
import { Terminal } from "./terminal.ts";

const TIME = /^Received: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

function to({ host, port }: Server): string[] {
  return ["--host", host, "--port", String(port)];
}

/** The answers of servers to the lines `one` and `two`, after the greeting. */
const conversations: Array<[script: string, args: string[], output: string]> = [
  ["servers/echo.ts", [], "onetwo"],
  ["servers/accept.ts", [], "hello"],
  ["servers/receive.ts", [], "hello"],
  ["servers/split.ts", [], "helloresponseresponse"],
  ["servers/reply.ts", [], "hellooneresponsetworesponse"],
  ["servers/queue.ts", ["--pause", "0.02"], "onetwo"],
  ["servers/select.ts", [], "onetwo"],
  ["servers/epoll.ts", [], "onetwo"],
];

for (const [script, args, output] of conversations) {
  test(`prompt.ts talks to ${script}, several at once`, async () => {
    await using server = await startServer(script, args);
    const clients = Array.from(
      { length: 3 },
      () => runScript("clients/prompt.ts", to(server), "one\ntwo"),
    );
    for (const client of clients) {
      const ended = await client;
      assertEquals([ended.code, ended.errors], [0, ""]);
      // How many lines that is depends on how many pieces it comes in.
      assertEquals(ended.output.replaceAll("\n", ""), output);
    }
    if (output.startsWith("hello")) {
      const greeted = await runScript("clients/hello.ts", to(server));
      assertEquals(greeted, { code: 0, output: "hello\n", errors: "" });
    }
    assertEquals((await server.stop()).code, 0);
  });
}

for (const name of ["echo", "select", "epoll"]) {
  test(`parts.ts reads its answers from ${name}.ts`, async () => {
    await using server = await startServer(`servers/${name}.ts`);
    const { code, output } = await runScript("clients/parts.ts", to(server));
    assertEquals(code, 0);
    const received = [...output.matchAll(/received "(.*)"/g)].map(([, s]) => s);
    assertEquals(
      received.join(""),
      "This is the message. This is the message. " +
        "It will be sent It will be sent in parts.in parts.",
    );
    assertEquals((await server.stop()).code, 0);
  });
}

for (const name of ["poll", "select"]) {
  const script = `clients/${name}.ts`;

  test(`${name}.ts prints the times of delay.ts until it stops`, async () => {
    await using server = await startServer("servers/delay.ts", [
      "--interval",
      "0.2",
    ]);
    const clients = Array.from(
      { length: 3 },
      () => runScript(script, ["--port", String(server.port)]),
    );
    await server.printed(/(Got Connection[^]*){3}/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assertEquals((await server.stop()).code, 0);
    for (const client of clients) {
      const { code, output } = await client;
      const lines = output.trimEnd().split("\n");
      assertEquals(lines.pop(), "Remote end closed connection; exiting.");
      assertEquals(lines.length > 0, true);
      for (const line of lines) assertMatch(line, TIME);
      assertEquals(code, 0);
    }
  });

  test(`${name}.ts shows the times of delay.ts on a terminal`, async () => {
    await using server = await startServer("servers/delay.ts", [
      "--interval",
      "0.2",
    ]);
    await using terminal = new Terminal(script, [
      "--port",
      String(server.port),
    ]);
    await terminal.shows(({ rows }) => rows.length > 3 && TIME.test(rows[2]!));
    terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
    for (const row of terminal.screen.rows) assertMatch(row, TIME);
    assertEquals((await server.stop()).code, 0);
  });
}
