import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

// These hold for the real @std/cli as they do for the stand-in.

Deno.test("parseArgs() reads strings, booleans, defaults and aliases", () => {
  const flags = parseArgs(["--port=9000", "-h", "one", "2"], {
    string: ["host", "port"],
    boolean: ["help", "quiet"],
    alias: { help: "h" },
    default: { host: "localhost", port: "10000" },
  });
  const host: string = flags.host;
  const help: boolean = flags.help;
  assertEquals([host, help], ["localhost", true]);
  assertEquals(flags, {
    _: ["one", 2],
    help: true,
    h: true,
    quiet: false,
    host: "localhost",
    port: "9000",
  });
});

Deno.test("parseArgs() takes a value after a space, an equals sign or a letter", () => {
  for (
    const args of [
      ["--port", "80"],
      ["--port=80"],
      ["-p", "80"],
      ["-p80"],
      ["-p=80"],
    ]
  ) {
    const flags = parseArgs(args, { string: ["port"], alias: { port: "p" } });
    assertEquals(flags, { _: [], port: "80", p: "80" });
  }
});

Deno.test("parseArgs() gives a string flag without a value an empty string", () => {
  const options = { string: ["host", "port"] as const };
  assertEquals(parseArgs(["--host", "--port="], options).host, "");
  assertEquals(parseArgs(["--host", "--port="], options).port, "");
  assertEquals(parseArgs([], options).host, undefined);
});

Deno.test("parseArgs() reads what is not declared as numbers, strings or true", () => {
  assertEquals(parseArgs(["--a", "1", "--b=x", "-cd", "--e"]), {
    _: [],
    a: 1,
    b: "x",
    c: true,
    d: true,
    e: true,
  });
});

Deno.test("parseArgs() leaves what follows -- alone", () => {
  assertEquals(parseArgs(["--", "--a", "1"]), { _: ["--a", "1"] });
  assertEquals(parseArgs(["--", "--a"], { "--": true }), {
    _: [],
    "--": ["--a"],
  });
});

Deno.test("parseArgs() stops early when told to", () => {
  assertEquals(
    parseArgs(["-a", "--b", "run", "--c"], { boolean: true, stopEarly: true }),
    { _: ["run", "--c"], a: true, b: true },
  );
});

Deno.test("parseArgs() collects and negates", () => {
  const flags = parseArgs(["--path=a", "--path", "b", "--no-color"], {
    string: ["path"],
    boolean: ["color"],
    collect: ["path"],
    negatable: ["color"],
    default: { color: true },
  });
  const path: string[] = flags.path;
  assertEquals(path, ["a", "b"]);
  assertEquals(flags.color, false);
});

Deno.test("parseArgs() reports what is unknown and drops it on false", () => {
  const seen: unknown[][] = [];
  const flags = parseArgs(["--prot=9000", "-x", "extra", "--help"], {
    boolean: ["help"],
    unknown: (arg, key, value) => {
      seen.push(key === undefined ? [arg] : [arg, key, value]);
      return false;
    },
  });
  assertEquals(flags, { _: [], help: true });
  assertEquals(seen, [["--prot=9000", "prot", "9000"], ["-x", "x", "extra"]]);
});
