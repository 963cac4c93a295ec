import { assertEquals, assertMatch } from "@std/assert";
import { socket } from "@iomux/py";
import { reserved_port } from "../ports.ts";
import { test_ipv6 } from "../py/socket/setup.ts";
import {
  ran,
  run_args,
  type Server,
  started,
  startServer,
} from "../scripts.ts";
import { numbers, Peer } from "../servers/peer.ts";
import { curl, nc, PATIENCE, run_curl, socat } from "./peers.ts";

const root = new URL("../..", import.meta.url).pathname;

// examples/selectors.ts

const SELECTORS = "examples/selectors.ts";

nc.test("selectors.ts echoes the input of nc", async () => {
  await using server = await startServer(SELECTORS);
  const { host, port } = server;
  const args = ["-N", "-w", PATIENCE, host, String(port)];
  const { code, output } = await ran("nc", args, "hello\n");
  assertEquals([code, output], [0, "hello\n"]);
  await server.printed("echoing b'hello\\n' to <socket.socket fd=");
  await server.printed("closing <socket.socket fd=");
});

socat.test("selectors.ts echoes the input of socat, and closes when socat does", async () => {
  await using server = await startServer(SELECTORS);
  const to = `TCP:127.0.0.1:${server.port}`;
  const said = new TextDecoder().decode(numbers(300_000));
  const { output } = await ran("socat", ["-t", PATIENCE, "-", to], said);
  assertEquals(output === said, true);
});

Deno.test("selectors.ts keeps a client's unread bytes, and serves other clients", async () => {
  await using server = await startServer(SELECTORS);
  using slow = new Peer(server, 4096);
  const flood = await slow.flood();
  using other = new Peer(server);
  await other.send("me too");
  assertEquals(await other.text(6), "me too");
  slow.half_close();
  assertEquals(await slow.rest(), flood);
});

Deno.test("selectors.ts closes a client that resets", async () => {
  await using server = await startServer(SELECTORS);
  const rude = new Peer(server);
  await rude.send("hello");
  await rude.text(5);
  rude.reset();
  await server.printed("[Errno 104] Connection reset by peer");
  await server.printed("closing <socket.socket fd=");
  using other = new Peer(server);
  await other.send("hello");
  assertEquals(await other.text(5), "hello");
});

Deno.test("selectors.ts continues when it has no free descriptor", async () => {
  await using server = await startServer(SELECTORS, [], { descriptors: 40 });
  const peers = Array.from({ length: 40 }, () => new Peer(server));
  await server.printed("not accepting for now: Too many open files");
  await peers[0]!.send("still here");
  assertEquals(await peers[0]!.text(10), "still here");
  for (const peer of peers) peer.sock.close();
  using late = new Peer(server);
  await late.send("late");
  assertEquals(await late.text(4), "late");
});

// examples/socks5.ts

const SOCKS5 = "examples/socks5.ts";
const encoder = new TextEncoder();

function proxy({ port }: Server, password = "password"): string {
  return `username:${password}@127.0.0.1:${port}`;
}

/** Connects and logs in: the steps before a request. */
async function greeted(server: Server): Promise<Peer> {
  const peer = new Peer(server);
  await peer.send(new Uint8Array([5, 2, 0, 2]));
  assertEquals([...await peer.receive(2)], [5, 2]);
  // In parts: the proxy must not treat a short read as the whole message.
  for (const part of ["\x01\x08user", "name\x08pass", "word"]) {
    await peer.send(part);
    await peer.acknowledged();
  }
  assertEquals([...await peer.receive(2)], [1, 0]);
  return peer;
}

/** Requests a connection to a port of this machine. */
async function connected(server: Server, port: number): Promise<Peer> {
  const peer = await greeted(server);
  const address = [127, 0, 0, 1, port >> 8, port & 0xff];
  await peer.send(new Uint8Array([5, 1, 0, 1, ...address]));
  const [version, status, , type] = await peer.receive(10);
  assertEquals([version, status, type], [5, 0, 1]);
  return peer;
}

curl.test("socks5.ts connects curl --socks5 to an HTTP server", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  await using http = await startServer("examples/http.ts");
  const url = `http://127.0.0.1:${http.port}/`;
  const { code, output, errors } = await run_curl(
    "--socks5",
    proxy(server),
    url,
  );
  assertEquals([code, output, errors], [0, "Hello, world!", ""]);
  await server.printed(`Connected to 127.0.0.1 ${http.port}`);
});

curl.test("socks5.ts looks up the host for curl --socks5-hostname", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  await using http = await startServer("examples/http.ts");
  const args = ["--socks5-hostname", proxy(server), "--parallel"];
  const url = `http://localhost:${http.port}/[1-20]`;
  const { code, output } = await run_curl(...args, url);
  assertEquals([code, output], [0, "Hello, world!".repeat(20)]);
  await server.printed(`Connected to localhost ${http.port}`);
});

curl.test("socks5.ts refuses curl with another password", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  const { code, errors } = await run_curl(
    "--socks5",
    proxy(server, "guessed"),
    "http://127.0.0.1:1/",
  );
  assertEquals(code, 97);
  assertMatch(errors, /rejected by the SOCKS5 server/);
});

