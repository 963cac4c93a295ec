import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { socket } from "@iomux/py";
import { runScript, started } from "../scripts.ts";
import { scripts } from "./catalogue.ts";

/** Fails unless a script ends with one line on standard error and exit status 1. */
async function refuses(script: string, args: string[], line: string) {
  const { code, output, errors } = await runScript(script, args);
  assertEquals([code, output, errors], [1, "", `${line}\n`]);
}

for (const script of scripts) {
  Deno.test(`${script} explains itself with --help`, async () => {
    const { code, output, errors } = await runScript(script, ["--help"]);
    assertEquals([code, errors], [0, ""]);
    assertStringIncludes(output, `usage: deno run --allow-ffi ${script}`);
    for (const flag of ["--host HOST", "--port PORT", "--help"]) {
      assertStringIncludes(output, `\n  ${flag} `);
    }
    assert(output.split("\n").every((line) => line.length <= 100));
  });

  Deno.test(`${script} refuses an unknown argument in one line`, async () => {
    await Promise.all([
      refuses(
        script,
        ["--prot", "1"],
        `${script}: unknown argument --prot; try --help`,
      ),
      refuses(
        script,
        ["--port", "65536"],
        `${script}: --port wants a whole number from 0 to 65535, not "65536"`,
      ),
      refuses(
        script,
        ["--port", "0", "--host", "256.0.0.1"],
        "cannot listen on 256.0.0.1 port 0: Name or service not known",
      ),
    ]);
  });

  Deno.test(`${script} refuses a port in use in one line`, async () => {
    using other = socket.socket();
    other.bind(["127.0.0.1", 0]);
    other.listen();
    const [, port] = other.getsockname();
    await refuses(
      script,
      ["--host", "127.0.0.1", "--port", String(port)],
      `cannot listen on 127.0.0.1 port ${port}: Address already in use`,
    );
  });
}

for (
  const [script, flag] of [
    ["servers/delay.ts", "--interval"],
    ["servers/queue.ts", "--pause"],
  ] as const
) {
  Deno.test(`${script} refuses an invalid ${flag} in one line`, async () => {
    for (const value of ["0", "-1", "soon"]) {
      await refuses(
        script,
        ["--port", "0", `${flag}=${value}`],
        `${script}: ${flag} wants a number of seconds above 0, not "${value}"`,
      );
    }
  });
}

for (const script of ["servers/accept.ts", "servers/echo.ts"]) {
  Deno.test(`${script} takes no flag from Object.prototype`, async () => {
    const root = new URL("../../", import.meta.url).pathname;
    await using server = await started(script, Deno.execPath(), [
      "run",
      "--allow-ffi",
      `--preload=${root}tests/servers/polluted.ts`,
      root + script,
      "--port",
      "0",
    ]);
    using client = socket.create_connection([server.host, server.port]);
    client.sendall(new TextEncoder().encode("hello"));
    assertEquals(new TextDecoder().decode(client.recv(5)), "hello");
    const { code, errors } = await server.stop();
    assertEquals([code, errors], [0, ""]);
  });
}
