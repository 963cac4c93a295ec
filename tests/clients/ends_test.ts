import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { test } from "../descriptors.ts";
import { reserved_port } from "../ports.ts";
import { check_without_sockets, ran, run_args, runScript } from "../scripts.ts";
import { Peer, piped } from "./peer.ts";

const defaults: Record<string, [host: string, port: number]> = {
  parts: ["localhost", 10000],
  hello: ["127.0.0.1", 9999],
  prompt: ["127.0.0.1", 9999],
  poll: ["localhost", 51423],
  select: ["localhost", 51423],
};

for (const [name, [host, port]] of Object.entries(defaults)) {
  const script = `clients/${name}.ts`;

  test(`${name}.ts reports a refused connection in one line, and exits with 1`, async () => {
    using reserved = reserved_port();
    const args = ["--host", "127.0.0.1", "--port", String(reserved.port)];
    const { code, errors } = await runScript(script, args);
    const where = `127.0.0.1 port ${reserved.port}`;
    assertEquals(errors, `cannot connect to ${where}: Connection refused\n`);
    assertEquals(code, 1);
  });

  test(`${name}.ts reports an unknown host in one line`, async () => {
    const args = ["--host", "no such host"];
    const { code, errors } = await runScript(script, args);
    assertMatch(errors, /^cannot connect to no such host port \d+: .+\n$/);
    assertEquals(code, 1);
  });

  test(`${name}.ts reports in one line that it cannot make a socket`, async () => {
    await check_without_sockets(script);
  });

  test(`${name}.ts reports a reset by the server in one line, and exits with 1`, async () => {
    using peer = new Peer();
    const running = runScript(script, peer.args, "line\n");
    // Before the first message; parts.ts has two connections.
    (await peer.accept()).reset();
    using _ = name === "parts" ? await peer.accept() : null;
    const { code, errors } = await running;
    assertMatch(errors, /^.*Connection reset by peer\]?\n$/);
    assertEquals(code, 1);
  });

  test(`${name}.ts reports in one line that it cannot write, and exits with 1`, async () => {
    using peer = new Peer();
    const run = [Deno.execPath(), ...run_args(script, peer.args)];
    const ended = ran("sh", ["-c", 'exec "$0" "$@" >/dev/full', ...run]);
    // parts.ts prints before it connects, the others what arrives, or that the server closes.
    if (name !== "parts") {
      using connection = await peer.accept();
      if (name === "prompt") connection.send("hello\n");
    }
    const { code, errors } = await ended;
    assertMatch(errors, /^cannot write: No space left on device .*\n$/);
    assertEquals(code, 1);
  });

  test(`${name}.ts reports wrong flags in one line`, async () => {
    for (const args of [["--port", "65536"], ["--nonsense"], ["--host="]]) {
      const { code, output, errors } = await runScript(script, args);
      assertMatch(errors, new RegExp(`^${script}: .+\n$`));
      assertEquals([code, output], [1, ""]);
    }
  });

  test(`${name}.ts --help shows its document's host and port`, async () => {
    const { code, output } = await runScript(script, ["--help"]);
    assertStringIncludes(output, `usage: deno run --allow-ffi ${script}`);
    assertStringIncludes(output, `(default ${host})`);
    assertStringIncludes(output, `(default ${port})`);
    assertEquals(code, 0);
  });
}

// hello.ts ends after a silence, which a busy machine makes between two pieces.
const preload = new URL("patient.ts", import.meta.url).pathname;
const pipe = piped("clients/hello.ts", "", [], preload);

pipe.test("hello.ts prints the greeting, and closes in order", async ({ connection, ended }) => {
  connection.send("hello");
  assertEquals(await connection.rest(), "");
  assertEquals(await ended, { code: 0, output: "hello\n", errors: "" });
});

pipe.test("hello.ts prints all of a greeting that arrives in pieces", async ({ connection, ended }) => {
  await connection.send_bytes("grüß dich\n", 10);
  assertEquals((await ended).output, "grüß dich\n");
});

for (const greeting of ["", "hello"]) {
  pipe.test(`hello.ts says that the server closes after "${greeting}"`, async ({ connection, ended }) => {
    connection.send(greeting);
    connection.close();
    const { code, output } = await ended;
    const closed = "Remote end closed connection; exiting.\n";
    assertEquals(output, (greeting && greeting + "\n") + closed);
    assertEquals(code, 0);
  });
}

pipe.test("hello.ts escapes control characters from the network", async ({ connection, ended }) => {
  connection.send("\x1b]0;title\x07two\nlines");
  assertEquals((await ended).output, "\\x1b]0;title\\x07two\nlines\n");
});
