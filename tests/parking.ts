/**
 * Has the waits of a test file woken by a parked thread: for `deno test --preload`.
 *
 * @module
 */

import { use_waker } from "../ffi/reactor.ts";

use_waker("parking");
