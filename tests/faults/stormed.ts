/**
 * The flagship in a storm of signals: each millisecond one interrupts whatever it is in.
 *
 * ```sh
 * deno run --allow-ffi tests/faults/stormed.ts --backend epoll
 * ```
 *
 * @module
 */

import { storm } from "../ffi/storm.ts";

// For as long as the process lives.
storm(1);
await import("../../servers/echo.ts");
