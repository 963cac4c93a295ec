import { assertEquals, assertLessOrEqual } from "@std/assert";
import { test } from "../descriptors.ts";
import { ran } from "../scripts.ts";

const wakers = ["aio", "parking"];

/** Runs a program that has a connected pair of sockets; returns what it printed. */
async function run(waker: string, program: string): Promise<string> {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const reactor = new URL("../../ffi/reactor.ts", import.meta.url).href;
  const code = `import { socket } from "${mod}";
    import { use_waker } from "${reactor}";
    use_waker("${waker}");
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

for (const waker of wakers) {
  test(`Async twins pending by the thousand are all served, by a few threads (${waker})`, async () => {
    const output = await run(
      waker,
      `
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
    `,
    );
    const [served, threads] = output.trim().split(" ").map(Number);
    assertEquals(served, 1000);
    assertLessOrEqual(threads!, waker === "aio" ? 0 : 1);
  });

  for (
    const [how, receive] of Object.entries({
      "not awaited": "wait.then(show);",
      "are awaited": "(async () => show(await wait))();",
      "are awaited with others":
        "Promise.all([wait]).then(([data]) => show(data));",
      "are returned": "(async () => wait)().then(show);",
    })
  ) {
    test(`Async twins that ${how} hold the program until they are served (${waker})`, async () => {
      const output = await run(
        waker,
        `
        const show = (data) => console.log("received", data.length);
        const wait = b.recvAsync(1);
        await turns();
        // This timer does not hold the program: only the wait does.
        Deno.unrefTimer(setTimeout(() => {
          console.log("sent");
          ${receive}
          a.send(one);
        }, 100));
        console.log("end");
      `,
      );
      assertEquals(output, "end\nsent\nreceived 1\n");
    });
  }

  test(`Async twins without an await are made before the program ends (${waker})`, async () => {
    const output = await run(
      waker,
      `
      a.sendallAsync(new Uint8Array(4_000_000));
      let received = 0;
      b.setblocking(false);
      const receive = () => {
        try {
          received += b.recv(65536).length;
          return true;
        } catch {
          return false;
        }
      };
      // The timer does not hold the program: only the wait does.
      const some = () => {
        receive();
        Deno.unrefTimer(setTimeout(some));
      };
      some();
      addEventListener("unload", () => {
        while (receive());
        console.log(received);
      });
      console.log("end");
    `,
    );
    assertEquals(output, "end\n4000000\n");
  });

  test(`Async twins let the program end once they are aborted or closed (${waker})`, async () => {
    const output = await run(
      waker,
      `
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = b.recvAsync(1, 0, { signal }).catch(() => "aborted");
      const closed = a.recvAsync(1).catch(() => "closed");
      await turns();
      controller.abort();
      a.close();
      console.log(await aborted, await closed);
    `,
    );
    assertEquals(output, "aborted closed\n");
  });
}
