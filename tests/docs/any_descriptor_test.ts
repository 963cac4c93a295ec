import { assertEquals } from "@std/assert";
import { socket } from "@iomux/py";

Deno.test("Deno.serve() ignores a descriptor, as docs/any-descriptor.md says", async () => {
  const [sock, peer] = socket.socketpair();
  const options = { fd: sock.fileno(), hostname: "127.0.0.1", port: 0 };
  const server = Deno.serve(
    { ...options, onListen() {} },
    () => new Response(),
  );
  assertEquals([server.addr.hostname, server.addr.port > 0], [
    "127.0.0.1",
    true,
  ]);
  await server.shutdown();
  for (const s of [sock, peer]) s.close();
});
