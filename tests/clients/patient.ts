/**
 * Makes the waits of a client last two seconds: for `deno run --preload`. So bytes that a test
 * sends one after the other arrive within one wait, however busy the machine is.
 *
 * @module
 */

import { libc } from "../../ffi/libc.ts";

const SECONDS = 2;

const table = libc as {
  -readonly [Name in keyof typeof libc]: typeof libc[Name];
};
const { select, poll } = libc;

table.select = (nfds, reads, writes, excepts, timeout) => {
  const timeval = Deno.UnsafePointer.create(timeout as bigint);
  if (timeval !== null) {
    new BigInt64Array(Deno.UnsafePointerView.getArrayBuffer(timeval, 16))
      .set([BigInt(SECONDS), 0n]);
  }
  return select(nfds, reads, writes, excepts, timeout);
};
table.poll = (fds, nfds, timeout) =>
  poll(fds, nfds, timeout > 0 ? SECONDS * 1000 : timeout);
