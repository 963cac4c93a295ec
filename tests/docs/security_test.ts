import { assertEquals, assertMatch } from "@std/assert";
import { test } from "../descriptors.ts";
import { blocks, run_block } from "./blocks.ts";

const PAGE = "docs/security.md";
const page = Deno.readTextFileSync(
  new URL(`../../${PAGE}`, import.meta.url),
);
const [granted, refused] = blocks(PAGE);

test("docs/security.md: --allow-ffi starts a program that reads a file, whatever is denied", async () => {
  const { code, output } = await run_block(granted!);
  assertEquals(code, 0);
  assertEquals(output, Deno.readTextFileSync("/etc/hostname"));
});

test("docs/security.md: --deny-net refuses what its program prints", async () => {
  const { code, output } = await run_block(refused!);
  assertEquals(code, 0);
  const [, said] = /\/\/ (NotCapable: .*)/.exec(refused!.code)!;
  assertEquals(output, said + "\n");
});

function has_systemd(): boolean {
  try {
    return new Deno.Command("systemd-analyze", { args: ["--version"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

const unit = /```ini\n([^]*?)```/.exec(page)![1]!;
const title = "docs/security.md: systemd takes the unit without a word";

if (has_systemd()) {
  test(title, async () => {
    const folder = Deno.makeTempDirSync();
    try {
      // It looks whether the binary is there.
      const found = unit.replace("/usr/local/bin/deno", Deno.execPath());
      const path = `${folder}/iomux-echo.service`;
      Deno.writeTextFileSync(path, found);
      const { stdout, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", path],
      }).output();
      const decoder = new TextDecoder();
      const said = (decoder.decode(stdout) + decoder.decode(stderr)).split(
        "\n",
      );
      // Of other units on the machine it may have something to say.
      assertEquals(said.filter((line) => line.includes("iomux-echo")), []);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
} else {
  Deno.test.ignore(`${title} (ignored: no systemd-analyze here)`, () => {});
}

test("docs/security.md: each limit of the unit is in the table", () => {
  for (
    const [limit] of unit.matchAll(
      /^(LimitNOFILE|MemoryMax|TasksMax|CPUQuota)/gm,
    )
  ) {
    assertMatch(page, new RegExp(`^\\| [^|]*\`${limit}\``, "m"));
  }
});
