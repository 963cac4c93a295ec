import {
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { test } from "../descriptors.ts";
import { limited, ran } from "../scripts.ts";
import { select, socket } from "@iomux/py";
import "../reactor.ts";
import { turns } from "./async_twins.ts";

const wakers = ["aio", "parking"];

/**
 * Runs a program that has a connected pair of sockets; returns what it printed.
 *
 * @param waker The waker; `null` for the one that the first wait finds.
 */
async function run(waker: string | null, program: string): Promise<string> {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const reactor = new URL("../../ffi/reactor.ts", import.meta.url).href;
  const code = `import { socket } from "${mod}";
    import { open_aio as aio } from "${new URL("aio.ts", reactor)}";
    import { open_parking as parking } from "${new URL("parking.ts", reactor)}";
    import { use_waker } from "${reactor}";
    ${waker === null ? "" : `use_waker(${waker});`}
    const [a, b] = socket.socketpair();
    const one = new Uint8Array(1);
    // Not the next free number: a thread of the runtime opens its caches meanwhile.
    const opened_by = async (kind, action) => {
      const all = () =>
        [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name)).filter((fd) => {
          try {
            return Deno.readLinkSync("/proc/self/fd/" + fd) === "anon_inode:[" + kind + "]";
          } catch {
            return false; // That of the listing itself.
          }
        });
      const before = all();
      action();
      await turns();
      const [fd] = all().filter((fd) => !before.includes(fd));
      return fd;
    };
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

/** How many epoll instances the process has open. */
function epoll_instances(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const link = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (link === "anon_inode:[eventpoll]") count++;
    } catch {
      // It is closed already.
    }
  }
  return count;
}

/** Starts a worker that waits, and terminates it. */
async function wait_in_worker(waker: string): Promise<void> {
  const url = new URL("socket/fixtures/worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name: waker });
  await new Promise((resolve) => worker.onmessage = resolve);
  worker.terminate();
}

for (const waker of ["aio", "parking"]) {
  Deno.test(`Async twins leave no epoll instance behind when their worker ends (${waker})`, async () => {
    // The runtime keeps the descriptors that it opens for its first worker.
    await wait_in_worker(waker);
    const before = epoll_instances();
    for (let i = 0; i < 5; i++) await wait_in_worker(waker);
    // The threads end some time after terminate().
    const MOST_LOOKS = 3000;
    for (let i = 0; i < MOST_LOOKS && epoll_instances() > before; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertLessOrEqual(epoll_instances(), before);
  });
}

for (const how of ["aborted", "closed"]) {
  Deno.test({
    name: `Async twins that are ${how} pass Deno's sanitizers at once`,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const [a, b] = socket.socketpair();
      const controller = new AbortController();
      const { signal } = controller;
      const poller = select.poll();
      poller.register(b, select.POLLIN);
      const waits = [
        b.recvAsync(1, 0, { signal }),
        poller.pollAsync(null, { signal }),
      ];
      await turns();
      if (how === "aborted") controller.abort();
      else b.close();
      const ends = await Promise.allSettled(waits);
      assertEquals(ends.map(({ status }) => status), ["rejected", "rejected"]);
      a.close();
      b.close();
    },
  });
}

for (const waker of wakers) {
  test(`Async twins end with EBADF when the program closes the reactor's descriptor (${waker})`, async () => {
    const output = await run(
      waker,
      `
      import { os } from "${new URL("../../mod.ts", import.meta.url).href}";
      const said = ({ message }) => message;
      // Without the check the wait would never end.
      b.settimeout(10);
      let wait;
      const epfd = await opened_by("eventpoll", () => wait = b.recvAsync(1).catch(said));
      os.close(epfd);
      a.send(one);
      console.log(await wait);
      console.log((await b.recvAsync(1)).length);
      console.log(await b.recvAsync(1).catch(said));
      // The runtime's own files may take the number, too.
      os.dup2(a.fileno(), epfd);
      console.log(await b.recvAsync(1).catch(said));
    `,
    );
    const error = "[Errno 9] Bad file descriptor\n";
    assertEquals(output, `${error}1\n${error}${error}`);
  });
}

test("Async twins do not stop the event loop after the program gives the eventfd's number to a socket (parking)", async () => {
  const output = await run(
    "parking",
    `
    import { os } from "${new URL("../../mod.ts", import.meta.url).href}";
    const [idle] = socket.socketpair();
    let wait;
    os.dup2(idle.fileno(), await opened_by("eventfd", () => wait = b.recvAsync(1)));
    a.send(one);
    console.log((await wait).length);
    const next = b.recvAsync(1);
    setTimeout(() => a.send(one));
    console.log((await next).length);
  `,
  );
  assertEquals(output, "1\n1\n");
});

