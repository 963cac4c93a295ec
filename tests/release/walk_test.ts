import { assert, assertEquals } from "@std/assert";
import { reserved_port } from "../ports.ts";
import { ran, type Server } from "../scripts.ts";
import { Registry } from "./registry.ts";
import { StrangerFolder } from "./stranger_folder.ts";

const root = new URL("../../", import.meta.url).pathname;
const page = Deno.readTextFileSync(`${root}docs/stranger.md`);

/** What is done at a fence of the page. */
interface Step {
  /** What stands behind its backquotes. */
  readonly info: string;
  readonly text: string;
  /** The file that the prose before it named last. */
  readonly file: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
}

function steps(): Step[] {
  const found: Step[] = [];
  const fences = /^```(.+)\n([^]*?)^```$/gm;
  for (const { 1: info, 2: text, index } of page.matchAll(fences)) {
    const before = page.slice(0, index);
    const file = [...before.matchAll(/`(\w+\.ts)`/g)].at(-1)?.[1] ?? "";
    const line = before.split("\n").length;
    found.push({ info: info!, text: text!, file, line });
  }
  assert(found.length > 15, "docs/stranger.md has lost its commands");
  return found;
}

// The page's ports may be taken on this machine: each stands for a free one.
const ports = new Map<string, ReturnType<typeof reserved_port>>();
function with_free_ports(text: string): string {
  // Without --port a script of the package takes its document's, 10000.
  const scripts =
    /^deno run .*\/(?:servers|clients)\/(?!.* --(?:port|help)).*$/gm;
  return text.replace(scripts, "$& --port 10000").replace(
    /\b1000\d\b/g,
    (port) => {
      if (!ports.has(port)) ports.set(port, reserved_port());
      return String(ports.get(port)!.port);
    },
  );
}

/** Any port that a client was given, and any time that was taken, reads alike. */
function alike(line: string): string {
  return line.replace(/\b\d{4,5}\b/g, "PORT").trim();
}

/** Lines of `shown` that `printed` lacks; a line may have more around it. */
function lacking(shown: string, printed: string): string[] {
  const lines = printed.split("\n").map(alike);
  return shown.split("\n").map(alike).filter((line) =>
    !lines.some((other) => other.includes(line))
  );
}

/** The working tree, without what is not needed to copy a server and to test `py/select`. */
async function copy_checkout(folder: string): Promise<void> {
  const parts = "deno.json mod.ts ffi py offline servers tests";
  const { code, errors } = await ran("sh", [
    "-c",
    `mkdir "$1" && cd "$0" && cp -r ${parts} "$1"`,
    root,
    folder,
  ]);
  assertEquals(code, 0, errors);
}

Deno.test("docs/stranger.md's commands work as typed", async (t) => {
  await using registry = new Registry();
  registry.add_std();
  await registry.publish();
  using stranger = new StrangerFolder(registry);
  await copy_checkout(`${stranger.path}/iomux`);
  await using servers = new AsyncDisposableStack();
  servers.defer(() => {
    for (const reserved of ports.values()) reserved[Symbol.dispose]();
  });

  let folder = stranger.path, printed = "", server: Server | null = null;
  for (const { info, text, file, line } of steps()) {
    const command = with_free_ports(text);
    const walked = await t.step(`line ${line}: ${info}`, async () => {
      if (info === "text") {
        if (server !== null) {
          await server.printed(with_free_ports(text));
          printed = server.output();
        }
        assertEquals(lacking(with_free_ports(text), printed), []);
      } else if (info === "ts ignore") {
        Deno.writeTextFileSync(`${folder}/${file}`, command);
      } else if (info === "sh server") {
        server = await stranger.start(command.trim().split(" "), folder);
        servers.use(server);
      } else {
        assert(info === "sh" || info === "sh fails", `what is ${info}?`);
        server = null;
        const script = `${command}pwd >"${stranger.path}/.folder"`;
        const ended = await stranger.run(["sh", "-ec", script], folder);
        printed = ended.output + ended.errors;
        assertEquals(ended.code === 0, info === "sh", printed);
        if (info === "sh fails") return;
        folder = Deno.readTextFileSync(`${stranger.path}/.folder`).trim();
      }
    });
    if (!walked) break; // what follows stands on it
  }
});
