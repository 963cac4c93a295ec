/**
 * A waker that waits for nothing: a test calls the reactor back by itself. Import it first, since
 * other modules of the tests open the reactor.
 *
 * @module
 */

import { use_waker } from "../../ffi/reactor.ts";
import type { Callbacks } from "../../ffi/waker.ts";

/** What the reactor has the waker call. */
export let reactor: Callbacks;

/** How many turns were asked for. */
export let turns = 0;

use_waker((_epfd, callbacks) => {
  reactor = callbacks;
  return { arm() {}, disarm() {}, turn: () => void turns++ };
});
