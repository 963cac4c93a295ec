/**
 * A stand-in for `@std/cli/parse-args` where JSR cannot be reached: the options that the
 * scripts use.
 *
 * It accepts less than the genuine one, and never more: `unknown` is required and must not
 * return, and letters are not bundled (`-abc`).
 *
 * @module
 */

/** The flags of a command line. */
export interface ParseOptions<Booleans extends string, Strings extends string> {
  /** Flags without a value. */
  boolean?: readonly Booleans[];
  /** Flags that take a value. */
  string?: readonly Strings[];
  /** Flags by their other names. */
  alias?: Readonly<Record<string, string>>;
  /** Called with an argument that is not declared. */
  unknown: (arg: string, key?: string, value?: unknown) => never;
}

/** The flags by name, and under `_` the arguments behind `--`. */
export type Args<Booleans extends string, Strings extends string> =
  & Record<string, unknown>
  & Record<Booleans, boolean>
  & Partial<Record<Strings, string>>
  & { _: (string | number)[] };

/**
 * Reads a command line.
 *
 * @param args The arguments, such as `Deno.args`.
 * @param options The flags.
 * @returns The flags by name, and under `_` the arguments behind `--`.
 */
export function parseArgs<
  Booleans extends string = never,
  Strings extends string = never,
>(
  args: string[],
  options: ParseOptions<Booleans, Strings>,
): Args<Booleans, Strings> {
  const { alias = {}, boolean = [], string = [], unknown } = options;
  const booleans = new Set<string>(boolean), strings = new Set<string>(string);
  const found: Record<string, unknown> = { _: [] };
  const set = (name: string, value: string | boolean) => {
    found[name] = value;
    for (const [other, of] of Object.entries(alias)) {
      if (of === name) found[other] = value;
    }
  };
  for (const name of booleans) set(name, false);

  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!, next = args[i + 1];
    if (arg === "--") {
      found._ = args.slice(i + 1);
      break;
    }
    const [, key, value] =
      /^(?:--|-(?=.$))([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ??
        [];
    const name = key === undefined ? "" : alias[key] ?? key;
    if (strings.has(name)) {
      // Another flag is not a value: `--host --port 80` has an empty host.
      const follows = value === undefined && next && !next.startsWith("-");
      set(name, value ?? (follows ? args[++i]! : ""));
    } else if (booleans.has(name)) {
      const follows = value === undefined && /^(true|false)$/.test(next ?? "");
      set(name, (follows ? args[++i] : value) !== "false");
    } else unknown(arg, key, value);
  }
  return found as Args<Booleans, Strings>;
}
