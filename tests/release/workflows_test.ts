import { assertEquals, assertMatch } from "@std/assert";

const publish = Deno.readTextFileSync(
  new URL("../../.github/workflows/publish.yml", import.meta.url),
);

/** The jobs of the workflow, each with its text. */
const jobs = publish.slice(publish.indexOf("\njobs:\n")).split(/\n {2}(?=\w)/)
  .slice(1);

/** The commands that a job runs, one line each. */
function commands(job: string): string[] {
  return [...job.matchAll(/^ +(?:- )?run: (?!\|)(.+)$/gm)].map(([, line]) =>
    line!
  );
}

Deno.test("publish.yml uses actions by their commits", () => {
  const used = [...publish.matchAll(/uses: (\S+)/g)].map(([, action]) =>
    action!
  );
  for (const action of used) assertMatch(action, /@[0-9a-f]{40}$/);
  assertEquals(used.length > 0, true);
});

Deno.test("publish.yml grants the right to release to a job that only releases", () => {
  assertMatch(publish, /^permissions: \{\}$/m);
  const able = jobs.filter((job) => /: write\b/.test(job));
  assertEquals(able.length, 1);
  assertEquals(commands(able[0]!), [
    "npm ci --ignore-scripts --prefix .ci/release",
    ".ci/release/node_modules/@deno/linux-x64-glibc/deno publish",
  ]);
  // Of the very commit that was tested.
  assertMatch(able[0]!, /needs: gate\n/);
  assertMatch(able[0]!, /ref: \$\{\{ github\.sha \}\}/);
});

Deno.test("deno.lock and .ci/release lock every package by its checksum", () => {
  const read = (path: string) =>
    JSON.parse(
      Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url)),
    );
  const of_npm = Object.values<{ integrity: string }>(read("deno.lock").npm);
  const { "": _own, ...packages } =
    read(".ci/release/package-lock.json").packages;
  for (
    const one of [...of_npm, ...Object.values<{ integrity: string }>(packages)]
  ) {
    assertMatch(one.integrity, /^sha512-/);
  }
});
