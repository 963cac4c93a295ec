/**
 * The pages of `docs/`: their links, the files and tests that they name, and their programs.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { socket } from "@iomux/py";
import net from "node:net";
import tls from "node:tls";
import { layers, way } from "../../docs/pictures/draw.ts";
import { test } from "../descriptors.ts";
import { python3, ran, without_python3 } from "../scripts.ts";
import { scripts } from "../servers/catalogue.ts";
import { blocks, cheat_sheet_lines, run_block } from "./blocks.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** Every page in English, from the root of the repository. */
const pages = ["", "docs/"].flatMap((folder) =>
  [...Deno.readDirSync(new URL(folder, root))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => folder + name)
);

/** A page without its fenced blocks. */
function prose(page: URL | string): string {
  return Deno.readTextFileSync(new URL(page, root))
    .replace(/^```[^]*?^```$/gm, "");
}

/** The headings of a page, in the form of a link. */
function anchors(page: URL): Set<string> {
  const headings = prose(page).matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(
        " ",
        "-",
      )
    ),
  );
}

for (const page of pages) {
  Deno.test(`${page} links to files and headings that exist`, () => {
    const base = new URL(page, root);
    for (const [, link] of prose(base).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const target = new URL(link!, base);
      const anchor = target.hash.slice(1);
      target.hash = "";
      Deno.statSync(target);
      if (anchor !== "") assert(anchors(target).has(anchor), link);
    }
  });
}

/** The table "Side by side": the code that it quotes from each script. */
function places(): Map<string, string[]> {
  const [, section] = /## Side by side\n([^]*?)\n## /.exec(
    read("docs/documents.md"),
  )!;
  // A bar within a cell is written with a backslash.
  const rows = section!.matchAll(/^\| `(servers\/\w+\.ts)` +\| (.+?) +\| /gm);
  return new Map([...rows].map(([, script, cell]) => [
    script!,
    [...cell!.matchAll(/`(.+?)`/g)].map(([, code]) =>
      code!.replaceAll("\\|", "|")
    ),
  ]));
}

Deno.test("docs/documents.md quotes code of every server", () => {
  const found = places();
  assertEquals([...found.keys()].toSorted(), scripts.toSorted());
  for (const [script, codes] of found) {
    assert(codes.length >= 2, script);
    const source = read(script);
    assertEquals(codes.filter((code) => !source.includes(code)), [], script);
  }
});

const old = Deno.version.deno.startsWith("2.8.");

for (const [name, draw] of Object.entries({ layers, way })) {
  const path = `docs/pictures/${name}.svg`;
  const title = `${path} is what docs/pictures/draw.ts draws`;
  Deno.test({
    name: title + (old ? " (ignored: deno fmt 2.8 takes no SVG)" : ""),
    ignore: old,
    fn: async () => {
      const fmt = ["fmt", "--ext=svg", "-"];
      const { output } = await ran(Deno.execPath(), fmt, draw());
      assertEquals(read(path), output, "run docs/pictures/draw.ts");
    },
  });

  Deno.test(`${path} is in ARCHITECTURE.md`, () => {
    assertStringIncludes(read("ARCHITECTURE.md"), `](${path})`);
  });
}

/** The folders of the repository, without hidden and ignored ones. */
const ignored = new Set(read(".gitignore").split("\n"));
const folders = [...Deno.readDirSync(root)]
  .filter(({ name, isDirectory }) =>
    isDirectory && !name.startsWith(".") && !ignored.has(`${name}/`)
  ).map(({ name }) => `${name}/`).toSorted();

const spans = (text: string) =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);

/** The paths that a page names: in backquotes, a link, or a command. */
function paths_of(page: string): string[] {
  const text = prose(page);
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to!);
  const commands = [...read(page).matchAll(/^```sh\n([^]*?)^```$/gm)]
    .flatMap(([, command]) => command!.split(/\s+/));
  const looks = /^[\w.-]+\/([\w.-]+\/?)*$|^[\w.-]+\.(ts|md|json)$/;
  return [...new Set([...spans(text), ...links, ...commands])]
    .filter((path) => looks.test(path));
}

