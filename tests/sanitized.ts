/**
 * Tests under Deno's sanitizers of operations and resources, which are off by default in
 * Deno 2.9.
 *
 * @module
 */

import { test as plain } from "./descriptors.ts";
import { one, turns } from "./py/async_twins.ts";
import { unix_pair } from "./py/socket/setup.ts";
import "./reactor.ts";

/** Registers a test of `descriptors.ts` under the sanitizers. */
export function test(name: string, fn: () => void | Promise<void>): void {
  plain(name, async () => {
    await fn();
    await idle();
  }, { sanitizeOps: true, sanitizeResources: true });
}

// Milliseconds, longer than the reactor's own timer between two looks.
const LAST_LOOK = 15;

/**
 * Waits until the reactor is idle: no thread parked, no timer set.
 *
 * An abort settles its promise and wakes the thread, which needs a moment to return. So this
 * awaits a wait that only the thread can serve. Then it sets a timer, which fires after all
 * timers that are due earlier, however busy the machine is.
 */
export async function idle(): Promise<void> {
  using pair = unix_pair();
  const served = pair.b.recvAsync(1).then(() => {});
  await turns();
  pair.a.send(one);
  await served;
  await new Promise((resolve) => setTimeout(resolve, LAST_LOOK));
}
