import { select, socket } from "@iomux/py";
import "../reactor.ts";
import { turns } from "./async_twins.ts";

for (const how of ["aborted", "closed"]) {
  Deno.test({
    name: `Async twins that are ${how} pass Deno's sanitizers at once`,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const [a, b] = socket.socketpair();
      const controller = new AbortController();
      const { signal } = controller;
      const poller = select.poll();
      poller.register(b, select.POLLIN);
      const waits = [
        b.recvAsync(1, 0, { signal }),
        poller.pollAsync(null, { signal }),
      ];
      await turns();
      if (how === "aborted") controller.abort();
      a.close();
      b.close();
      await Promise.allSettled(waits);
    },
  });
}
