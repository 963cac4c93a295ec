import * as assert_module from "@std/assert";
import type * as colors_module from "@std/fmt/colors";
import type * as assert_stand_in from "../../offline/assert/mod.ts";
import type * as colors_stand_in from "../../offline/fmt/colors.ts";
import type { Identical } from "./identical.ts";

/** The names in a stand-in whose types are not the genuine ones. */
type Different<StandIn, Genuine> = {
  [Name in keyof StandIn]: Name extends keyof Genuine
    ? Identical<StandIn[Name], Genuine[Name]> extends true ? never : Name
    : Name;
}[keyof StandIn];

// The stand-ins are files of this checkout.
const genuine = !import.meta.resolve("@std/assert").startsWith("file:");

Deno.test({
  name: `The stand-ins' signatures are the genuine @std's${
    genuine ? "" : " (ignored: run by deno task test:std)"
  }`,
  ignore: !genuine,
  fn() {
    // The compiler names what differs: "Type '"assertThrows"' is not assignable to 'never'".
    const different: [
      Different<typeof assert_stand_in, typeof assert_module>,
      Different<typeof colors_stand_in, typeof colors_module>,
    ][] = [];
    const none: [never, never][] = different;
    assert_module.assertEquals(none, []);
  },
});
