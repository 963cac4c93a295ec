import { errno, OSError, socket, TimeoutError } from "@iomux/py";
import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { test } from "../../sanitized.ts";
import { limited, ran } from "../../scripts.ts";
import { turns } from "../async_twins.ts";
import {
  address_of,
  encode,
  failing,
  listening,
  unix_pair,
  until_readable,
} from "./setup.ts";

/** A client that the listener can accept at once. */
function connected(server: socket.Socket): socket.Socket {
  const client = socket.socket(server.family);
  client.connect(server.getsockname());
  until_readable(server);
  return client;
}

/** A listener of AF_UNIX, of the abstract namespace. */
function unix_listening(): socket.Socket {
  const server = socket.socket(socket.AF_UNIX);
  server.bind(`\0iomux-${crypto.randomUUID()}`);
  server.listen();
  return server;
}

for (
  const [family, make] of Object.entries({
    AF_INET: listening,
    AF_UNIX: unix_listening,
  })
) {
  test(`Socket[Symbol.asyncIterator]() yields clients until the listener is closed, of ${family}`, async () => {
    using server = make();
    using first = connected(server);
    const later: socket.Socket[] = [];
    let served = 0;
    for await (const [conn, address] of server) {
      assertEquals(address, conn.getpeername());
      conn.close();
      if (++served === 3) setTimeout(() => server.close(), 1);
      else setTimeout(() => later.push(connected(server)), 1);
    }
    assertEquals([served, server.fileno()], [3, -1]);
    assertEquals(first.recv(1).length, 0);
    later.forEach((client) => client.close());
  });
}

test("Socket[Symbol.asyncIterator]() leaves the listener open on break, for another loop", async () => {
  using server = listening();
  using _first = connected(server);
  using second = connected(server);
  for await (const [conn] of server) {
    conn.close();
    break;
  }
  for await (const [conn, address] of server) {
    assertEquals(address, second.getsockname());
    conn.close();
    break;
  }
});

test("Socket[Symbol.asyncIterator]() passes on an error of the loop's body", async () => {
  using server = listening();
  using _client = connected(server);
  const loop = async () => {
    for await (const [conn] of server) {
      conn.close();
      throw new Error("of the body");
    }
  };
  await assertRejects(loop, Error, "of the body");
  using _other = connected(server);
  server.accept()[0].close();
});

test("Socket[Symbol.asyncIterator]() ends at once if closed, and raises EINVAL without a listener, TimeoutError in time", async () => {
  const server = listening();
  server.settimeout(0.01);
  await assertRejects(() => Array.fromAsync(server), TimeoutError, "timed out");
  server.close();
  assertEquals(await Array.fromAsync(server), []);
  using pair = unix_pair();
  using fresh = socket.socket();
  for (const sock of [pair.a, fresh]) {
    const error = await assertRejects(() => Array.fromAsync(sock), OSError);
    assertEquals(error.code, "EINVAL");
  }
});

test("Socket[Symbol.asyncIterator]() skips a client that left before it was accepted", async () => {
  using server = listening();
  using client = connected(server);
  using aborted = failing("accept4", errno.ECONNABORTED, 1);
  for await (const [conn, address] of server) {
    assertEquals(address, client.getsockname());
    conn.close();
    break;
  }
  assertEquals(aborted.calls(), 2);
});

test("Socket[Symbol.asyncIterator]() of a detached socket ends, and leaves its clients alone", async () => {
  const server = listening();
  const accepted = Array.fromAsync(server);
  await turns();
  using again = socket.socket(-1, -1, -1, server.detach());
  assertEquals(await accepted, []);
  using client = connected(again);
  const [conn, address] = again.accept();
  assertEquals(address, client.getsockname());
  conn.close();
});

test("Socket[Symbol.asyncIterator]() ends its wait on return()", async () => {
  using server = listening();
  const clients = server[Symbol.asyncIterator]();
  const waiting = [clients.next(), clients.next()];
  await turns();
  await clients.return!();
  const over = { done: true, value: undefined } as const;
  assertEquals(await Promise.all(waiting), [over, over]);
  assertEquals(await clients.next(), over);
  // A wait that has ended takes no client.
  using client = connected(server);
  const [conn, address] = server.accept();
  assertEquals(address, client.getsockname());
  conn.close();
});

test("Socket[Symbol.asyncIterator]() waits though the listener is non-blocking", async () => {
  using server = listening();
  server.setblocking(false);
  let client: socket.Socket | null = null;
  setTimeout(() => client = connected(server), 1);
  for await (const [conn] of server) {
    conn.close();
    break;
  }
  client!.close();
});

test("Socket[Symbol.asyncIterator]() serves fifty clients side by side, each by its streams", async () => {
  using server = listening(64);
  const served: Promise<void>[] = [];
  const serving = (async () => {
    for await (const [conn] of server) {
      served.push(conn.readable.pipeTo(conn.writable));
    }
  })();
  const asked = Array.from({ length: 50 }, async (_, i) => {
    using client = socket.socket();
    await client.connectAsync(address_of(server));
    await client.write(encode(`client ${i}`));
    await client.writable.close();
    return await new Response(client.readable).text();
  });
  const answers = await Promise.all(asked);
  assertEquals(answers, answers.map((_, i) => `client ${i}`));
  server.close();
  await serving;
  await Promise.all(served);
});

test("Socket[Symbol.asyncIterator]() waits while no descriptor is free, then continues", async () => {
  // In a process of its own: the limit would hold for the test runner, too.
  const path = new URL("fixtures/crowded.ts", import.meta.url).pathname;
  const run = [Deno.execPath(), "run", "--quiet", "--allow-ffi", path];
  const { output, errors } = await ran("sh", ["-c", limited(100), ...run]);
  assertEquals(
    [output, errors],
    ["EMFILE\nwaited\npaused\naccepted\n", ""],
  );
});

for (const name of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"] as const) {
  test(`Socket[Symbol.asyncIterator]() tries again after ${name}`, async () => {
    using server = listening();
    using _client = connected(server);
    using tries = failing("accept4", errno[name], 1);
    for await (const [conn] of server) {
      conn.close();
      break;
    }
    assertGreater(tries.calls(), 1);
  });
}

test("Socket.acceptAsync() loses no client when an overridden fileno() aborts its signal", async () => {
  using server = listening();
  const fileno = server.fileno.bind(server);
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    const accepted = server.acceptAsync({ signal: controller.signal });
    const outcome = accepted.then(([conn]) => conn, () => null);
    server.fileno = () => {
      controller.abort();
      return fileno();
    };
    using _client = connected(server);
    const conn = await outcome;
    delete (server as Partial<socket.Socket>).fileno;
    // Aborted, it leaves the client for the next call.
    (conn ?? server.accept()[0]).close();
  }
});
