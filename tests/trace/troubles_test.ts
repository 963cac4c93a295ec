import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Descriptors } from "../../trace/descriptors.ts";
import { Draft } from "../../trace/draft.ts";
import type { Mark } from "../../trace/event.ts";
import { Troubles } from "../../trace/troubles.ts";
import type { Server } from "../scripts.ts";
import {
  connect,
  exchange,
  MOD,
  PRELOAD,
  run_program,
  traced,
} from "./programs.ts";

const text = (words: string) => new TextEncoder().encode(words);
const guide = Deno.readTextFileSync(
  new URL("../../docs/guide.md", import.meta.url),
);

/** Stops a program; returns its marks, without their links. */
async function marks(server: Server): Promise<string[]> {
  const { errors } = await server.stop();
  assertStringIncludes(errors, "accept4(");
  return [...errors.matchAll(/ !! (.*?) file:\S+$/gm)]
    .map(([, mark]) => mark!);
}

/** Waits for a mark, and checks that its link leads to a heading of the guide. */
async function marked(server: Server, trouble: string): Promise<string> {
  const pattern = new RegExp(
    `!! (${trouble}: .*) file:\\S+guide\\.md#(\\S+)\n`,
  );
  await server.printed(pattern);
  const [, mark, anchor] = pattern.exec(server.errors())!;
  const anchors = [...guide.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
  assertEquals(anchors.filter((one) => one === anchor), [anchor]);
  return mark!;
}

/** A program of faulty.ts, and the actions of its clients. */
interface Fault {
  readonly program: string;
  readonly args?: readonly string[];
  readonly trouble: string;
  readonly says: RegExp;
  /** Causes the trouble; goes on until `over` resolves if the trouble needs time. */
  act(server: Server, over: Promise<unknown>): Promise<void>;
  /** Uses the sound program once more. */
  after(server: Server): Promise<void>;
}

async function leaves(server: Server): Promise<void> {
  using conn = await connect(server);
  await exchange(conn, text("hi"), 5);
}

async function echoes(server: Server): Promise<void> {
  const data = text("line\n");
  using conn = await connect(server);
  assertEquals(await exchange(conn, data, data.length), data);
}

const faults: readonly Fault[] = [
  {
    program: "spin",
    trouble: "spin",
    says:
      /select reported fd \d+ 50 times in a row, and nothing came of it: recv = 0 \(the end\)/,
    act: leaves,
    after: leaves,
  },
  {
    program: "edge",
    trouble: "left behind",
    says:
      /registered with EPOLLET, was read once after its edge, and 1,976 bytes are left/,
    act: async (server, over) => {
      using conn = await connect(server);
      await conn.write(new Uint8Array(3000));
      await over;
    },
    after: async (server) => {
      using conn = await connect(server);
      await exchange(conn, new Uint8Array(3000), 3);
    },
  },
  {
    program: "idle",
    trouble: "idle write interest",
    says:
      /epoll_wait reported 20 times that fd \d+ can be written, and nothing was/,
    act: async (server, over) => {
      using conn = await connect(server);
      await exchange(conn, text("hi"), 2);
      await over;
    },
    after: echoes,
  },
  ...[["epoll"], ["poll"], ["select"]].map(([by]): Fault => ({
    program: "closed",
    args: [by!],
    trouble: "closed but registered",
    says: by === "epoll"
      ? /epoll \d+ still reports fd \d+, which was closed while it was registered/
      : new RegExp(`fd \\d+ is closed, and ${by} still watches it`),
    act: echoes,
    after: echoes,
  })),
  {
    program: "starved",
    trouble: "starved",
    says:
      /fd \d+ has been ready to read for [1-9]\d*\.\d s, while others were served \d+ times/,
    act: async (server, over) => {
      using busy = await connect(server);
      using conn = await connect(server);
      // 5 s of work for the server: `conn` waits, however slow this process is.
      const written = busy.write(new Uint8Array(1 << 20)).catch(() => {});
      const drained = busy.readable.pipeTo(new WritableStream());
      // Repeatedly: the first may be answered before the bytes of `busy` arrive.
      const asked = (async () => {
        for (;;) await exchange(conn, text("hi"), 2);
      })();
      void [written, drained.catch(() => {}), asked.catch(() => {})];
      await over;
    },
    after: echoes,
  },
  {
    program: "blocked",
    trouble: "blocked",
    says:
      /recv\(\d+, 1024\) took \d+\.\d s, and 3 others that the loop serves waited/,
    act: async (server, over) => {
      using _one = await connect(server);
      using _other = await connect(server);
      using conn = await connect(server);
      await exchange(conn, text("whole\n"), 6);
      let done = false;
      void over.finally(() => done = true);
      do {
        await conn.write(text("ha"));
        // A slow client. A slow server may read both parts at once: then try again.
        await new Promise((resolve) => setTimeout(resolve, 400));
        await exchange(conn, text("lf\n"), 5);
      } while (!done);
    },
    after: echoes,
  },
];

Deno.test("Troubles do not mark an edge that is armed again", async () => {
  await using server = await traced("edge", "sound", "rearm");
  const conn = await connect(server);
  await exchange(conn, new Uint8Array(3000), 3);
  conn.close();
  await server.printed("close(");
  assertEquals(await marks(server), []);
});

Deno.test("Troubles.see() does not mark a call that cannot wait, however long it takes", () => {
  const known = new Descriptors(), found: Mark[] = [];
  const troubles = new Troubles(known, (mark) => found.push(mark));
  const see = (name: string, fields: Partial<Draft>) =>
    troubles.see(Object.assign(new Draft(name), fields));
  const watched = [[3, 1], [4, 1], [5, 1]] as const;
  see("select", { watched, ready: [[3, 1], [4, 1]] });
  known.open(3, "client", true);
  known.open(4, "client", false);
  see("recv", { fd: 3, moves: "in", took: 0.5, result: 1 });
  assertEquals(found, []);
  see("recv", { fd: 4, moves: "in", took: 0.5, result: 1 });
  assertEquals(found.map(({ trouble, fd }) => [trouble, fd]), [["blocked", 4]]);
});

Deno.test("Troubles do not mark standard input that Deno itself reads", async () => {
  const program = `import { select } from ${MOD};
       const poll = select.poll();
       poll.register(0, select.POLLIN);
       const byte = new Uint8Array(1);
       do poll.poll(); while (Deno.stdin.readSync(byte) !== null);`;
  const input = "x".repeat(100);
  const { errors } = await run_program(program, [PRELOAD], { input });
  assertEquals([...errors.matchAll(/ = fd 0 POLLIN/g)].length >= 100, true);
  assertEquals(errors.match(/!! .*/g), null);
});

for (const { program, args = [], trouble, says, act, after } of faults) {
  const name = [program, ...args].join(" ");
  Deno.test(`Troubles mark ${name} with its fault: ${trouble}`, async () => {
    await using server = await traced(program, "fault", ...args);
    const mark = marked(server, trouble);
    const acted = act(server, mark.catch(() => {}));
    assert(says.test(await mark), await mark);
    await acted.catch(() => {});
    assertEquals(await marks(server), [await mark]);
  });

  Deno.test(`Troubles do not mark ${name} without its fault`, async () => {
    await using server = await traced(program, "sound", ...args);
    const over = after(server);
    await act(server, over);
    await over;
    await after(server);
    // Once its clients have left, it writes the lines before it waits again.
    await server.printed("close(");
    assertEquals(await marks(server), []);
  });
}
