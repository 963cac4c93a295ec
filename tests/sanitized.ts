/**
 * Tests that, besides, must end what they start: Deno's own sanitizers of operations and
 * resources, which Deno 2.9 leaves out unless they are asked for.
 *
 * @module
 */

import { test as plain } from "./descriptors.ts";
import { one, turns } from "./py/async_twins.ts";
import { unix_pair } from "./py/socket/setup.ts";
import "./reactor.ts";

/** The `test()` of `descriptors.ts` under the sanitizers. */
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
 * An abort settles its promise and wakes the thread, which needs a moment to come back. A
 * wait that only the thread can serve is served after that; a timer fires after those that
 * are due before it, however busy the machine is.
 */
export async function idle(): Promise<void> {
  using pair = unix_pair();
  const served = pair.b.recvAsync(1).then(() => {});
  await turns();
  pair.a.send(one);
  await served;
  await new Promise((resolve) => setTimeout(resolve, LAST_LOOK));
}
