/**
 * Ignores tests that a platform cannot run. Load it with `deno test --preload`; the file that
 * `IOMUX_LEAVE_OUT` names has a line `test name: reason` for each of them.
 *
 * @module
 */

const list = Deno.readTextFileSync(Deno.env.get("IOMUX_LEAVE_OUT")!);
const reasons = new Map(
  list.split("\n").filter((line) => line !== "").map((line) => {
    const colon = line.lastIndexOf(": ");
    return [line.slice(0, colon), line.slice(colon + 2)];
  }),
);

const { test } = Deno;
const wrapped = (
  first: string | Deno.TestDefinition,
  fn?: Deno.TestDefinition["fn"],
) => {
  const definition = typeof first === "string"
    ? { name: first, fn: fn! }
    : first;
  const reason = reasons.get(definition.name);
  const name = `${definition.name} (ignored: ${reason})`;
  if (reason === undefined) test(definition);
  else test({ ...definition, name, ignore: true });
};
Object.assign(Deno, { test: Object.assign(wrapped, test) });
