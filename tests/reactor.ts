/**
 * Has the reactor open what all waits share, which then stays open: done before the
 * first test, it is nothing that a test leaves behind.
 *
 * @module
 */

import { expect, unwatch, watch } from "../ffi/reactor.ts";
import { pipe } from "./ffi/kernel.ts";

const EPOLLIN = 1;

using fds = pipe();
const waiter = { wake() {}, closed() {} };
expect(fds.r.fileno(), EPOLLIN, waiter);
watch(fds.r.fileno());
unwatch(fds.r.fileno(), waiter);
