/**
 * Makes every socket() of a script fail, as on a kernel without IPv6 and without a free
 * descriptor: for `deno run --preload`.
 *
 * @module
 */

import { EAFNOSUPPORT, EMFILE } from "../ffi/errno.ts";
import { libc, set_errno } from "../ffi/libc.ts";

const AF_INET6 = 10;

Object.assign(libc, {
  socket(domain: number): number {
    set_errno(domain === AF_INET6 ? EAFNOSUPPORT : EMFILE);
    return -1;
  },
});
