import { assertEquals } from "@std/assert";
import { reserved_port } from "../ports.ts";
import { connected, start_unprinted } from "../unprinted.ts";
import { answered, greeted, servers } from "./catalogue.ts";

for (const entry of servers) {
  Deno.test(`${entry.name} serves, and stops in order, though it cannot print`, async () => {
    using reserved = reserved_port();
    const { script, args } = entry;
    await using server = await start_unprinted(script, reserved.port, args);
    using peer = await connected(server);
    await greeted(entry, peer);
    await answered(entry, peer);
    assertEquals((await server.stop()).code, 0);
  });
}
