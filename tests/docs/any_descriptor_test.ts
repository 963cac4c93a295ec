import { assertEquals } from "@std/assert";
import { socket } from "@iomux/py";
import { type Ended, ran, WATCHDOG } from "../scripts.ts";
import { fenced } from "./blocks.ts";

const root = new URL("../../", import.meta.url).pathname;
const PAGE = "docs/any-descriptor.md";
const page = Deno.readTextFileSync(root + PAGE);

/** A program with the command that runs it, and what it prints. */
interface Program {
  readonly file: string;
  readonly command: string;
  readonly code: string;
  readonly output: string;
}

/** What is typed into a program once it has printed something. */
const conversations: Record<string, { after: string; say: string }> = {
  "cancel.ts": { after: "nothing typed yet", say: "hello\n" },
};

const all = fenced(PAGE);
const left_out = all.filter(({ info }) => info === "ts ignore").length;
// Each has its command right above, and its output right below.
const programs = all.flatMap(({ info, code, follows }, i): Program[] => {
  const above = all[i - 1], below = all[i + 1];
  const whole = info === "ts ignore" && follows && above?.info === "sh" &&
    below?.info === "text" && below.follows;
  if (!whole) return [];
  const file = /(\w+\.ts)\b[^|]*$/.exec(above.code)![1]!;
  return [{ file, command: above.code, code, output: below.code }];
});

/** A folder with the programs, where `deno` is this one and `jsr:@iomux/py` this package. */
function folder(...some: Program[]): { path: string } & Disposable {
  const path = Deno.makeTempDirSync();
  const imports = { "jsr:@iomux/py": `${root}mod.ts` };
  Deno.writeTextFileSync(`${path}/deno.json`, JSON.stringify({ imports }));
  for (const { file, code } of some) {
    Deno.writeTextFileSync(`${path}/${file}`, code);
  }
  Deno.mkdirSync(`${path}/bin`);
  Deno.symlinkSync(Deno.execPath(), `${path}/bin/deno`);
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Runs a command in a folder, as its page says. */
async function run(
  { command, file }: Program,
  path: string,
): Promise<Ended> {
  // Unlike a watchdog of ours, timeout(1) ends all that the shell has started
  const child = new Deno.Command("timeout", {
    args: ["-s", "KILL", String(WATCHDOG / 1000), "sh", "-c", command],
    cwd: path,
    env: {
      PATH: `${path}/bin:${Deno.env.get("PATH")}`,
      DENO_NO_PROMPT: "1",
      NO_COLOR: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const { after, say } = conversations[file] ?? { after: "", say: "" };
  let output = "", said = false;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (said || !output.includes(after)) continue;
    said = true;
    await writer.write(new TextEncoder().encode(say)).catch(() => {});
  }
  const { code } = await child.status;
  await writer.close().catch(() => {});
  return { code, output, errors: await errors };
}

Deno.test(`${PAGE} has a command and an output for each program that deno test --doc leaves out`, () => {
  assertEquals([programs.length, left_out > 0], [left_out, true]);
  const files = new Set(programs.map(({ file }) => file));
  assertEquals(files.size, left_out);
  for (const file of Object.keys(conversations)) files.delete(file);
  assertEquals(files.size, left_out - Object.keys(conversations).length);
});

Deno.test(`${PAGE}'s programs pass deno check`, async () => {
  using temporary = folder(...programs);
  const config = `--config=${temporary.path}/deno.json`;
  const files = programs.map(({ file }) => `${temporary.path}/${file}`);
  const { code, errors } = await ran(Deno.execPath(), [
    "check",
    "--quiet",
    config,
    ...files,
  ]);
  assertEquals([code, errors], [0, ""]);
});

for (const program of programs) {
  Deno.test(`${PAGE}: ${program.file} prints what the page says`, async () => {
    using temporary = folder(program);
    const { code, output, errors } = await run(program, temporary.path);
    assertEquals([code, output, errors], [0, program.output, ""]);
  });
}

Deno.test(`${PAGE} is right that Deno.serve ignores a descriptor`, async () => {
  const [sock, peer] = socket.socketpair();
  const options = { fd: sock.fileno(), hostname: "127.0.0.1", port: 0 };
  const server = Deno.serve(
    { ...options, onListen() {} },
    () => new Response(),
  );
  assertEquals([server.addr.hostname, server.addr.port > 0], [
    "127.0.0.1",
    true,
  ]);
  await server.shutdown();
  for (const s of [sock, peer]) s.close();
});

/** What is under a heading, as a link to it is written. */
const anchors = new Set(
  [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")
  ),
);

Deno.test(`${PAGE}'s links lead somewhere`, () => {
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
  assertEquals(links.length > 20, true);
  for (const link of links) {
    if (link.startsWith("#")) {
      assertEquals(anchors.has(link.slice(1)), true, link);
    } else Deno.statSync(`${root}docs/${link}`);
  }
});
