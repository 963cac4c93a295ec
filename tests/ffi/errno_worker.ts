// A thread of its own, with an errno of its own.
import { select } from "../../mod.ts";

declare const self: { postMessage(message: unknown): void };

let message = "";
for (let i = 0; i < 1000; i++) {
  try {
    select.select([1_000_000], [], [], 0);
  } catch (error) {
    message = (error as Error).message;
  }
}
self.postMessage(message);
