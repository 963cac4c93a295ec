import { assertEquals, assertStringIncludes } from "@std/assert";
import { layers, way } from "../../docs/pictures/draw.ts";
import { ran } from "../scripts.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const old = Deno.version.deno.startsWith("2.8.");

for (const [name, draw] of Object.entries({ layers, way })) {
  const path = `docs/pictures/${name}.svg`;
  const title = `${path} is what docs/pictures/draw.ts draws`;
  Deno.test({
    name: title + (old ? " (ignored: deno fmt 2.8 takes no SVG)" : ""),
    ignore: old,
    fn: async () => {
      const fmt = ["fmt", "--ext=svg", "-"];
      const { output } = await ran(Deno.execPath(), fmt, draw());
      assertEquals(read(path), output, "run docs/pictures/draw.ts");
    },
  });

  Deno.test(`${path} is in ARCHITECTURE.md`, () => {
    assertStringIncludes(read("ARCHITECTURE.md"), `](${path})`);
  });
}
