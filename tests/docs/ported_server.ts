/**
 * The server of docs/porting.md, whose page shows it in parts, in two languages.
 *
 * @module
 */

import { assert } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** The program that the blocks of one language make, one after another. */
export function ported_server(language: "python" | "ts ignore"): string {
  const page = Deno.readTextFileSync(new URL("docs/porting.md", root));
  const section = /^## One server, twice\n(.*?)^## /ms.exec(page)![1]!;
  const block = new RegExp("^```" + language + "\n(.*?)^```$", "gms");
  const blocks = [...section.matchAll(block)].map(([, code]) => code!);
  assert(blocks.length > 0, `no block is marked ${language}`);
  return blocks.join("\n");
}
