/**
 * Makes a parked thread the waker of a test file: for `deno test --preload`.
 *
 * @module
 */

import { use_waker } from "../ffi/reactor.ts";

use_waker("parking");
