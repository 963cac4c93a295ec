/**
 * Makes a server print `quiet 1`, `quiet 2` … on standard error, each after two waits in a row
 * that blocked: for `deno run --preload`. The waits of a server that spins return at once, so it
 * prints nothing.
 *
 * @module
 */

import { libc } from "../../ffi/libc.ts";

// Milliseconds; a server's waits last up to PATIENCE, which is 250 ms.
const SHORT = 100;
const encoder = new TextEncoder();

let in_a_row = 0, said = 0;
function note(blocked: boolean): void {
  in_a_row = blocked ? in_a_row + 1 : 0;
  if (in_a_row < 2) return;
  in_a_row = 0;
  Deno.stderr.writeSync(encoder.encode(`quiet ${++said}\n`));
}

/** Milliseconds of a struct timeval at an address. */
function milliseconds(address: bigint): number {
  const timeval = Deno.UnsafePointer.create(address);
  if (timeval === null) return Infinity;
  const view = new Deno.UnsafePointerView(timeval);
  return 1000 * Number(view.getBigInt64(0)) +
    Number(view.getBigInt64(8)) / 1000;
}

const table = libc as {
  -readonly [Name in keyof typeof libc]: typeof libc[Name];
};
const { select, poll, epoll_wait } = libc;

// A wait that finds nothing ready has blocked for its time-out.
table.select = (nfds, reads, writes, excepts, timeout) => {
  const short = milliseconds(timeout as bigint) < SHORT;
  const ready = select(nfds, reads, writes, excepts, timeout);
  note(ready === 0 && !short);
  return ready;
};
table.poll = (fds, nfds, timeout) => {
  const ready = poll(fds, nfds, timeout);
  note(ready === 0 && timeout >= SHORT);
  return ready;
};
// The flagship's waits end with the event of a timer: check beforehand whether they block.
table.epoll_wait = (epfd, events, most, timeout) => {
  const ready = epoll_wait(epfd, events, most, 0);
  note(ready === 0 && (timeout < 0 || timeout >= SHORT));
  return ready === 0 ? epoll_wait(epfd, events, most, timeout) : ready;
};
