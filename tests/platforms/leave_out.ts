/**
 * Leaves tests out that a platform cannot run: for `deno test --preload`, with a list of them,
 * `test name: reason` a line, in the file that `IOMUX_LEAVE_OUT` names.
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
