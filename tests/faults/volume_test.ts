import { assertEquals } from "@std/assert";
import { echoes, fault, note } from "./setup.ts";
import { Load } from "./load.ts";

const CLIENTS = 100;
const GIB = 1 << 30;

for (const entry of echoes) {
  fault(
    entry,
    "echoes 1 GiB through 100 clients with random stalls",
    async (server) => {
      const bytes = Math.ceil(GIB / CLIENTS);
      // Stalls alone would all fit into the kernels' buffers.
      const options = { clients: CLIENTS, bytes, stall: 100, greedy: 5 };
      using load = new Load(server, options);
      const start = performance.now();
      await load.run();
      const seconds = (performance.now() - start) / 1000;
      assertEquals(load.received, CLIENTS * bytes);
      note(entry, { MiB: load.received >> 20, seconds });
    },
  );
}
