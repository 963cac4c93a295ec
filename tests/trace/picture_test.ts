import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawings } from "../../docs/readiness/draw.ts";
import { Collector } from "../../trace/collect.ts";
import { BLOCKED, type Layout, READY } from "../../trace/layout.ts";
import { page } from "../../trace/page.ts";
import { leave, record } from "../../trace/record.ts";
import { BlockingIOError, select, socket } from "../../mod.ts";
import { test } from "../descriptors.ts";
import { ran, started } from "../scripts.ts";
import { connect, exchange, FAULTY, MOD, run_program } from "./programs.ts";

const root = new URL("../../", import.meta.url).pathname;
const PICTURE = `--preload=${root}trace/picture.ts`;

/** Lays out the calls of some code. */
function drawn(action: () => void, most?: number): Layout {
  const collector = new Collector(most);
  record(collector);
  try {
    action();
  } finally {
    leave(collector);
  }
  return collector.layout("a test", "now");
}

/** The layout in a page. */
function data_of(html: string): Layout {
  const [, json] = /<script [^>]*id="data">(.*?)<\/script>/s.exec(html)!;
  return JSON.parse(json!);
}

test("Collector.layout() has a lane for each descriptor, from its opening to its close", () => {
  let pair: [number, number] = [0, 0];
  const { rows, lives, row, kind } = drawn(() => {
    const [a, b] = socket.socketpair();
    pair = [a.fileno(), b.fileno()];
    a.send(new Uint8Array(1));
    const poll = select.poll();
    poll.register(b, select.POLLIN);
    poll.poll(1000);
    b.recv(10);
    a.close();
    b.close();
  });
  assertEquals(rows, ["loop", String(pair[0]), String(pair[1])]);
  assertEquals(lives.map(([lane, from, to]) => [lane, from, to]), [
    [1, 0, 4],
    [2, 0, 5],
  ]);
  assertEquals(row, [1, 1, 0, 2, 1, 2]);
  assertEquals(kind, [3, 2, 0, 1, 3, 3]);
});

test("Collector.layout() shows how long a descriptor was ready, and the bytes that were not sent", () => {
  const { spans, outcome } = drawn(() => {
    const [a, b] = socket.socketpair();
    a.setblocking(false);
    let left = 4_000_000;
    left -= a.send(new Uint8Array(left));
    try {
      a.send(new Uint8Array(left));
    } catch (error) {
      if (!(error instanceof BlockingIOError)) throw error;
    }
    const poll = select.poll();
    poll.register(b, select.POLLIN);
    poll.poll(1000);
    b.recv(4_000_000);
    a.close();
    b.close();
  });
  const sent = Number(/^\d+/.exec(outcome[2]!)![0]);
  const left = 4_000_000 - sent;
  assertEquals(spans, [
    [1, BLOCKED, 2, 3, left],
    [1, BLOCKED, 3, 6, left],
    [2, READY, 4, 5, 0],
  ]);
});

test("Collector.layout() starts a new life for a number that is used again", () => {
  const { lives } = drawn(() => {
    for (let i = 0; i < 2; i++) {
      const [a, b] = socket.socketpair();
      a.close();
      b.close();
    }
  });
  assertEquals(lives.map(([lane, from, to]) => [lane, from, to]), [
    [1, 0, 1],
    [2, 0, 2],
    [1, 3, 4],
    [2, 3, 5],
  ]);
});

test("Collector.layout() keeps the last calls, and counts those that were dropped", () => {
  const { dropped, text, lives } = drawn(() => {
    for (let i = 0; i < 10; i++) {
      const [a, b] = socket.socketpair();
      a.close();
      b.close();
    }
  }, 7);
  assertEquals([dropped, text.length], [23, 7]);
  assert(text.at(-1)!.startsWith("close("));
  assertEquals(lives.filter(([, , to]) => to < 0), []);
});

test("page() escapes the traffic", () => {
  const hostile = '</script><!--<script>"\u2028\\';
  const picture = drawn(() => {
    const [a, b] = socket.socketpair();
    a.send(new TextEncoder().encode(hostile));
    a.send(new Uint8Array([0, 7, 27, 0xff, 0xc3]));
    a.close();
    b.close();
  });
  const html = page({ ...picture, title: "</title><b>&" });
  assertEquals([...html.matchAll(/<\/script>/g)].length, 2);
  assertEquals(html.includes("<!--"), false);
  assertEquals(html.includes("<b>&"), false);
  assertEquals(data_of(html).outcome, picture.outcome);
  assertStringIncludes(picture.outcome[1]!, "</script><!--<script>");
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(html), false);
});

