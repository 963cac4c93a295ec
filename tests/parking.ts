/**
 * Makes a parked thread the waker of a test file: for `deno test --preload`.
 *
 * @module
 */

import { open_parking } from "../ffi/parking.ts";
import { use_waker } from "../ffi/reactor.ts";

use_waker(open_parking);
