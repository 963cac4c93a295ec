import { assertEquals, assertLessOrEqual } from "@std/assert";
import { test } from "../descriptors.ts";
import { ran } from "../scripts.ts";

/** Runs a program that has a connected pair of sockets; returns what it printed. */
async function run(program: string): Promise<string> {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const code = `import { socket } from "${mod}";
    const [a, b] = socket.socketpair();
    const one = new Uint8Array(1);
    const turns = async () => {
      for (let i = 0; i < 8; i++) await new Promise((r) => setImmediate(r));
    };
    ${program}`;
  const ended = await ran(Deno.execPath(), ["eval", "--config", config, code]);
  assertEquals([ended.code, ended.errors], [0, ""]);
  return ended.output;
}

test("Async twins pending by the thousand are all served, by a few threads", async () => {
  const output = await run(`
    const threads = () => Number(
      /^Threads:\\s*(\\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))[1]
    );
    const pairs = Array.from({ length: 400 }, () => socket.socketpair());
    const others = Array.from({ length: 600 }, () => b);
    const before = threads();
    const waits = [...pairs.map(([, b]) => b), ...others]
      .map((sock) => sock.recvAsync(1).then((bytes) => bytes.length));
    await turns();
    const more = threads() - before;
    for (const [a] of pairs) a.send(one);
    a.send(new Uint8Array(600));
    const served = (await Promise.all(waits)).filter((length) => length === 1);
    console.log(served.length, more);
  `);
  const [served, threads] = output.trim().split(" ").map(Number);
  assertEquals(served, 1000);
  assertLessOrEqual(threads!, 4);
});

test("Async twins that nobody awaits let the program end", async () => {
  assertEquals(await run(`b.recvAsync(1); console.log("end");`), "end\n");
  assertEquals(
    await run(`b.recvAsync(1); await turns(); console.log("end");`),
    "end\n",
  );
});

for (
  const [how, receive] of Object.entries({
    "calls then() of": "wait.then(show);",
    awaits: "(async () => show(await wait))();",
    "awaits with others": "Promise.all([wait]).then(([data]) => show(data));",
    returns: "(async () => wait)().then(show);",
  })
) {
  test(`Async twins that somebody ${how} hold the program until they are served`, async () => {
    const output = await run(`
    const show = (data) => console.log("received", data.length);
    const wait = b.recvAsync(1);
    await turns();
    ${receive}
    // This timer does not hold the program: only the wait does.
    Deno.unrefTimer(setTimeout(() => {
      console.log("sent");
      a.send(one);
    }, 100));
    console.log("end");
  `);
    assertEquals(output, "end\nsent\nreceived 1\n");
  });
}

test("Async twins let the program end once what was awaited is over", async () => {
  const output = await run(`
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = b.recvAsync(1, 0, { signal }).catch(() => "aborted");
    void a.recvAsync(1);
    await turns();
    controller.abort();
    console.log(await aborted);
  `);
  assertEquals(output, "aborted\n");
});
