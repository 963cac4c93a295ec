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
  const pointer = Deno.UnsafePointer.create(timeout as bigint);
  if (pointer !== null) {
    const timeval = Deno.UnsafePointerView.getArrayBuffer(pointer, 16);
    const words = new BigInt64Array(timeval);
    // A look does not wait.
    if (words.some((word) => word > 0n)) words.set([BigInt(SECONDS), 0n]);
  }
  return select(nfds, reads, writes, excepts, timeout);
};
table.poll = (fds, nfds, timeout) =>
  poll(fds, nfds, timeout > 0 ? SECONDS * 1000 : timeout);
