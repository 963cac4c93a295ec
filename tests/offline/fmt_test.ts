import { assertEquals } from "@std/assert";
import * as colors from "@std/fmt/colors";

// These hold for the genuine @std/fmt, too: test:std runs them with it.

Deno.test({
  name: `Colours wrap text and can be switched off${
    Deno.noColor ? " (ignored: NO_COLOR is set)" : ""
  }`,
  ignore: Deno.noColor,
  fn() {
    const before = colors.getColorEnabled();
    try {
      colors.setColorEnabled(true);
      assertEquals(colors.green("x"), "\x1b[32mx\x1b[39m");
      assertEquals(
        colors.green(`a${colors.yellow("b")}c`),
        "\x1b[32ma\x1b[33mb\x1b[32mc\x1b[39m",
      );
      colors.setColorEnabled(false);
      assertEquals(colors.getColorEnabled(), false);
      assertEquals(colors.yellow("x"), "x");
    } finally {
      colors.setColorEnabled(before);
    }
  },
});

Deno.test("Colours are off under NO_COLOR", () => {
  if (Deno.noColor) colors.setColorEnabled(true);
  assertEquals(Deno.noColor && colors.getColorEnabled(), false);
});
