import { assert, assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { test } from "../descriptors.ts";
import { blocks } from "../docs/blocks.ts";
import { limited, ran, started } from "../scripts.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const FIXTURE = new URL("fixtures/exhausted.ts", import.meta.url).pathname;

/** Arguments of sh that run a cached program with few descriptors. */
async function few(path: string, ...args: string[]): Promise<string[]> {
  await ran(Deno.execPath(), ["cache", "--quiet", `--config=${CONFIG}`, path]);
  const run = ["run", "--quiet", "--allow-ffi", "--allow-read"];
  return [
    "-c",
    limited(60),
    Deno.execPath(),
    ...run,
    `--config=${CONFIG}`,
    path,
    ...args,
  ];
}

const OUT = /^OSError: \[Errno 24\] Too many open files\n {4}at /;
// Calls that read libc's files report only that nothing was found.
const calls: [call: string, where: string, stack: RegExp][] = [
  ["accept", "", OUT],
  ["accept", "worker", OUT],
  ["acceptAsync", "", OUT],
  ["socket", "", OUT],
  ["socketpair", "", OUT],
  ["dup", "", OUT],
  ["fromfd", "", OUT],
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
      await few(FIXTURE, call, where),
    );
    assertEquals([code, errors], [0, ""]);
    assertMatch(output, stack);
  });
}

const LOST = new URL("fixtures/lost.ts", import.meta.url).pathname;
for (
  const [name, closed, printed] of [
    [
      "close_fd() of a socket refills a reserve that was lost",
      "socket",
      "EMFILE",
    ],
    [
      "close_fd() of an epoll refills a reserve that was lost",
      "epoll",
      "EMFILE",
    ],
    [
      "Socket.recvAsync() that first needs two descriptors leaves the last one free",
      "wait",
      "opened",
    ],
  ] as const
) {
  test(name, async () => {
    const { errors, output } = await ran("sh", await few(LOST, closed));
    assertEquals([errors, output], ["", `EMFILE\n${printed}\n`]);
  });
}

test("Socket.accept() of README's server raises OSError, without a panic, when its descriptors run out", async () => {
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
    const command = await few(path);
    await using server = await started("README.md's server", "sh", command);
    // The server may have ended before the last client connects.
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
