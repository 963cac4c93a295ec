import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const OTHERS = [
  // They choose their wakers themselves.
  "async_parking_test.ts",
  "async_program_test.ts",
  // A parked thread comes back a moment after the last wait is over.
  "async_sanitizers_test.ts",
  // It wants a standard input that is not a pipe.
  "lifetime_test.ts",
];

/** The test files that use twins, below a folder. */
async function* tests_of_twins(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(name, folder);
    if (isDirectory) yield* tests_of_twins(new URL(`${name}/`, folder));
    else if (name.endsWith("_test.ts") && !OTHERS.includes(name)) {
      const text = await Deno.readTextFile(url);
      if (/Async\(|readable|writable/.test(text)) yield url.pathname;
    }
  }
}

Deno.test("All tests of Async twins pass with a parked thread as the waker", async () => {
  const files: string[] = [];
  for await (
    const file of tests_of_twins(new URL("./", import.meta.url))
  ) files.push(file);
  assert(files.length > 10);
  const preload = new URL("../parking.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--allow-all",
      "--no-check",
      `--preload=${preload}`,
      ...files,
    ],
    stderr: "null",
  }).output();
  const printed = new TextDecoder().decode(stdout);
  assertStringIncludes(printed, "0 failed");
  assertEquals(code, 0, printed);
});
