import { assertEquals } from "@std/assert";
import { reserved_port } from "../ports.ts";
import { connected, start_unprinted } from "../unprinted.ts";

const control = `iomux-unprinted-${Deno.pid}`;

/** What a client says to each example that listens, and what the answer begins with. */
const examples: Record<string, [say: string, answer: string, ...string[]]> = {
  chat: ["me\n", "This is pychat.\n"],
  handover: ["me\n", "process ", "--control", control],
  http: ["GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n"],
  node_http: ["GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"],
  selectors: ["me\n", "me\n"],
  socks5: ["\x05\x01\x02", "\x05\x02"],
};

for (const [name, [say, answer, ...args]] of Object.entries(examples)) {
  Deno.test(`${name}.ts serves, though it cannot print`, async () => {
    using reserved = reserved_port();
    const script = `examples/${name}.ts`;
    await using server = await start_unprinted(script, reserved.port, args);
    // The second client shows that the first has not ended it
    for (let i = 0; i < 2; i++) {
      using peer = await connected(server);
      await peer.send(say);
      assertEquals(await peer.text(answer.length), answer);
    }
  });
}
