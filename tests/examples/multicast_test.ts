import { assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { reserved_port } from "../ports.ts";
import { type Server, started } from "../scripts.ts";

const root = new URL("../..", import.meta.url).pathname;

function multicast(...args: string[]): string[] {
  return ["run", "--allow-ffi", `${root}examples/multicast.ts`, ...args];
}

function receiver(...args: string[]): Promise<Server> {
  const deno = Deno.execPath();
  return started("examples/multicast.ts", deno, multicast(...args));
}

interface Sender extends AsyncDisposable {
  /** What it complains of first. */
  readonly complaint: Promise<string>;
}

function sender(...args: string[]): Sender {
  const child = new Deno.Command(Deno.execPath(), {
    args: multicast("--send", ...args),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.getReader();
  return {
    complaint: reader.read()
      .then(({ value }) => new TextDecoder().decode(value)),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test("multicast.ts sends the time to every receiver on the loopback", async () => {
  // Both receivers set SO_REUSEADDR.
  using reserved = reserved_port(socket.SOCK_DGRAM);
  const port = String(reserved.port);
  const args = ["--interface", "127.0.0.1", "--port", port];
  await using one = await receiver(...args);
  await using two = await receiver(...args);
  await using _ = sender(...args);
  for (const { printed } of [one, two]) {
    await printed(/^\('127\.0\.0\.1', \d+\) {2}b'1\d{9}(\.\d+)?'$/m);
  }
});

Deno.test("multicast.ts --ipv6 reaches the receiver, or reports that there is no route", async () => {
  using reserved = reserved_port(socket.SOCK_DGRAM);
  const port = String(reserved.port);
  const args = ["--ipv6", "--interface", "lo", "--port", port];
  await using here = await receiver(...args);
  await using there = sender(...args);
  const heard = here.printed(/^\('::1', \d+, 0, \d+\) {2}b'1/m)
    .then(() => "", () => "");
  // Linux gives the loopback no multicast route of IPv6 by itself.
  const complaint = await Promise.race([heard, there.complaint]);
  if (complaint !== "") assertMatch(complaint, /: Network is unreachable$/m);
  await here.stop("SIGKILL");
  await heard;
});
