// A thread of its own, with an errno of its own.
import { select } from "../../mod.ts";

declare const self: { postMessage(message: unknown): void };

const messages = new Set<string>();
for (let i = 0; i < 10000; i++) {
  try {
    select.select([1_000_000], [], [], 0);
  } catch (error) {
    messages.add((error as Error).message);
  }
}
self.postMessage([...messages]);
