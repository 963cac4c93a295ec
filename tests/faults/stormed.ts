/**
 * The flagship in a storm of signals: one per millisecond interrupts its system calls.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/stormed.ts --backend epoll
 * ```
 *
 * @module
 */

import { storm } from "../ffi/storm.ts";

// Until the process ends.
storm(1);
await import("../../servers/echo.ts");