/** The names in sentences such as "As `os.pread` would be added." */
function examples_of(page: string): string[] {
  return [...read(page).matchAll(/^As `(.*?)` would be added/gm)]
    .map(([, name]) => /(\w+)(\.ts)?$/.exec(name!)![1]!);
}

for (const page of ["CONTRIBUTING.md", "ARCHITECTURE.md"]) {
  Deno.test(`${page} names files and folders that exist`, () => {
    const examples = examples_of(page);
    const is_example = (path: string) =>
      examples.some((name) => path.includes(`/${name}`));
    const [made_up, named] = [true, false].map((which) =>
      paths_of(page).filter((path) => is_example(path) === which)
    ) as [string[], string[]];
    assert(named.length > 5);
    for (const path of named) Deno.statSync(new URL(path, root));
    // An example that has been added since must be replaced.
    for (const path of made_up) {
      assertThrows(
        () => Deno.statSync(new URL(path, root)),
        Deno.errors.NotFound,
        undefined,
        path,
      );
    }
  });
}

for (const page of [...pages, "bench/README.md"]) {
  if (examples_of(page).length > 0) continue;
  Deno.test(`${page} names paths of the repository that exist`, () => {
    const paths = spans(prose(page)).filter((path) =>
      /^[\w./-]+$/.test(path) &&
      folders.some((folder) => path.startsWith(folder))
    );
    for (const path of paths) Deno.statSync(new URL(path, root));
  });
}