test("page() loads nothing", () => {
  const html = page(drawn(() => {}));
  assertEquals(/(src|href)=|url\(|@import|fetch\(|import\(/.test(html), false);
});

/** Calls a function with a new file, the variable that names it, and flags to draw into it. */
async function pictured(
  action: (file: string, variable: string, flags: string[]) => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    const flags = ["--allow-env=IOMUX_PICTURE", `--allow-write=${file}`];
    await action(file, `IOMUX_PICTURE=${file}`, [...flags, PICTURE]);
  } finally {
    await Deno.remove(file);
  }
}

/** Starts a server with its picture drawn. */
function drawn_server(variable: string, flags: string[], ...script: string[]) {
  const run = [Deno.execPath(), "run", "--allow-ffi", ...flags, ...script];
  return started(script[0]!, "env", [variable, ...run]);
}

Deno.test("trace/picture.ts draws a server that is stopped", async () => {
  await pictured(async (file, variable, flags) => {
    const script = [`${root}servers/split.ts`, "--port", "0"];
    await using process = await drawn_server(variable, flags, ...script);
    const conn = await connect(process);
    await exchange(conn, new TextEncoder().encode("hi"), "hello".length);
    conn.close();
    await process.printed("closing");
    const { code } = await process.stop("SIGINT");
    assertEquals(code, 0);
    const picture = data_of(await Deno.readTextFile(file));
    assertEquals(picture.title, "servers/split.ts");
    assert(picture.text.some((call) => call.startsWith("accept4(")));
    assertEquals(picture.marks, []);
  });
});

Deno.test("trace/picture.ts draws a program that never lets its event loop turn, and ends it at a second signal", async () => {
  await pictured(async (file, variable, flags) => {
    const script = [FAULTY, "spin", "sound"];
    await using process = await drawn_server(variable, flags, ...script);
    // A signal between two waits interrupts neither of them: send more, as a user does.
    const again = setInterval(() => {
      try {
        Deno.kill(process.pid, "SIGTERM");
      } catch {
        // It has ended.
      }
    }, 50);
    const { code } = await process.stop("SIGTERM").finally(() =>
      clearInterval(again)
    );
    assertEquals(code, 130);
    const picture = data_of(await Deno.readTextFile(file));
    assert(picture.text.some((call) => call.startsWith("listen(")));
  });
});

Deno.test("trace/picture.ts draws a program that throws, with its marks", async () => {
  await pictured(async (file, variable, flags) => {
    const program = `import { select, socket } from ${MOD};
       const [a, b] = socket.socketpair();
       a.close();
       for (let i = 0; i < 60; i++) select.select([b], [], []);
       throw new Error("on purpose");`;
    const variables = [variable];
    const { code, errors } = await run_program(program, flags, { variables });
    assertEquals(code, 1);
    assertStringIncludes(errors, "on purpose");
    const { marks, rows } = data_of(await Deno.readTextFile(file));
    assertEquals(
      marks.map(([, lane, trouble]) => [rows[lane] !== "loop", trouble]),
      [[true, "spin"]],
    );
  });
});

Deno.test("trace/picture.ts refuses a file that it may not write, before the program runs", async () => {
  const run = ["run", "--no-prompt", "--allow-ffi", PICTURE, FAULTY, "spin"];
  const { code, output, errors } = await ran(Deno.execPath(), run);
  assertEquals([code, output], [1, ""]);
  assertEquals(
    errors,
    "trace: cannot write trace.html: add --allow-write=trace.html\n",
  );
});

const guide = Deno.readTextFileSync(root + "docs/guide.md");
const commands = drawings(guide);

/** The functions that a drawing shows, each once: the number of calls depends on the kernel's buffers. */
function functions(svg: string): string[] {
  return [
    ...new Set([...svg.matchAll(/>\s*(\w+)\(/g)].map(([, name]) => name!)),
  ];
}

Deno.test("docs/guide.md shows how its pictures are drawn", () => {
  assertEquals(commands.length, 5);
  const [first] = commands;
  assertStringIncludes(guide.replace(/\\\n\s*/g, ""), first!.command);
  assertEquals(new Set(commands.map(({ command }) => command)).size, 5);
});

for (const { file, command } of commands) {
  Deno.test(`${file} is what its command draws: run deno task pictures`, async () => {
    const drawing = await Deno.makeTempFile({ suffix: ".svg" });
    try {
      const line = command.replaceAll(file, drawing).replace(
        " deno ",
        ' "$0" ',
      );
      const script = `cd "$1" && ${line}`;
      const { code, errors } = await ran(
        "sh",
        ["-c", script, Deno.execPath(), root],
      );
      assertEquals(code, 0, errors);
      const [now, before] = [drawing, root + file].map(Deno.readTextFileSync);
      assertEquals(functions(now!), functions(before!));
    } finally {
      await Deno.remove(drawing);
    }
  });
}
