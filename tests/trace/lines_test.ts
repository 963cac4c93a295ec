import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { quoted } from "../../trace/names.ts";
import {
  connect,
  exchange,
  MOD,
  PRELOAD,
  run_program,
  traced,
} from "./programs.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Runs a program with its calls printed; returns the lines without their times. */
async function lines(program: string): Promise<string[]> {
  const flags = [`--allow-read=${root}`, PRELOAD];
  const { code, errors } = await run_program(program, flags);
  assertEquals(code, 0, errors);
  const found = errors.trimEnd().split("\n");
  for (const line of found) {
    assert(/^ +\d+\.\d{6} [+-]\d+\.\d{6} \S/.test(line), line);
  }
  return found.map((line) =>
    line.replace(/^ +\S+ \S+ /, "").replace(/ <\d+\.\d{6}>$/, "")
  );
}

/** Names the descriptors a, b, c and so on: their numbers differ from run to run. */
function lettered(found: readonly string[]): string[] {
  const letters = new Map<string, string>();
  const letter = (fd: string) => {
    if (!letters.has(fd)) {
      letters.set(fd, String.fromCharCode(97 + letters.size));
    }
    return letters.get(fd)!;
  };
  const made = new Set(
    found.flatMap((line) =>
      [...line.matchAll(/ = \[?(\d+)(?:, (\d+)\])?(?= from|$|\])/g)]
        .flatMap(([, one, other]) => [one!, other ?? one!])
    ).filter((fd) => Number(fd) > 5),
  );
  return found.map((line) =>
    line.replace(/\b\d+\b/g, (fd) => made.has(fd) ? letter(fd) : fd)
      .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
  );
}

Deno.test("trace/mod.ts prints each call of a select loop, decoded", async () => {
  const found = await lines(`
    import { select, socket } from ${MOD};
    const server = socket.create_server(["127.0.0.1", 0]);
    const client = socket.create_connection(server.getsockname());
    const [conn] = server.accept();
    client.sendall(new TextEncoder().encode("hello world\\n"));
    select.select([server, conn], [conn], [], 1);
    conn.recv(65536);
    select.select([server], [], [], 0);
    conn.setblocking(false);
    try { conn.recv(100); } catch { /* EAGAIN */ }
    client.close();
    select.select([conn], [], []);
    conn.recv(100);
    conn.close();
    server.close();
  `);
  const text = lettered(found).join("\n");
  for (
    const line of [
      "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = a",
      "bind(a, 127.0.0.1:PORT) = 0",
      "listen(a, 128) = 0",
      "connect(b, 127.0.0.1:PORT) = 0",
      "accept4(a) = c from 127.0.0.1:PORT",
      'send(b, 12) = 12 "hello world\\n"',
      "select([a listener, c], [c], [], 1.0) = [c], [c]",
      'recv(c, 65536) = 12 "hello world\\n"',
      "select([a listener], [], [], 0.0) = nothing ready",
      "recv(c, 100) = -1 EAGAIN",
      "close(b) = 0",
      "select([c], [], [], None) = [c], []",
      "recv(c, 100) = 0 (the end)",
      "close(c) = 0",
      "close(a listener) = 0",
    ]
  ) assertStringIncludes(text, line);
});

Deno.test("trace/mod.ts prints the masks of epoll and poll by name", async () => {
  const text = lettered(
    await lines(`
      import { select, socket } from ${MOD};
      const [a, b] = socket.socketpair();
      const epoll = select.epoll();
      epoll.register(b, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET);
      epoll.poll(0.25);
      a.close();
      epoll.poll(5);
      epoll.modify(b, select.EPOLLIN);
      epoll.unregister(b);
      const poll = select.poll();
      poll.register(b, select.POLLIN);
      poll.poll(100);
      epoll.close();
      b.close();
    `),
  ).join("\n");
  for (
    const line of [
      "socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC) = [a, b]",
      "epoll_ctl(c, EPOLL_CTL_ADD, b, EPOLLIN|EPOLLRDHUP|EPOLLET) = 0",
      "epoll_wait(c, 0.25) = timed out",
      "epoll_wait(c, 5.0) = fd b EPOLLIN|EPOLLHUP|EPOLLRDHUP",
      "epoll_ctl(c, EPOLL_CTL_MOD, b, EPOLLIN) = 0",
      "epoll_ctl(c, EPOLL_CTL_DEL, b) = 0",
      "poll([b POLLIN], 0.1) = fd b POLLIN|POLLHUP",
    ]
  ) assertStringIncludes(text, line);
});

