/**
 * A stand-in for `@std/cli/parse-args` where JSR cannot be reached: what the scripts use of it.
 *
 * It leaves out dotted names (`--a.b`), which the real one turns into nested objects.
 *
 * @module
 */

type Names<Name extends string> = Name | readonly Name[];
type Defaults = Readonly<Record<string, unknown>>;

/** What the flags are. */
export interface ParseOptions<
  Booleans extends string | boolean = string | boolean,
  Strings extends string = string,
  Collected extends string = string,
  Default extends Defaults = Defaults,
  DoubleDash extends boolean = boolean,
> {
  /** Flags that take a value and keep it as it is written. */
  string?: Names<Strings>;
  /** Flags without a value; or, with `true`, every long flag without `=`. */
  boolean?: Booleans | readonly Extract<Booleans, string>[];
  /** Flags that may come more than once: their values are an array. */
  collect?: Names<Collected>;
  /** Flags that `--no-` switches off. */
  negatable?: Names<string>;
  /** Values of flags that are not given. */
  default?: Default;
  /** Other names of flags. */
  alias?: Readonly<Record<string, Names<string>>>;
  /** Whether what follows the first positional argument is positional too. */
  stopEarly?: boolean;
  /** Whether what follows `--` is kept apart. */
  "--"?: DoubleDash;
  /** Called with what is not declared; an answer of `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Value<Name, Type, Collected, Default> = Name extends Collected ? Type[]
  : Name extends keyof Default ? Type | Default[Name]
  : Type extends boolean ? Type
  : Type | undefined;

/** The flags by name, and under `_` the positional arguments. */
export type Args<
  Booleans extends string | boolean = never,
  Strings extends string = never,
  Collected extends string = never,
  Default extends Defaults = Defaults,
  DoubleDash extends boolean = false,
> =
  & Record<string, unknown>
  & {
    [Name in Extract<Booleans, string>]: Value<
      Name,
      boolean,
      Collected,
      Default
    >;
  }
  & { [Name in Strings]: Value<Name, string, Collected, Default> }
  & { [Name in Exclude<Collected, Booleans | Strings>]: unknown[] }
  & { _: (string | number)[] }
  & (DoubleDash extends true ? { "--": string[] } : unknown);

// A value is looked for from here on: it may be a negative number after a one-letter flag.
const flag = /^-(?:(-)(no-)?)?(.+?)(?:=(.*))?$/s;
const looksLikeFlag = /^--?[^-]/;

function list<Name extends string>(
  names: boolean | Names<Name> | undefined,
): readonly Name[] {
  if (typeof names === "string") return names === "" ? [] : [names];
  return typeof names === "object" ? names.filter((name) => name !== "") : [];
}

function truth(text: string): boolean {
  return text !== "false";
}

function numeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/**
 * Takes a command line apart.
 *
 * @param args The arguments, such as `Deno.args`.
 * @param options What the flags are.
 * @returns The flags by name, and under `_` the positional arguments.
 */
export function parseArgs<
  Booleans extends string | boolean = never,
  Strings extends string = never,
  Collected extends string = never,
  Default extends Defaults = Record<never, never>,
  DoubleDash extends boolean = false,
>(
  args: readonly string[],
  options: ParseOptions<Booleans, Strings, Collected, Default, DoubleDash> = {},
): Args<Booleans, Strings, Collected, Default, DoubleDash> {
  const groups = aliasGroups(options.alias ?? {});
  const others = (name: string) => groups.get(name) ?? [];
  const named = (names: boolean | Names<string> | undefined) =>
    new Set(list(names).flatMap((name) => [name, ...others(name)]));
  const booleans = named(options.boolean);
  const strings = named(options.string);
  const collected = named(options.collect);
  const negatable = named(options.negatable);
  const allBooleans = options.boolean === true;
  const report = options.unknown ?? (() => true);

  const positional: (string | number)[] = [];
  const values = new Map<string, unknown>();

  function isDeclared(key: string, arg: string): boolean {
    return booleans.has(key) || strings.has(key) || collected.has(key) ||
      groups.has(key) || (allBooleans && /^--[^=]+$/.test(arg));
  }

  function set(
    key: string,
    given: string | boolean,
    arg: string,
    collects = true,
  ) {
    if (!isDeclared(key, arg) && report(arg, key, given) === false) return;
    const value =
      typeof given === "string" && !strings.has(key) && numeric(given)
        ? Number(given)
        : given;
    for (const name of [key, ...others(key)]) {
      if (!collects || !collected.has(key)) {
        values.set(name, value);
        continue;
      }
      const soFar = values.get(name);
      if (Array.isArray(soFar)) soFar.push(value);
      else values.set(name, soFar ? [soFar, value] : [value]);
    }
  }

  const takesValue = (key: string) =>
    !booleans.has(key) && !others(key).some((name) => booleans.has(name));
  const alone = (key: string) => strings.has(key) ? "" : true;

  // The flag's value in the next argument, if that is one; and whether it was.
  function setFromNext(
    key: string,
    arg: string,
    next: string | undefined,
    mayTake: boolean,
  ): boolean {
    if (next && mayTake) set(key, next, arg);
    else if (next === "true" || next === "false") set(key, truth(next), arg);
    else {
      set(key, alone(key), arg);
      return false;
    }
    return true;
  }

  // `-abc`, `-p80`, `-p=80`: all but the last letter; whether the last one is still to be read.
  function setLetters(arg: string): boolean {
    for (let i = 1; i < arg.length - 1; i++) {
      const letter = arg[i]!;
      const rest = arg.slice(i + 1);
      if (rest === "-") {
        set(letter, "-", arg);
        continue;
      }
      const isLetter = /[A-Za-z]/.test(letter);
      const assigned = isLetter ? /=(.+)/.exec(rest)?.[1] : undefined;
      const value = rest === "="
        ? ""
        : assigned !== undefined
        ? assigned
        : isLetter && /-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)
        ? rest
        : rest.length > 1 && /^\W/.test(rest)
        ? rest
        : null;
      if (value !== null) {
        set(letter, value, arg);
        return false;
      }
      set(letter, alone(letter), arg);
    }
    return !arg.endsWith("-");
  }

  const end = args.indexOf("--");
  const before = end === -1 ? args : args.slice(0, end);
  const after = end === -1 ? [] : args.slice(end + 1);

  for (let i = 0; i < before.length; i++) {
    const arg = before[i]!;
    const next = before[i + 1];
    const parts = flag.exec(arg);
    if (parts === null) {
      if (report(arg) !== false) {
        positional.push(strings.has("_") || !numeric(arg) ? arg : Number(arg));
      }
      if (options.stopEarly) {
        positional.push(...before.slice(i + 1));
        break;
      }
      continue;
    }
    const [, isLong, isNegated, name, value] = parts;
    if (!isLong) {
      const last = arg.at(-1)!;
      if (!setLetters(arg)) continue;
      const mayTake = takesValue(last) && !looksLikeFlag.test(next ?? "");
      if (setFromNext(last, arg, next, mayTake)) i++;
    } else if (value !== undefined) {
      set(name!, booleans.has(name!) ? truth(value) : value, arg);
    } else if (isNegated && negatable.has(name!)) {
      set(name!, false, arg, false);
    } else {
      const key = isNegated ? `no-${name}` : name!;
      const mayTake = takesValue(key) && !allBooleans && !next?.startsWith("-");
      if (setFromNext(key, arg, next, mayTake)) i++;
    }
  }

  for (const [key, value] of Object.entries(options.default ?? {})) {
    if (values.has(key)) continue;
    for (const name of [key, ...others(key)]) values.set(name, value);
  }
  for (const key of booleans) {
    if (!values.has(key)) values.set(key, collected.has(key) ? [] : false);
  }
  for (const key of strings) {
    if (!values.has(key) && collected.has(key)) values.set(key, []);
  }
  if (options["--"]) values.set("--", after);
  else positional.push(...after);
  values.delete("__proto__");
  return { ...Object.fromEntries(values), _: positional } as Args<
    Booleans,
    Strings,
    Collected,
    Default,
    DoubleDash
  >;
}

// Each name with the others that mean the same.
function aliasGroups(
  alias: Readonly<Record<string, Names<string>>>,
): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const [key, names] of Object.entries(alias)) {
    const all = [key, ...list(names)];
    for (const name of all) {
      groups.set(name, all.filter((other) => other !== name));
    }
  }
  return groups;
}
