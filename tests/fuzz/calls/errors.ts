import * as mod from "@iomux/py";
import { type Any, type Calls, dice, hostile, or } from "../pools.ts";

const { socket } = mod;

function made(constructor: Any): unknown {
  const error = new constructor(
    or(() => dice.below(140), 0.6),
    or(() => "why", 0.7),
    or(() => ({ syscall: or(() => "recv"), filename: or(() => "/x") }), 0.7),
  );
  return [String(error), error.errno, error.code, Deno.inspect(error)];
}

const classes = Object.entries(mod as Record<string, Any>)
  .filter(([, value]) => typeof value === "function");

/** The calls of the exceptions' constructors. */
export const error_calls: Calls = {
  ...Object.fromEntries(
    classes.map(([name, constructor]) => [name, () => made(constructor)]),
  ),
  "socket.gaierror": () => made(socket.gaierror),
  "socket.herror": () => made(socket.herror),
  "OSError.args": () =>
    (new mod.OSError(hostile(), hostile()) as mod.OSError).args,
  "an exception without new": () => dice.pick(classes)[1](hostile()),
};
