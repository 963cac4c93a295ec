import { assertEquals, assertMatch } from "@std/assert";
import { test } from "../descriptors.ts";
import {
  python3,
  runScript,
  type Server,
  started,
  without_python3,
} from "../scripts.ts";

const folder = new URL("../documents/", import.meta.url).pathname;

/** Starts a document's server as it is in Python. */
function start(name: string): Promise<Server> {
  return started(name, "python3", ["-u", folder + name, "0"]);
}

function python_test(name: string, fn: () => Promise<void>): void {
  const full = `${name} in Python${without_python3}`;
  if (python3) test(full, fn);
  else Deno.test.ignore(full, () => {});
}

python_test(
  "parts.ts reads its answers from document 000's server",
  async () => {
    await using server = await start("000_server.py");
    const args = ["--port", String(server.port)];
    const { code, output } = await runScript("clients/parts.ts", args);
    assertEquals(code, 0);
    assertEquals(output.match(/received "in parts\."/g)?.length, 2);
  },
);

/** The answers of servers to the lines `one` and `two`, and what they print. */
const conversations: Array<[name: string, output: string, printed: string]> = [
  ["001_accept_server.py", "hello", "socket"],
  ["001_receive_server.py", "hello", "b'two'"],
  ["001_split_server.py", "helloresponseresponse", ""],
  ["001_reply_server.py", "hellooneresponsetworesponse", "[b'two']"],
  ["004_select_server.py", "onetwo", "received b'two'"],
  ["004_epoll_server.py", "", "recv:b'two'"],
];

for (const [name, output, printed] of conversations) {
  python_test(`prompt.ts talks to ${name}, two at once`, async () => {
    await using server = await start(name);
    // Most of them never close: wait for their answers only.
    const args = ["--port", String(server.port), "--wait", "0.5"];
    const clients = Array.from(
      { length: 2 },
      () => runScript("clients/prompt.ts", args, "one\ntwo\n"),
    );
    for (const client of clients) {
      const ended = await client;
      assertEquals([ended.code, ended.errors], [0, ""]);
      assertEquals(ended.output.replaceAll("\n", ""), output);
    }
    await server.printed(printed);
    if (output.startsWith("hello")) {
      const greeted = await runScript("clients/hello.ts", args.slice(0, 2));
      assertEquals(greeted, { code: 0, output: "hello\n", errors: "" });
    }
  });
}

for (const name of ["poll", "select"]) {
  python_test(
    `${name}.ts prints the time of document 002's server`,
    async () => {
      await using server = await start("002_delay_server.py");
      const args = ["--port", String(server.port)];
      const running = runScript(`clients/${name}.ts`, args);
      await server.printed("Got Connection from");
      await new Promise((resolve) => setTimeout(resolve, 200));
      await server.stop("SIGKILL");
      const { code, output } = await running;
      assertMatch(
        output,
        /^Received: .* \d{4}\nRemote end closed connection; exiting\.\n$/,
      );
      assertEquals(code, 0);
    },
  );
}
