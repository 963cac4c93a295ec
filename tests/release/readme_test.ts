import { assert, assertEquals } from "@std/assert";
import { socket } from "../../mod.ts";
import { blocks } from "../docs/blocks.ts";
import { reserved_port } from "../ports.ts";
import { runScript, started, startServer } from "../scripts.ts";

const root = new URL("../../", import.meta.url).pathname;
const PAGES = ["README.md", "README.zh-CN.md"];
const read = (page: string) => Deno.readTextFileSync(root + page);

/** The fenced blocks of a page, both commands and programs. */
function fenced(page: string): string[] {
  return [...read(page).matchAll(/^```\w+.*\n([^]*?)^```$/gm)]
    .map(([, text]) => text!);
}

/** The targets of a page's links and pictures within the repository. */
function links(page: string): string[] {
  return [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !target.startsWith("http")).sort();
}

for (const page of PAGES) {
  Deno.test(`${page} opens with the two commands`, () => {
    assertEquals(fenced(page).slice(0, 2), [
      "npx -y deno@2.9.6 run --allow-ffi servers/echo.ts\n",
      "npx -y deno@2.9.6 task test\n",
    ]);
  });

  Deno.test(`${page} has every flag of servers/echo.ts`, async () => {
    const { output: help } = await runScript("servers/echo.ts", ["--help"]);
    const flags = [...help.matchAll(/^ +(--[a-z-]+)/gm)].map(([, flag]) =>
      flag!
    );
    assert(flags.length > 5, help);
    const common = ["--host", "--port", "--help"];
    const text = read(page);
    for (const flag of flags) {
      if (common.includes(flag)) continue;
      assert(text.includes("`" + flag), `${flag} is missing`);
    }
  });
}

Deno.test("README.md has a server that answers", async () => {
  const { code } = blocks("README.md")[0]!;
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  using stack = new DisposableStack();
  stack.defer(() => Deno.removeSync(path));
  using reserved = reserved_port();
  const { port } = reserved;
  Deno.writeTextFileSync(path, code.replaceAll("10000", String(port)));
  const run = ["run", "--quiet", `--config=${root}deno.json`];
  await using _server = await started("README.md", Deno.execPath(), [
    ...run,
    "--allow-ffi",
    path,
  ]);
  for (const text of ["hello", "你好"]) {
    using client = socket.create_connection(["localhost", port], 20);
    const sent = new TextEncoder().encode(text);
    client.sendall(sent);
    client.shutdown(socket.SHUT_WR);
    assertEquals(client.recv(1024), sent);
    assertEquals(client.recv(1024).length, 0, "it does not close");
  }
});

Deno.test("servers/echo.ts prints the session in README.md", async () => {
  const [, session] = /^```text\n([^]*?)^```$/m.exec(read("README.md"))!;
  const alike = (text: string) =>
    text.replace(/\b\d{5}\b/g, "PORT").replaceAll("127.0.0.1", "localhost");
  await using server = await startServer("servers/echo.ts");
  using client = socket.create_connection(["localhost", server.port], 20);
  client.sendall(new TextEncoder().encode("hello 你好"));
  client.shutdown(socket.SHUT_WR);
  while ((await client.recvAsync(1024)).length > 0);
  const { output } = await server.stop("SIGINT");
  assertEquals(alike(output), alike(session!));
});

Deno.test("README.zh-CN.md has the programs and the links of README.md", () => {
  const [english, chinese] = PAGES.map(fenced);
  assertEquals(chinese, english);
  // Besides, each links to the other.
  const [from_english, from_chinese] = PAGES.map((page) =>
    links(page).filter((target) => !target.startsWith("README"))
  );
  assertEquals(new Set(from_chinese), new Set(from_english));
});

Deno.test("docs/pictures/session.svg shows a server and its client", () => {
  const svg = read("docs/pictures/session.svg");
  for (const words of ["servers/echo.ts", "new connection", "clients/"]) {
    assert(svg.includes(words), words);
  }
  assert(svg.includes("prefers-color-scheme: dark"));
  assert(!svg.includes("\x1b"), "an escape sequence is left");
});
