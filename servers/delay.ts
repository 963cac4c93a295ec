/**
 * Document 002: sends the time to each client every 5 seconds, the first at once, to all
 * of them from one loop.
 *
 * ```sh
 * deno run --allow-ffi servers/delay.ts --interval 2
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { parse, seconds } from "../cli/flags.ts";
import { family_of, listen, listening } from "../cli/listen.ts";
import { Stop } from "../cli/stop.ts";
import { Lists } from "./backend.ts";
import { Clients } from "./clients.ts";

const { host, port, backlog, interval } = parse(
  "servers/delay.ts",
  "Sends the time to each client, again and again.",
  {
    ...listening("0.0.0.0", 51423),
    interval: seconds(5, "how long from one time to the next"),
  },
);

const stop = new Stop();
const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setblocking(false);
listen(s, host, port, backlog);

// When each client is sent the time next. All wait equally long: whoever was sent
// something goes to the end, and the first is always the next.
const due = new Map<socket.Socket, number>();

const lists = new Lists();
const { inputs, outputs } = lists;
const clients = new Clients(s, lists, stop, {
  // Who has closed its own half may still want to know the time.
  serve_on: true,
  closing: (clientsock, address, why) => {
    due.delete(clientsock);
    console.log(`closing ${address} ${why}`);
  },
});

while (clients.open()) {
  const [readable, writable] = await clients.wait(
    until_next(),
    (timeout) => select.select(inputs, outputs, [], timeout),
  );
  for (const r of readable) {
    if (r === s) {
      const clientsock = clients.accept();
      if (clientsock === null) continue;
      // Process the connection
      console.log(`Got Connection from ${clients.address(clientsock)}`);
      tell_time(clientsock, performance.now());
    } else {
      // It leaves; or it sends something, which is of no interest here
      clients.receive(r);
    }
  }
  // What did not go at once
  for (const w of writable) clients.get(w);

  const now = performance.now();
  for (const [clientsock, at] of due) {
    if (at > now) break;
    tell_time(clientsock, now);
  }
}
console.log(clients.summary("sent"));

/** Seconds until somebody is to be told the time. */
function until_next(): number {
  for (const at of due.values()) {
    return Math.max(0, at - performance.now()) / 1000;
  }
  return Infinity;
}

function tell_time(clientsock: socket.Socket, now: number): void {
  due.delete(clientsock);
  due.set(clientsock, now + interval * 1000);
  // Who does not read the last is not sent ever more.
  if (clients.owed(clientsock) > 0) return;
  clients.send(clientsock, new TextEncoder().encode(asctime() + "\n"));
}

/** Python's `time.asctime()`: `Sat Nov 21 03:42:00 2026`, local time. */
function asctime(): string {
  const [day, month, date, year, time] = new Date().toString().split(" ");
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}
