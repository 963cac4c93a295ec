import { test } from "./descriptors.ts";
import { socket } from "@iomux/py";
test("leaks", () => {
  const s = socket.socket();
  s.fileno();
});
test("fine", () => {
  using _s = socket.socket();
});
test("command", async () => {
  await new Deno.Command("true").output();
});
test("command2", async () => {
  await new Deno.Command("true").output();
});
