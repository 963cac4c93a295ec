import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import type { Identical, True } from "./identical.ts";

// These hold for the genuine @std/cli, too: test:std runs them with it.

class Refused extends Error {}

/** Reads a command line as the scripts do. */
function parse(...args: string[]) {
  return parseArgs(args, {
    string: ["host", "port"],
    boolean: ["help", "quiet"],
    alias: { h: "help" },
    unknown: (arg, key, value): never => {
      throw new Refused(JSON.stringify([arg, key, value]));
    },
  });
}

/** The flags that were given, and under `_` the rest. */
function given(...args: string[]) {
  const { _, help, quiet, host, port } = parse(...args);
  return { _, help, quiet, host, port };
}

const NONE = {
  _: [],
  help: false,
  quiet: false,
  host: undefined,
  port: undefined,
};

Deno.test("parseArgs() knows the types of flags", () => {
  const flags = parse();
  const types: [
    True<Identical<typeof flags.help, boolean>>,
    True<Identical<typeof flags.host, string | undefined>>,
    True<Identical<typeof flags._, (string | number)[]>>,
  ] = [true, true, true];
  assertEquals(types.length, 3);
  assertEquals(given(), NONE);
});

Deno.test("parseArgs() takes a value after a space or an equals sign", () => {
  assertEquals(given("--port", "80").port, "80");
  assertEquals(given("--port=80").port, "80");
  assertEquals(given("--host=a=b").host, "a=b");
  assertEquals(given("--port", "80", "--port", "81").port, "81");
});

Deno.test("parseArgs() gives a string flag without a value an empty string", () => {
  assertEquals(given("--port="), { ...NONE, port: "" });
  assertEquals(given("--host", "--port", "80"), {
    ...NONE,
    host: "",
    port: "80",
  });
  assertEquals(given("--port"), { ...NONE, port: "" });
});

Deno.test("parseArgs() sets a switch by its name, its letter, or a word", () => {
  assertEquals(given("--help", "--port", "80"), {
    ...NONE,
    help: true,
    port: "80",
  });
  assertEquals(parse("-h").help, true);
  assertEquals(given("--quiet=false").quiet, false);
  assertEquals(given("--quiet=no").quiet, true);
  assertEquals(given("--quiet", "false").quiet, false);
  assertEquals(given("--quiet", "true", "--port", "1").port, "1");
});

Deno.test("parseArgs() leaves what follows -- alone", () => {
  assertEquals(given("--quiet", "--", "--port", "1")._, ["--port", "1"]);
});

Deno.test("parseArgs() reports an argument that is not declared", () => {
  function refused(...args: string[]): unknown[] {
    try {
      parse(...args);
    } catch (error) {
      if (error instanceof Refused) return JSON.parse(error.message);
    }
    throw new Error(`${args.join(" ")} was taken`);
  }
  assertEquals(refused("extra"), ["extra", null, null]);
  assertEquals(refused("-"), ["-", null, null]);
  assertEquals(refused("--prot=x"), ["--prot=x", "prot", "x"]);
  for (const arg of ["--prot", "--no-help", "-x", "-p80", "-1", "--=1"]) {
    assertEquals(refused(arg)[0], arg);
  }
  assertEquals(refused("--quiet", "extra")[0], "extra");
});