curl.test("socks5.ts tells curl that the connection was refused", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  using refusing = socket.socket();
  refusing.bind(["127.0.0.1", 0]);
  const [, port] = refusing.getsockname();
  const url = `http://127.0.0.1:${port}/`;
  const { code, errors } = await run_curl("--socks5", proxy(server), url);
  assertEquals(code, 97);
  assertMatch(errors, /\(5\)/);
  await server.printed(`Cannot reach 127.0.0.1 ${port}: [Errno 111]`);
});

Deno.test("socks5.ts forwards pending bytes, then the half-close", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  await using echo = await startServer("servers/echo.ts");
  using slow = await connected(server, echo.port);
  const flood = await slow.flood();
  using other = await connected(server, echo.port);
  await other.send("me too");
  assertEquals(await other.text(6), "me too");
  slow.half_close();
  assertEquals(await slow.rest(), flood);
});

Deno.test("socks5.ts continues after clients that reset, leave or send garbage", async () => {
  await using server = await startServer(SOCKS5, ["--allow-private"]);
  await using echo = await startServer("servers/echo.ts");
  const rude = await connected(server, echo.port);
  await rude.send(numbers(100_000));
  rude.reset();
  await server.printed("Connection reset by peer");
  using lost = new Peer(server);
  await lost.send(new Uint8Array([5]));
  lost.half_close();
  assertEquals((await lost.rest()).length, 0);
  using other = new Peer(server);
  await other.send("GET / HTTP/1.0\r\n\r\n");
  await server.printed("not SOCKS5");
  using bind = await greeted(server);
  await bind.send(new Uint8Array([5, 2, 0, 1, 127, 0, 0, 1, 0, 80]));
  assertEquals([...await bind.receive(4)], [5, 7, 0, 1]);
  using fine = await connected(server, echo.port);
  await fine.send("hello");
  assertEquals(await fine.text(5), "hello");
});

Deno.test("socks5.ts refuses this machine and private networks under any name", async () => {
  await using server = await startServer(SOCKS5);
  await using echo = await startServer("servers/echo.ts");
  const port = [echo.port >> 8, echo.port & 0xff];
  const name = (host: string) => [3, host.length, ...encoder.encode(host)];
  const mapped = socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1");
  for (
    const address of [
      [1, 127, 0, 0, 1],
      [1, 0, 0, 0, 0],
      [1, 10, 0, 0, 1],
      [1, 169, 254, 169, 254],
      [1, 172, 31, 0, 1],
      [1, 192, 168, 0, 1],
      [4, ...socket.inet_pton(socket.AF_INET6, "::1")],
      [4, ...mapped],
      [4, ...socket.inet_pton(socket.AF_INET6, "64:ff9b::7f00:1")],
      [4, ...socket.inet_pton(socket.AF_INET6, "2002:7f00:1::")],
      [4, ...socket.inet_pton(socket.AF_INET6, "fd00::1")],
      name("localhost"),
      name("127.1"),
      name("0x7f.1"),
    ]
  ) {
    using peer = await greeted(server);
    await peer.send(new Uint8Array([5, 1, 0, ...address, ...port]));
    assertEquals([...await peer.receive(4)], [5, 2, 0, 1], String(address));
  }
});

Deno.test("socks5.ts escapes control characters in a client's host name", async () => {
  await using server = await startServer(SOCKS5);
  using peer = await greeted(server);
  const host = encoder.encode("ü\u009b2J.invalid\u202e");
  await peer.send(new Uint8Array([5, 1, 0, 3, host.length, ...host, 0, 80]));
  await peer.receive(4);
  await server.printed("Cannot reach");
  const said = server.output() + server.errors();
  // deno-lint-ignore no-control-regex -- no line may have these
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(said), false, said);
});

// examples/multicast.ts

function multicast(...args: string[]): string[] {
  return ["run", "--allow-ffi", `${root}examples/multicast.ts`, ...args];
}

function receiver(...args: string[]): Promise<Server> {
  const deno = Deno.execPath();
  return started("examples/multicast.ts", deno, multicast(...args));
}

interface Sender extends AsyncDisposable {
  /** Its first error. */
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

test_ipv6(
  "multicast.ts --ipv6 reaches the receiver, or reports that there is no route",
  async () => {
    using reserved = reserved_port(socket.SOCK_DGRAM);
    const port = String(reserved.port);
    const args = ["--ipv6", "--interface", "lo", "--port", port];
    await using here = await receiver(...args);
    await using there = sender(...args);
    const heard = here.printed(/^\('::1', \d+, 0, \d+\) {2}b'1/m)
      .then(() => "");
    // Linux gives the loopback no multicast route of IPv6 by itself.
    const complaint = await Promise.race([heard, there.complaint]);
    if (complaint !== "") assertMatch(complaint, /: Network is unreachable$/m);
    await here.stop("SIGKILL");
    // Without a route, the receiver ends before it has heard anything.
    await heard.catch(() => {});
  },
);

// An option fails so where no interface has multicast.
const without_a_device =
  `data:text/javascript,import { libc, set_errno } from "file://${root}ffi/libc.ts";
  libc.setsockopt = () => (set_errno(19), -1);`;

for (const mode of [[], ["--send"]]) {
  const name = ["multicast.ts", ...mode].join(" ");
  Deno.test(`${name} reports in one line that it cannot set an option`, async () => {
    const run = run_args("examples/multicast.ts", mode, without_a_device);
    const { code, errors } = await ran(Deno.execPath(), run);
    assertEquals([code, errors], [1, "[Errno 19] No such device\n"]);
  });
}
