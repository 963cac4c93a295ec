/**
 * Leaves the reactor without its check once a second, which would serve a wait that missed its
 * event. Import it before anything that waits.
 *
 * @module
 */

import { untraced } from "../../ffi/libc.ts";

// As if no descriptor were free: waits go on without the timer.
Object.assign(untraced, { timerfd_create: () => -1 });
