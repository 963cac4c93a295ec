import { assertEquals } from "@std/assert";
import { test } from "../../descriptors.ts";

const mod = new URL("../../../mod.ts", import.meta.url).href;
const config = new URL("../../../deno.json", import.meta.url).pathname;

/** Waits for standard input in each way, gives up, and only then lets a line come. */
const program = `
  import { os, select, selectors, socket } from "${mod}";
  const ways = {
    selectAsync: (options) => select.selectAsync([0], [], [], null, options),
    async pollAsync(options) {
      const poller = select.poll();
      poller.register(0, select.POLLIN);
      return await poller.pollAsync(null, options);
    },
    async "EpollSelector.selectAsync"(options) {
      using s = selectors.EpollSelector();
      s.register(0, selectors.EVENT_READ);
      return await s.selectAsync(null, options);
    },
    async recvAsync(options) {
      // Standard input is a socket here.
      const sock = socket.fromfd(0, socket.AF_UNIX, socket.SOCK_STREAM);
      try {
        return await sock.recvAsync(100, 0, options);
      } finally {
        sock.close();
      }
    },
  };
  const decoder = new TextDecoder();
  for (const way of Deno.args) {
    const controller = new AbortController();
    const { signal } = controller;
    const wait = ways[way]({ signal }).then(() => "served", (e) => e);
    // Until the event loop waits for it.
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort("enough");
    const outcome = await wait;
    os.write(1, new TextEncoder().encode(way + " " + outcome + "\\n"));
    await select.selectAsync([0], [], []);
    console.log(decoder.decode(os.read(0, 100)).trim());
  }
`;

/** Types a line after each wait that was given up; returns what the program read. */
async function typed(ways: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, program, ...ways],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const [i, way] of ways.entries()) {
    assertEquals((await lines.read()).value, `${way} enough\n`);
    await writer.write(new TextEncoder().encode(`line ${i}\n`));
    assertEquals((await lines.read()).value, `line ${i}\n`);
  }
  await writer.close();
  await lines.cancel();
  assertEquals((await child.status).success, true);
}

test("a cancelled wait for standard input leaves the next line unread", () =>
  typed(["selectAsync", "pollAsync", "EpollSelector.selectAsync"]));
