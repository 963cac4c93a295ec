/**
 * The package as users get it: from a registry, in an empty folder.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { socket } from "../../mod.ts";
import { reserved_port } from "../ports.ts";
import { ran, type Server } from "../scripts.ts";
import { paste_pages } from "./pages.ts";
import { Registry, StrangerFolder } from "./registry.ts";

const root = new URL("../../", import.meta.url).pathname;
const read = (path: string) => Deno.readTextFileSync(root + path);

/** Published files that are not modules. */
const TEXTS = ["/CHANGELOG.md", "/LICENSE", "/README.md", "/deno.json"]
  // The marks of a trace link to this page.
  .concat("/docs/guide.md");

/** A module in the output of `deno info --json`. */
interface Module {
  readonly specifier: string;
  readonly error?: string;
}

Deno.test("@iomux/py as it is published", async (test) => {
  await using registry = new Registry();
  const { version, exports, files } = await registry.publish();
  using stranger = new StrangerFolder(registry);
  const { JSR_URL } = registry.environment;
  const base = `${JSR_URL}@iomux/py/${version}`;

  /** The modules that an entry point loads, by their addresses. */
  async function modules(entry: string): Promise<string[]> {
    const name = `jsr:@iomux/py${entry.slice(1)}`;
    const { code, output, errors } = await stranger.run(
      ["deno", "info", "--json", name],
    );
    assertEquals(code, 0, errors);
    const { modules } = JSON.parse(output) as { modules: Module[] };
    assertEquals(modules.filter(({ error }) => error !== undefined), []);
    return modules.map(({ specifier }) => specifier);
  }

  const loaded = new Map<string, string[]>();
  for (const entry of Object.keys(exports)) {
    loaded.set(entry, await modules(entry));
  }

  await test.step("publishes one package, without the stand-ins for @std", () => {
    assertEquals(registry.uploaded, ["@iomux/py"]);
  });

  await test.step("contains the files that users load or read, and no others", () => {
    const used = new Set(TEXTS);
    for (const specifier of [...loaded.values()].flat()) {
      if (specifier.startsWith(base)) used.add(specifier.slice(base.length));
    }
    const packed = new Set(files.keys());
    assertEquals({
      unused: [...packed.difference(used)],
      missing: [...used.difference(packed)],
    }, { unused: [], missing: [] });
  });

  await test.step("imports nothing for the library, and @std for scripts", () => {
    for (const [entry, specifiers] of loaded) {
      const script = /^\.\/(servers\/|clients\/|cli$)/.test(entry);
      const foreign = specifiers.filter((specifier) =>
        !specifier.startsWith(base) &&
        !(script && specifier.startsWith(`${JSR_URL}@std/`)) &&
        // The stand-ins import node: modules; the genuine @std does not.
        !(script && specifier.startsWith("node:"))
      );
      assertEquals(foreign, [], entry);
    }
  });

  await test.step("asks for @std by a range, not by a stand-in's version", () => {
    const decoder = new TextDecoder();
    for (const [path, bytes] of files) {
      if (!path.endsWith(".ts")) continue;
      const code = decoder.decode(bytes);
      for (const [, name] of code.matchAll(/from "(jsr:[^"]*)"/g)) {
        if (name!.startsWith("jsr:@iomux/py")) continue; // in an example
        assert(/^jsr:\/?@std\/[a-z]+@\^1\//.test(name!), `${path}: ${name}`);
      }
    }
  });

  await test.step("has its version's changes in CHANGELOG.md", () => {
    const changes = new TextDecoder().decode(files.get("/CHANGELOG.md"));
    assertStringIncludes(changes, `\n## ${version}`);
  });

  await test.step("runs a program with types checked in an empty folder", async () => {
    const program = `${root}tests/release/stranger.ts`;
    Deno.copyFileSync(program, `${stranger.path}/stranger.ts`);
    const { code, output, errors } = await stranger.run(
      ["deno", "run", "--quiet", "--check", "--allow-ffi", "stranger.ts"],
    );
    assertEquals({ code, output, errors }, {
      code: 0,
      output: "fine\n",
      errors: "",
    });
  });

  await test.step("runs its scripts by name", async () => {
    const readme = new TextDecoder().decode(files.get("/README.md"));
    for (const entry of Object.keys(exports)) {
      if (!/^\.\/(servers|clients)\//.test(entry)) continue;
      const script = `jsr:@iomux/py${entry.slice(1)}`;
      const { code, output, errors } = await stranger.run(
        ["deno", "run", "--quiet", "--allow-ffi", script, "--help"],
      );
      assertEquals([code, errors], [0, ""], entry);
      assertStringIncludes(output, "--port");
      // The table of servers has the default address of each.
      const [host, port] = ["HOST", "PORT"].map((name) =>
        new RegExp(`${name} .*\\(default (\\S+)\\)`).exec(output)![1]
      );
      const name = `\`${exports[entry]!.slice(2)}\``;
      const row = readme.split("\n").find((line) =>
        line.startsWith(`| ${name}`)
      );
      if (name.startsWith("`servers/")) {
        assertStringIncludes(row!, ` ${host}:${port} `);
      }
    }
  });

  await test.step("is a project's dependency after deno add", async () => {
    const project = `${stranger.path}/project`;
    Deno.mkdirSync(project);
    const program =
      'import { errno } from "@iomux/py";\nconsole.log(errno.EPERM);';
    Deno.writeTextFileSync(`${project}/main.ts`, program);
    const script = "deno add --quiet jsr:@iomux/py && deno run --quiet main.ts";
    const { code, output, errors } = await stranger.run(
      ["sh", "-c", script],
      project,
    );
    assertEquals([code, output], [0, "1\n"], errors);
  });

  await test.step("traces a program that imports it by name", async () => {
    const program = `import { socket } from "jsr:@iomux/py";
for (const sock of socket.socketpair()) sock.close();`;
    Deno.writeTextFileSync(`${stranger.path}/traced.ts`, program);
    const preload = "--preload=jsr:@iomux/py/trace";
    const { code, output, errors } = await stranger.run(
      ["deno", "run", "--quiet", "--allow-ffi", preload, "traced.ts"],
    );
    assertEquals(code, 0, errors);
    assertStringIncludes(output + errors, "socketpair(");
  });

  await paste_pages(test, stranger);

  for (const more of [[], ["--workers", "2"]]) {
    const name = ["servers/echo", ...more].join(" ");
    const grants = more.length > 0
      ? ["--allow-ffi", "--allow-read"]
      : ["--allow-ffi"];
    await test.step(`serves echo to a client: ${name}`, async () => {
      await using server = await stranger.start([
        ...["deno", "run", "--quiet", ...grants],
        ...["jsr:@iomux/py/servers/echo", "--port", "0", ...more],
      ]);
      using client = socket.create_connection([server.host, server.port], 20);
      const sent = new TextEncoder().encode("hello");
      client.sendall(sent);
      // A blocking call would stop the registry, and a worker may need it.
      assertEquals(await client.recvAsync(1024), sent);
      client.close();
      const { code, errors } = await server.stop();
      assertEquals([code, errors], [0, ""]);
    });
  }
});

/** A fenced block of docs/stranger.md. */
interface Step {
  /** The words behind the opening backquotes. */
  readonly info: string;
  readonly text: string;
  /** The last file that the prose before it names. */
  readonly file: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
}

function steps(): Step[] {
  const page = read("docs/stranger.md");
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

// The page's ports may be in use on this machine: each stands for a free one.
const ports = new Map<string, ReturnType<typeof reserved_port>>();
function with_free_ports(text: string): string {
  // Without --port, a script of the package uses its document's port, 10000.
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

/** Replaces ports and times, which differ from run to run. */
function alike(line: string): string {
  return line.replace(/\b\d{4,5}\b/g, "PORT").trim();
}

/** The lines of `shown` that no line of `printed` contains. */
function lacking(shown: string, printed: string): string[] {
  const lines = printed.split("\n").map(alike);
  return shown.split("\n").map(alike).filter((line) =>
    !lines.some((other) => other.includes(line))
  );
}

/** Copies the folders that the page uses: to copy a server, and to test `py/select`. */
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

Deno.test("docs/stranger.md's commands work as typed", async (test) => {
  await using registry = new Registry();
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
    const walked = await test.step(`line ${line}: ${info}`, async () => {
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
    if (!walked) break; // the next steps depend on it
  }
});

const publish = read(".github/workflows/publish.yml");

/** The jobs of the workflow, each with its text. */
const jobs = publish.slice(publish.indexOf("\njobs:\n")).split(/\n {2}(?=\w)/)
  .slice(1);

/** The commands that a job runs, one line each. */
function commands(job: string): string[] {
  return [...job.matchAll(/^ +(?:- )?run: (?!\|)(.+)$/gm)].map(([, line]) =>
    line!
  );
}

Deno.test("publish.yml uses actions by their commits", () => {
  const used = [...publish.matchAll(/uses: (\S+)/g)].map(([, action]) =>
    action!
  );
  for (const action of used) assertMatch(action, /@[0-9a-f]{40}$/);
  assertEquals(used.length > 0, true);
});

Deno.test("publish.yml grants the permission to release to a job that only releases", () => {
  assertMatch(publish, /^permissions: \{\}$/m);
  const able = jobs.filter((job) => /: write\b/.test(job));
  assertEquals(able.length, 1);
  assertEquals(commands(able[0]!), [
    "npm ci --ignore-scripts --prefix .ci/release",
    ".ci/release/node_modules/@deno/linux-x64-glibc/deno publish",
  ]);
  // It releases the commit that was tested.
  assertMatch(able[0]!, /needs: gate\n/);
  assertMatch(able[0]!, /ref: \$\{\{ github\.sha \}\}/);
});

Deno.test("deno.lock and .ci/release lock every package by its checksum", () => {
  const { npm } = JSON.parse(read("deno.lock"));
  const lock = JSON.parse(read(".ci/release/package-lock.json"));
  const { "": _own, ...packages } = lock.packages;
  const locked = [npm, packages].flatMap<{ integrity: string }>(Object.values);
  for (const { integrity } of locked) assertMatch(integrity, /^sha512-/);
});
