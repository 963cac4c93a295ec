import { assertEquals, assertThrows } from "@std/assert";
import { format } from "@std/fmt/bytes";
import * as colors from "@std/fmt/colors";

// These hold for the real @std/fmt as they do for the stand-in.

Deno.test({
  name: `colors wrap text and can be switched off${
    Deno.noColor ? " (ignored: NO_COLOR is set)" : ""
  }`,
  ignore: Deno.noColor,
  fn() {
    const before = colors.getColorEnabled();
    try {
      colors.setColorEnabled(true);
      assertEquals(colors.red("x"), "\x1b[31mx\x1b[39m");
      assertEquals(colors.bold("x"), "\x1b[1mx\x1b[22m");
      assertEquals(colors.gray("x"), "\x1b[90mx\x1b[39m");
      assertEquals(
        colors.green(`a${colors.blue("b")}c`),
        "\x1b[32ma\x1b[34mb\x1b[32mc\x1b[39m",
      );
      colors.setColorEnabled(false);
      assertEquals(colors.getColorEnabled(), false);
      assertEquals(colors.cyan("x"), "x");
    } finally {
      colors.setColorEnabled(before);
    }
  },
});

Deno.test("colors are off where NO_COLOR is set", () => {
  if (Deno.noColor) colors.setColorEnabled(true);
  assertEquals(Deno.noColor && colors.getColorEnabled(), false);
});

Deno.test("stripAnsiCode() leaves the text", () => {
  assertEquals(
    colors.stripAnsiCode("\x1b[1m\x1b[31mx\x1b[39m\x1b[22m y"),
    "x y",
  );
});

Deno.test("format() writes bytes with their unit", () => {
  assertEquals(format(0), "0 B");
  assertEquals(format(999), "999 B");
  assertEquals(format(1337), "1.34 kB");
  assertEquals(format(-1337), "-1.34 kB");
  assertEquals(format(1536, { binary: true }), "1.5 kiB");
  assertEquals(format(1e6, { bits: true, signed: true }), "+1 Mbit");
  assertThrows(() => format(Infinity), TypeError);
});
