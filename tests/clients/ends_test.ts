import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { test } from "../descriptors.ts";
import { runScript } from "../scripts.ts";
import { Peer } from "./peer.ts";

const defaults: Record<string, [host: string, port: number]> = {
  parts: ["localhost", 10000],
  hello: ["127.0.0.1", 9999],
  prompt: ["127.0.0.1", 9999],
  poll: ["localhost", 51423],
  select: ["localhost", 51423],
};

for (const [name, [host, port]] of Object.entries(defaults)) {
  const script = `clients/${name}.ts`;

  test(`${name}.ts says in one line that it was refused, and exits with 1`, async () => {
    let args: string[];
    {
      using gone = new Peer();
      args = gone.args;
    }
    const { code, errors } = await runScript(script, args);
    assertEquals(
      errors,
      `cannot connect to 127.0.0.1 port ${args[3]}: Connection refused\n`,
    );
    assertEquals(code, 1);
  });

  test(`${name}.ts says in one line that it knows no such host`, async () => {
    const { code, errors } = await runScript(script, [
      "--host",
      "no such host",
    ]);
    assertMatch(errors, /^cannot connect to no such host port \d+: .+\n$/);
    assertEquals(code, 1);
  });

  test(`${name}.ts says in one line that the server reset, and exits with 1`, async () => {
    using peer = new Peer();
    const running = runScript(script, peer.args, "line\n");
    // Before a word was said: parts.ts has two connections.
    (await peer.accept()).reset();
    using _ = name === "parts" ? await peer.accept() : null;
    const { code, errors } = await running;
    assertMatch(errors, /^.*Connection reset by peer\]?\n$/);
    assertEquals(code, 1);
  });

  test(`${name}.ts says in one line what is wrong with its flags`, async () => {
    for (const args of [["--port", "65536"], ["--nonsense"], ["--host="]]) {
      const { code, output, errors } = await runScript(script, args);
      assertMatch(errors, new RegExp(`^${script}: .+\n$`));
      assertEquals([code, output], [1, ""]);
    }
  });

  test(`${name}.ts explains itself with its document's host and port`, async () => {
    const { code, output } = await runScript(script, ["--help"]);
    assertStringIncludes(output, `usage: deno run --allow-ffi ${script}`);
    assertStringIncludes(output, `(default ${host})`);
    assertStringIncludes(output, `(default ${port})`);
    assertEquals(code, 0);
  });
}
