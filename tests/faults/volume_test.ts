import { assertEquals } from "@std/assert";
import { echoes, fault, note } from "./setup.ts";
import { Load } from "./load.ts";

const CLIENTS = 100;
// docs/reliability.md reports a run of 1,024, which takes some minutes on a slow machine.
const MIB = Number(Deno.env.get("IOMUX_FAULT_MIB") ?? 256);

for (const entry of echoes) {
  fault(
    entry,
    `echoes ${MIB} MiB through 100 clients with random stalls`,
    async (server) => {
      const bytes = Math.ceil((MIB << 20) / CLIENTS);
      // Without greedy clients everything fits into the kernel's buffers.
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
