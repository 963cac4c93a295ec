/**
 * Whether timers keep time while an echo serves 50 busy connections: how many ticks of
 * `setInterval(…, 10)` are seen of those that are due, with `redis-benchmark` as the client.
 *
 * `deno run --allow-all bench/ticks.ts`; `--allow-net` is for `Deno.listen` only.
 *
 * @module
 */

import { select, socket } from "../mod.ts";

const EVERY = 10;
const CONNECTIONS = 50;
const REQUESTS = 400_000;

/** An echo server: where it listens, and what stops it. */
interface Echo {
  readonly port: number;
  stop(): void;
}

function listener(): [server: socket.Socket, port: number] {
  const server = socket.create_server(["127.0.0.1", 0], { backlog: 128 });
  return [server, (server.getsockname() as socket.InetAddress)[1]];
}

/** A loop for each client, or its streams. */
function by_client(serve: (conn: socket.Socket) => Promise<void>): Echo {
  const [server, port] = listener();
  (async () => {
    // redis-benchmark resets what it has done with.
    for await (const [conn] of server) {
      serve(conn).catch(() => {}).finally(() => conn.close());
    }
  })();
  return { port, stop: () => server.close() };
}

function by_poll(): Echo {
  const [server, port] = listener();
  const stop = new AbortController();
  const clients = new Map<number, socket.Socket>();
  const poller = select.epoll();
  poller.register(server, select.EPOLLIN);
  const drop = (fd: number, client: socket.Socket) => {
    clients.delete(fd);
    client.close();
  };
  const serve = async () => {
    for (;;) {
      for (const [fd] of await poller.pollAsync(null, -1, stop)) {
        const client = clients.get(fd);
        if (client === undefined) {
          const [conn] = server.accept();
          clients.set(conn.fileno(), conn);
          poller.register(conn, select.EPOLLIN);
          continue;
        }
        try {
          const data = client.recv(65536);
          if (data.length === 0) drop(fd, client);
          else client.sendall(data);
        } catch {
          drop(fd, client);
        }
      }
    }
  };
  serve().catch(() => {});
  return {
    port,
    stop() {
      stop.abort();
      for (const [fd, client] of clients) drop(fd, client);
      poller.close();
      server.close();
    },
  };
}

function by_deno(): Echo {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of server) {
      conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  return { port: server.addr.port, stop: () => server.close() };
}

const servers: Record<string, () => Echo> = {
  "recvAsync and sendallAsync": () =>
    by_client(async (conn) => {
      for (let data; (data = await conn.recvAsync(65536)).length > 0;) {
        await conn.sendallAsync(data);
      }
    }),
  "read and write": () =>
    by_client(async (conn) => {
      const buffer = new Uint8Array(65536);
      for (let size; (size = await conn.read(buffer)) !== null;) {
        await conn.write(buffer.subarray(0, size));
      }
    }),
  "readable to writable": () =>
    by_client((conn) => conn.readable.pipeTo(conn.writable)),
  "Epoll.pollAsync": by_poll,
  "Deno.listen, readable to writable": by_deno,
};

/**
 * Counts ticks while something goes on. Deno starts each interval when the last tick came,
 * late as it was: so a tick is missed for each whole interval that passed without one.
 */
async function count(action: () => Promise<void>): Promise<string> {
  let seen = 0, missed = 0, longest = 0;
  const began = performance.now();
  let last = began;
  const timer = setInterval(() => {
    const now = performance.now(), gap = now - last;
    longest = Math.max(longest, gap);
    missed += Math.max(0, Math.floor(gap / EVERY) - 1);
    last = now;
    seen++;
  }, EVERY);
  await action();
  clearInterval(timer);
  const due = seen + missed;
  return `${seen} ticks seen of ${due} due, ` +
    `${((last - began) / seen).toFixed(1)} ms from one to the next, ` +
    `${longest.toFixed(1)} ms at most`;
}

const idle = await count(() => new Promise((go) => setTimeout(go, 5000)));
console.log(`nothing else: ${idle}`);
for (const [name, start] of Object.entries(servers)) {
  const echo = start();
  let rate = "";
  const ticks = await count(async () => {
    const args = ["-p", echo.port, "-t", "ping_mbulk", "--csv"]
      .concat(["-c", CONNECTIONS, "-n", REQUESTS]).map(String);
    const { stdout } = await new Deno.Command("redis-benchmark", { args })
      .output();
    const row = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
    rate = row.split(",")[1]!.replaceAll('"', "");
  });
  echo.stop();
  console.log(`${name}: ${ticks}, ${Math.round(Number(rate))} requests/s`);
}
