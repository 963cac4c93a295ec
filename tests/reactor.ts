/**
 * Has the reactor open what all waits share, which then stays open: done before the
 * first test, it is nothing that a test leaves behind.
 *
 * @module
 */

import { leave, wait_for_events } from "../ffi/reactor.ts";
import { pipe } from "./ffi/kernel.ts";

const EPOLLIN = 1;

using fds = pipe();
const waiter = { wake: () => true, closed() {} };
leave(wait_for_events(fds.r.fileno(), EPOLLIN, waiter, false, null));
