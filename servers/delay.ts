/**
 * Document 002: sends the time to each client every 5 seconds. The document serves one client
 * at a time; this server serves all of them from one loop.
 *
 * ```sh
 * deno run --allow-ffi servers/delay.ts --interval 2
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { family_of, parse, seconds } from "../cli/flags.ts";
import { listen, listening, Stop, summary } from "../cli/server.ts";
import { show_address } from "../cli/show.ts";

const { host, port, backlog, interval } = parse(
  "servers/delay.ts",
  "Sends the time to each client, again and again.\n" +
    "Document 002 of docs/documents.md; its clients are clients/poll.ts and clients/select.ts.",
  {
    ...listening("0.0.0.0", 51423),
    interval: seconds(5, "the time between two lines"),
  },
);

const stop = new Stop();
const s = socket.socket(family_of(host), socket.SOCK_STREAM);
s.setblocking(false);
listen(s, host, port, backlog, "clients/poll.ts");

const inputs = new Set<socket.Socket>([s]);
// The clients to send to, each with the unsent part of its line
const outputs = new Map<socket.Socket, Uint8Array>();
// When each client gets its next line, the earliest first: all have the same interval, so a
// client that has just got a line goes to the end.
const due = new Map<socket.Socket, number>();
let served = 0, sent = 0;

while (stop.goes_on(outputs.size)) {
  const [next = Infinity] = due.values();
  const wait = stop.within(Math.max(0, next - performance.now()) / 1000);
  const [readable, writable] = select.select(inputs, outputs.keys(), [], wait);
  await stop.turn(readable.length + writable.length); // Ctrl-C gets its turn
  for (const r of readable) {
    try {
      if (r === s) {
        const [clientsock, clientaddr] = s.accept();
        console.log(`Got Connection from ${show_address(clientaddr)}`);
        // Process the connection
        clientsock.setblocking(false);
        inputs.add(clientsock);
        tell_time(clientsock);
        served++;
      } else if (r.recv(4096).length === 0) {
        // Half-closed: it still gets the time, until sending fails
        inputs.delete(r);
      }
    } catch (error) {
      failed(r, error);
    }
  }

  const now = performance.now();
  for (const [clientsock, at] of due) {
    if (at > now || stop.requested) break;
    tell_time(clientsock);
  }
  for (const clientsock of writable) {
    const left = outputs.get(clientsock);
    if (left === undefined) continue; // Closed above
    try {
      const length = clientsock.send(left); // The kernel may take only a part
      sent += length;
      if (length === left.length) outputs.delete(clientsock);
      else outputs.set(clientsock, left.subarray(length));
    } catch (error) {
      failed(clientsock, error);
    }
  }
  // When stopping: close the listener once no client waits to be accepted
  if (stop.requested && !readable.includes(s)) {
    inputs.delete(s);
    s.close();
  }
}
for (const clientsock of due.keys()) close(clientsock, "as the server stops");
console.log(summary(served, "sent", sent));

/** Queues the time for a client, unless its last line is still unsent. */
function tell_time(clientsock: socket.Socket): void {
  due.delete(clientsock);
  due.set(clientsock, performance.now() + interval * 1000);
  if (outputs.has(clientsock)) return;
  outputs.set(clientsock, new TextEncoder().encode(asctime() + "\n"));
}

/** Python's `time.asctime()`: `Sat Nov 21 03:42:00 2026`, local time. */
function asctime(): string {
  const [day, month, date, year, time] = new Date().toString().split(" ");
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}

function failed(sock: socket.Socket, error: unknown): void {
  if (error instanceof BlockingIOError) return; // A spurious wake-up, see select(2)
  if (!(error instanceof OSError)) throw error;
  if (sock !== s) return close(sock, `after ${error.strerror}`);
  // No free descriptor (EMFILE): select would report s at once, again and again
  inputs.delete(s);
  stop.pause(error, () => inputs.add(s));
}

// Close the connection
function close(clientsock: socket.Socket, why: string): void {
  console.log(`closing ${clientsock} ${why}`);
  for (const each of [inputs, outputs, due]) each.delete(clientsock);
  clientsock.close();
}
