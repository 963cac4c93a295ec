/**
 * What this package claims about speed, measured: `deno task bench`.
 *
 * @module
 */

import { echo } from "./echo.ts";

const ROUNDS = 5;
const REQUESTS = 200_000;

const { model, cores } = machine();
console.log(`${cores} cores, ${model}\n`);
await echo(ROUNDS, REQUESTS);

function machine(): { model: string; cores: number } {
  return { model: Deno.build.arch, cores: navigator.hardwareConcurrency };
}