Deno.test("CONTRIBUTING.md has every folder in its layout", () => {
  const rows = [...read("CONTRIBUTING.md").matchAll(/^\| (`.*?) \|/gm)];
  const named = rows.flatMap(([, cell]) => spans(cell!))
    .filter((path) => path.endsWith("/"));
  assertEquals(named.toSorted(), folders);
});

const reliability = read("docs/reliability.md");

Deno.test("docs/reliability.md names existing tests", () => {
  const named = [
    ...reliability.matchAll(/`([\w/]+_test\.ts)`(?: › (.*?) +\|)?/g),
  ];
  assertGreater(named.length, 40);
  for (const [, path, name = ""] of named) {
    assertStringIncludes(read(path!), name, path);
  }
});

Deno.test("docs/reliability.md has a test for each trouble", () => {
  const section = reliability.split("\n## ").find((text) =>
    text.startsWith("Troubles of other event loops")
  )!;
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  assertGreater(rows.length, 15);
  for (const row of rows.slice(2)) assert(/_test\.ts` › \S/.test(row), row);
});

const GUIDE = "docs/guide.md";
const guide = read(GUIDE);

/** The number of blocks that `deno test --doc` skips. */
const left_out = [...guide.matchAll(/^```ts ignore$/gm)].length;
const with_command = blocks(GUIDE).filter(({ command }) => command !== null);

Deno.test("docs/guide.md shows a command for each program that deno test --doc skips", () => {
  assertEquals(with_command.length, left_out);
});

for (const block of with_command) {
  Deno.test(`docs/guide.md:${block.line} runs by ${block.command}`, async () => {
    const { code, errors } = await run_block(block);
    assertEquals([code, errors], [0, ""]);
  });
}

for (const [, program] of guide.matchAll(/^```python\n(.*?)^```$/gms)) {
  const line = guide.slice(0, guide.indexOf(program!)).split("\n").length - 1;
  Deno.test({
    name: `docs/guide.md:${line} runs in Python${without_python3}`,
    ignore: !python3,
    async fn() {
      const ended = await ran("python3", ["-c", program!]);
      assertEquals([ended.code, ended.errors], [0, ""]);
    },
  });
}

// tests/release/published_test.ts checks the TypeScript of the cheat sheet.
Deno.test({
  name: `docs/cheatsheet.md has Python that compiles${without_python3}`,
  ignore: !python3,
  async fn() {
    const sources = cheat_sheet_lines().map(([python]) => {
      // Complete a statement of which the line has the first or the last part.
      if (python.startsWith("try:")) return `${python}\nfinally: pass`;
      return python.startsWith("except") ? `try: pass\n${python}` : python;
    });
    assert(sources.length > 40);
    const script = [
      "import ast, json, sys",
      "flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT",
      "for source in json.loads(sys.argv[1]):",
      "    compile(source, source, 'exec', flags)",
    ].join("\n");
    const { code, errors } = await ran("python3", [
      "-c",
      script,
      JSON.stringify(sources),
    ]);
    assertEquals(code, 0, errors);
  },
});

Deno.test("docs/any-descriptor.md: Deno.serve() ignores a descriptor", async () => {
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

const openssl = await ran("openssl", ["version"])
  .then(({ code }) => code === 0, () => false);

Deno.test({
  name: "docs/porting.md: node:tls takes over a connected socket" +
    (openssl ? "" : " (ignored: no openssl here)"),
  ignore: !openssl,
  async fn() {
    const folder = Deno.makeTempDirSync();
    const [key_file, cert_file] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    const request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=a " +
      `-addext subjectAltName=DNS:localhost -keyout ${key_file} -out ${cert_file}`;
    const { code, errors } = await ran("openssl", request.split(" "));
    assertEquals(code, 0, errors);
    const cert = Deno.readTextFileSync(cert_file);
    const key = Deno.readTextFileSync(key_file);
    Deno.removeSync(folder, { recursive: true });

    const address = { hostname: "127.0.0.1", port: 0 };
    using listener = Deno.listenTls({ ...address, cert, key });
    const s = socket.create_connection(["127.0.0.1", listener.addr.port]);
    const client = tls.connect({
      socket: new net.Socket({ fd: s.detach() } as net.SocketConstructorOpts),
      servername: "localhost",
      ca: cert,
    });
    const answer = new Promise((resolve) => client.on("data", resolve));
    const closed = new Promise((resolve) => client.on("close", resolve));
    client.write("hello");
    const conn = await listener.accept();
    const data = new Uint8Array(16);
    assertEquals(await conn.read(data), 5);
    await conn.write(data.subarray(0, 5));
    assertEquals(String(await answer), "hello");
    client.end();
    assertEquals(await conn.read(data), null);
    conn.close();
    await closed;
  },
});

const security = read("docs/security.md");
const [granted, refused] = blocks("docs/security.md");

test("docs/security.md: with --allow-ffi a program reads a file, whatever is denied", async () => {
  const { code, output } = await run_block(granted!);
  assertEquals(code, 0);
  assertEquals(output, Deno.readTextFileSync("/etc/hostname"));
});

test("docs/security.md: --deny-net refuses what its program prints", async () => {
  const { code, output } = await run_block(refused!);
  assertEquals(code, 0);
  const [, said] = /\/\/ (NotCapable: .*)/.exec(refused!.code)!;
  assertEquals(output, said + "\n");
});

const unit = /```ini\n([^]*?)```/.exec(security)![1]!;
const systemd = await ran("systemd-analyze", ["--version"])
  .then(({ code }) => code === 0, () => false);

Deno.test({
  name: "docs/security.md: systemd accepts the unit without a warning" +
    (systemd ? "" : " (ignored: no systemd-analyze here)"),
  ignore: !systemd,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      // systemd checks that the binary exists.
      const found = unit.replace("/usr/local/bin/deno", Deno.execPath());
      const path = `${folder}/iomux-echo.service`;
      Deno.writeTextFileSync(path, found);
      const { output, errors } = await ran("systemd-analyze", ["verify", path]);
      // It may warn of other units of the machine.
      const lines = (output + errors).split("\n");
      assertEquals(lines.filter((line) => line.includes("iomux-echo")), []);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

test("docs/security.md has each limit of the unit in its table", () => {
  const limits = /^(LimitNOFILE|MemoryMax|TasksMax|CPUQuota)/gm;
  for (const [limit] of unit.matchAll(limits)) {
    assertMatch(security, new RegExp(`^\\| [^|]*\`${limit}\``, "m"));
  }
});
