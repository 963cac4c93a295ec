import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../descriptors.ts";
import { codecs as addresses } from "./codecs/addresses.ts";
import { close, codecs as structs } from "./codecs/structs.ts";
import { CASES, SEED } from "./process.ts";

const codecs = [...addresses, ...structs];

const each = Math.ceil(CASES / codecs.length);

for (const { name, property } of codecs) {
  test(`${name}: ${each} cases`, () => {
    try {
      const details = fc.check(property, { seed: SEED, numRuns: each });
      if (!details.failed) return;
      throw new Error(
        `${fc.defaultReportMessage(details)}\n\nAgain with: ` +
          `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CASES=${CASES} ` +
          `deno test --allow-all tests/fuzz/codecs_test.ts --filter "${name}"`,
        { cause: details.errorInstance },
      );
    } finally {
      close();
    }
  });
}

// Files of ffi/ without a struct, and a function that only stores pointers into one.
const NO_CODECS = ["errno.ts", "os_error.ts", "libc.ts", "peek.ts"];
const NO_CODEC = "with_msghdr";

test("ffi/: each function of a struct has a property", async () => {
  const folder = new URL("../../ffi/", import.meta.url);
  const properties = ["addresses.ts", "structs.ts"].map((name) =>
    Deno.readTextFileSync(new URL(`codecs/${name}`, import.meta.url))
  ).join("");
  const untested: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (NO_CODECS.includes(name)) continue;
    const source = Deno.readTextFileSync(new URL(name, folder));
    const calls_libc = /from "\.\/(libc|syscall|reactor)\.ts"/.test(source);
    const exported = await import(`../../ffi/${name}`);
    for (const [key, value] of Object.entries(exported)) {
      if (typeof value !== "function" || key === NO_CODEC) continue;
      // In a file that calls libc, the functions of a struct begin with its name.
      if (calls_libc && !/^[a-z]+_(hints|get|set)$/.test(key)) continue;
      // A property names each function that it calls behind its module.
      const used = new RegExp(`\\b(ffi|structs|msghdr|addrinfo)\\.${key}\\b`);
      if (!used.test(properties)) untested.push(`ffi/${name} ${key}`);
    }
  }
  assertEquals(untested, [], "add a property to tests/fuzz/codecs/");
});
