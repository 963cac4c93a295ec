import { assertEquals } from "@std/assert";
import { python3, ran, without_python3 } from "../scripts.ts";
import { blocks, run_block } from "./blocks.ts";

const root = new URL("../../", import.meta.url).pathname;
const page = "docs/guide.md";
const text = Deno.readTextFileSync(root + page);

/** Every `ts ignore` block: `deno test --doc` leaves them out. */
const left_out = [...text.matchAll(/^```ts ignore$/gm)].length;
const with_command = blocks(page).filter(({ command }) => command !== null);

Deno.test("docs/guide.md shows a command for each program that deno test --doc skips", () => {
  assertEquals(with_command.length, left_out);
});

for (const block of with_command) {
  Deno.test(`docs/guide.md:${block.line} runs by ${block.command}`, async () => {
    const { code, errors } = await run_block(block);
    assertEquals([code, errors], [0, ""]);
  });
}

for (const [, program] of text.matchAll(/^```python\n(.*?)^```$/gms)) {
  const line = text.slice(0, text.indexOf(program!)).split("\n").length - 1;
  Deno.test({
    name: `docs/guide.md:${line} runs in Python${without_python3}`,
    ignore: !python3,
    async fn() {
      const ended = await ran("python3", ["-c", program!]);
      assertEquals([ended.code, ended.errors], [0, ""]);
    },
  });
}