Deno.test("trace/mod.ts prints how many bytes a short send left", async () => {
  const text = (await lines(`
    import { socket } from ${MOD};
    const [a, b] = socket.socketpair();
    a.setblocking(false);
    a.send(new Uint8Array(4000000));
    a.close();
    b.close();
  `)).join("\n");
  const [, sent, left] =
    /send\(\d+, 4000000\) = (\d+) "(?:\\x00)+"\.\.\. \((\d+) left\)/.exec(
      text,
    )!;
  assertEquals(Number(sent) + Number(left), 4000000);
});

Deno.test("trace/mod.ts escapes hostile bytes", async () => {
  await using server = await traced("spin", "sound");
  using conn = await connect(server);
  const hostile = new TextEncoder().encode(
    "\x1b[2J\x07\x00\r\u202e</script><!--\u2028é\x9b31m",
  );
  await exchange(conn, new Uint8Array([...hostile, 0xff, 0xc3]), 5);
  await server.printed("recv(");
  const [, data] = /recv\(\d+, 1024\) = \d+ (".*")/.exec(server.errors())!;
  assertEquals(/[^\x20-\x7e]/.test(data!), false, data);
  assertStringIncludes(data!, "\\x1b[2J\\x07\\x00\\r\\xe2\\x80\\xae</script>");
});

Deno.test("quoted() shows UTF-8 as text and escapes the rest", () => {
  const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const text = (words: string) => latin1(new TextEncoder().encode(words));
  assertEquals(quoted(text("né 你好\n"), 9), '"né 你好\\n"');
  assertEquals(quoted(text('"\\'), 2), '"\\"\\\\"');
  assertEquals(quoted(text("a\u202eb\ufeff"), 7), '"a\\u{202e}b\\u{feff}"');
  assertEquals(quoted(text("\x7f\x85"), 3), '"\\x7f\\x85"');
  assertEquals(quoted("a\xff\x80", 3), '"a\\xff\\x80"');
  const zeros = quoted("\0".repeat(48), 48);
  assertEquals(zeros, `"${"\\x00".repeat(16)}"...`);
  assertEquals(quoted(text("\\".repeat(48)), 48), `"${"\\".repeat(64)}"...`);
  assertEquals(
    quoted(text("a" + "\0".repeat(40)), 41),
    `"a${"\\x00".repeat(15)}"...`,
  );
  // The preview may cut a character in two; the sender's data may not.
  assertEquals(quoted(text("你好").slice(0, 5), 6), '"你"...');
  assertEquals(
    quoted(text("你好").slice(0, 5), 5),
    '"\\xe4\\xbd\\xa0\\xe5\\xa5"',
  );
});

Deno.test("trace/mod.ts leaves the program's errors as they are", async () => {
  const program = `
    import { socket } from ${MOD};
    const [a, b] = socket.socketpair();
    b.setblocking(false);
    for (const fail of [() => b.recv(1), () => b.getsockopt(1, 9999), () => b.listen()]) {
      try { fail(); } catch (error) { console.log(error.code, error.syscall); }
    }
    a.close();
    try { b.send(new Uint8Array(1)); } catch (error) { console.log(error.code); }
    b.close();
  `;
  const plain = await run_program(program, []);
  const preloaded = await run_program(program);
  assertEquals(preloaded.output, plain.output);
  assertStringIncludes(plain.output, "EAGAIN recv");
  assertEquals(plain.errors, "");
});

Deno.test("trace/mod.ts prints the calls of a worker that imports it", async () => {
  const worker = `
    import ${JSON.stringify(`file://${root}trace/mod.ts`)};
    import { socket } from ${MOD};
    const [a, b] = socket.socketpair();
    a.send(new TextEncoder().encode("from a worker"));
    a.close();
    b.close();
    // Lines are written when the event loop turns, or before a wait.
    setTimeout(() => self.postMessage(null));
  `;
  const found = await lines(`
    const url = "data:application/typescript," + ${
    JSON.stringify(encodeURIComponent(worker))
  };
    const worker = new Worker(url, { type: "module" });
    await new Promise((resolve) => worker.onmessage = resolve);
    worker.terminate();
  `);
  assertStringIncludes(found.join("\n"), '= 13 "from a worker"');
});