Deno.test("Async twins reject where the permission is missing", async () => {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const code = `import { select } from "${mod}";
    for (const call of [
      () => select.poll().pollAsync(10),
      () => select.poll().pollAsync("x"),
      () => select.selectAsync([0], [], [], 0.01),
    ]) await call().catch((error) => console.log(error.name));`;
  const args = ["eval", "--no-lock", code];
  const allowed = await ran(Deno.execPath(), args);
  assertEquals(allowed.output, "TypeError\n");
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/denied.ts`;
    await Deno.writeTextFile(file, code);
    const denied = await ran(Deno.execPath(), ["run", "--no-prompt", file]);
    assertStringIncludes(denied.output, "NotCapable\nTypeError\nNotCapable\n");
    assertEquals(denied.code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs a program under a limit of descriptors, which `exhaust()` uses up. */
async function run_short(program: string): Promise<string> {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const signals = new URL("../ffi/fixtures/signals.ts", import.meta.url).href;
  const code = `import { socket } from "${mod}";
    import "${signals}";
    const [a, b] = socket.socketpair();
    const all = [];
    const exhaust = () => {
      try {
        for (;;) all.push(a.dup());
      } catch {
        // None is free.
      }
    };
    ${program}
    // The runtime needs free descriptors to end.
    for (const sock of all) sock.close();`;
  const args = ["-c", limited(100), Deno.execPath(), "eval", code];
  const { output, errors } = await ran("sh", args);
  assertEquals(errors, "");
  return output;
}

Deno.test("Async twins raise EMFILE when no descriptor is free for the first wait", async () => {
  const output = await run_short(`
    exhaust();
    console.log(await b.recvAsync(1).catch((error) => error.message));
    all.pop().close();
    all.pop().close();
    a.send(new Uint8Array(1));
    console.log((await b.recvAsync(1)).length);
  `);
  assertStringIncludes(output, "the first wait takes two descriptors");
  assertStringIncludes(output, "\n1\n");
});

Deno.test("Socket.recvAsync() after a short result needs no free descriptor for bytes that are there", async () => {
  const output = await run_short(`
    const server = socket.create_server(["127.0.0.1", 0]);
    const client = socket.create_connection(server.getsockname());
    const [conn] = server.accept();
    for (let round = 0; round < 2; round++) {
      client.send(new Uint8Array(1));
      // The loopback may deliver late.
      conn.recv(1, socket.MSG_PEEK);
      console.log((await conn.recvAsync(9)).length);
      exhaust();
    }
    for (const sock of [server, client, conn]) sock.close();
  `);
  assertEquals(output, "1\n1\n");
});

Deno.test("Socket.recvAsync() returns in later turns without a free descriptor for the reactor", async () => {
  const output = await run_short(`
    exhaust();
    a.send(new Uint8Array(9));
    for (let i = 0; i < 9; i++) console.log((await b.recvAsync(1)).length);
  `);
  assertEquals(output, "1\n".repeat(9));
});

Deno.test("Async twins work without a free descriptor after the first wait", async () => {
  const output = await run_short(`
    const first = b.recvAsync(1);
    a.send(new Uint8Array(1));
    await first;
    exhaust();
    const second = b.recvAsync(1);
    await new Promise((resolve) => setTimeout(resolve));
    a.send(new Uint8Array(1));
    console.log((await second).length);
  `);
  assertEquals(output, "1\n");
});

for (
  const [what, refused] of Object.entries({
    "io_setup()": "call === 206n || call === 0n",
    "io_submit()": "call === 209n || call === 2n",
  })
) {
  test(`Async twins wait in a parked thread where ${what} is refused`, async () => {
    const libc = new URL("../../ffi/libc.ts", import.meta.url).href;
    const output = await run(
      null,
      `
      import { untraced } from "${libc}";
      const { syscall, ppoll_parked } = untraced;
      let parked = 0;
      untraced.syscall = (call, ...rest) =>
        ${refused} ? -1 : syscall(call, ...rest);
      untraced.ppoll_parked = (...given) => {
        parked++;
        return ppoll_parked(...given);
      };
      const wait = b.recvAsync(9);
      await turns();
      a.send(one);
      console.log((await wait).length, parked > 0);
    `,
    );
    assertEquals(output, "1 true\n");
  });
}
