import { assert, assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { test } from "../descriptors.ts";
import { blocks } from "../docs/blocks.ts";
import { ran, started } from "../scripts.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const FIXTURE = new URL("fixtures/exhausted.ts", import.meta.url).pathname;

/** A command that runs a program with few descriptors, from what is compiled already. */
async function limited(path: string, ...args: string[]): Promise<string[]> {
  await ran(Deno.execPath(), ["cache", "--quiet", `--config=${CONFIG}`, path]);
  const run = ["run", "--quiet", "--allow-ffi", "--allow-read"];
  return [
    "-c",
    'ulimit -n 60; exec "$0" "$@"',
    Deno.execPath(),
    ...run,
    `--config=${CONFIG}`,
    path,
    ...args,
  ];
}

const OUT = /^OSError: \[Errno 24\] Too many open files\n {4}at /;
// What reads libc's files says only that it did not find it.
const calls: [call: string, where: string, stack: RegExp][] = [
  ["accept", "", OUT],
  ["accept", "worker", OUT],
  ["acceptAsync", "", OUT],
  ["socket", "", OUT],
  ["socketpair", "", OUT],
  ["dup", "", OUT],
  ["epoll", "", OUT],
  ["pipe", "", OUT],
  ["recv_fds", "", OUT],
  ["recv_fds", "worker", OUT],
  ["getaddrinfo", "", /^gaierror: .*\n {4}at /],
  ["getaddrinfoAsync", "", /^gaierror: .*\n {4}at /],
  ["gethostbyaddr", "", /^herror: .*\n {4}at /],
  ["getservbyname", "", /^OSError: service\/proto not found\n {4}at /],
  ["if_nametoindex", "", /^OSError: no interface with this name\n {4}at /],
];

for (const [call, where, stack] of calls) {
  test(`${call}() out of descriptors raises an error whose stack can be read${where && " in a "}${where}`, async () => {
    const { code, output, errors } = await ran(
      "sh",
      await limited(FIXTURE, call, where),
    );
    assertEquals([code, errors], [0, ""]);
    assertMatch(output, stack);
  });
}

for (const what of ["socket", "epoll"]) {
  const lost = new URL("fixtures/lost.ts", import.meta.url).pathname;
  test(`A descriptor in reserve that was lost comes back when ${what} is closed`, async () => {
    const { errors, output } = await ran("sh", await limited(lost, what));
    assertEquals([errors, output], ["", "EMFILE\nEMFILE\n"]);
  });
}

test("A first wait that finds one descriptor where it needs two leaves it free", async () => {
  const lost = new URL("fixtures/lost.ts", import.meta.url).pathname;
  const { errors, output } = await ran("sh", await limited(lost, "wait"));
  assertEquals([errors, output], ["", "EMFILE\nopened\n"]);
});

test("README's server ends with OSError, not with a panic, when its descriptors run out", async () => {
  const { code: program } = blocks("README.md")[0]!;
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  const clients: socket.Socket[] = [];
  try {
    Deno.writeTextFileSync(
      path,
      program.replace("jsr:@iomux/py", "@iomux/py")
        .replace('["localhost", 10000]', '["127.0.0.1", 0]')
        .replace('port 10000"', 'port " + server.getsockname()![1]'),
    );
    const command = await limited(path);
    await using server = await started("README.md's server", "sh", command);
    // It may have ended before the last: that one is refused.
    for (let i = 0; i < 60; i++) {
      const client = socket.socket();
      clients.push(client);
      client.connect_ex(["127.0.0.1", server.port]);
    }
    await server.printed("[Errno 24] Too many open files");
    assert(!server.errors().includes("panicked"), server.errors());
  } finally {
    Deno.removeSync(path);
    clients.forEach((client) => client.close());
  }
});
