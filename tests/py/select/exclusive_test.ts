import { assertEquals } from "@std/assert";
import { select, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { address_of, listening } from "../socket/setup.ts";

const WORKERS = 4;
const mod = new URL("../../../mod.ts", import.meta.url).href;
const config = new URL("../../../deno.json", import.meta.url).pathname;

/** Accepts one client of a listener that others wait on, too, and is at work on it. */
const program = `
  import { BlockingIOError, select, socket } from "${mod}";
  const listener = socket.socket(-1, -1, -1, Number(Deno.args[0]));
  const ep = select.epoll();
  ep.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE);
  console.log("waiting");
  for (;;) {
    ep.poll();
    try {
      const [conn] = listener.accept();
      conn.send(new Uint8Array(1));
      break;
    } catch (error) {
      // Another was faster.
      if (!(error instanceof BlockingIOError)) throw error;
    }
  }
  console.log("accepted");
  select.select([0], [], []);
`;

/** A process that runs it, and inherits the listener. */
class Worker implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(fd: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", config, program, String(fd)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async says(line: string): Promise<void> {
    assertEquals((await this.#lines.read()).value, `${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.stdin.close().catch(() => {});
    await this.#lines.cancel();
    await this.#child.status;
  }
}

test("EPOLLEXCLUSIVE wakes another process while one is busy", async () => {
  using listener = listening(WORKERS);
  listener.setblocking(false);
  listener.set_inheritable(true);
  await using workers = new AsyncDisposableStack();
  const all = Array.from(
    { length: WORKERS },
    () => workers.use(new Worker(listener.fileno())),
  );
  for (const worker of all) await worker.says("waiting");

  // As many clients as processes, and each stays at work on the first that it gets.
  const clients = Array.from({ length: WORKERS }, () => socket.socket());
  for (const client of clients) client.connect(address_of(listener));
  for (const worker of all) await worker.says("accepted");
  const served = clients.map((client) => client.recv(9).length);
  assertEquals(served, Array(WORKERS).fill(1));
  for (const client of clients) client.close();
});

test("EPOLLEXCLUSIVE keeps an event for the next poll() if the woken process does not act", () => {
  using listener = listening();
  using first = select.epoll();
  using second = select.epoll();
  for (const ep of [first, second]) {
    ep.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE);
  }
  using client = socket.socket();
  client.connect(address_of(listener));
  const event = [[listener.fileno(), select.EPOLLIN]];
  assertEquals(first.poll(1), event);
  assertEquals(second.poll(1), event);
  listener.accept()[0].close();
  assertEquals([first.poll(0), second.poll(0)], [[], []]);
});
