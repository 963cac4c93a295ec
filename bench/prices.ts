/**
 * Measures what calls, buffers and symbols cost in Deno: `deno run --allow-ffi
 * bench/prices.ts`. Prints nanoseconds.
 */

import { median } from "./figures.ts";
import { measure, now } from "./peers/timing.ts";

const BUDGET = 100e6, ROUNDS = 31;

function print(what: string, nanoseconds: number): void {
  console.log(`${what.padEnd(48)}${nanoseconds.toFixed(0).padStart(8)}`);
}

// Results go here, or V8 optimizes the call away.
let kept: unknown;

function call(what: string, action: () => unknown): void {
  const run = (calls: number) => {
    const start = now();
    for (let i = 0; i < calls; i++) kept = action();
    return now() - start;
  };
  print(what, measure(run, BUDGET));
}

async function turns(what: string, turn: () => Promise<unknown>) {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = now();
    for (let i = 0; i < 100; i++) await turn();
    rounds.push((now() - start) / 100);
  }
  print(what, median(rounds));
}

const poll = { parameters: ["buffer", "usize", "i32"], result: "i32" } as const;
const by_address = { ...poll, parameters: ["usize", "usize", "i32"] } as const;
const { symbols } = Deno.dlopen("libc.so.6", {
  poll,
  poll_by_address: { ...by_address, name: "poll" },
  poll_parked: { ...poll, name: "poll", nonblocking: true },
  clock_gettime: { parameters: ["i32", "usize"], result: "i32" },
  address_of_poll: { name: "poll", type: "pointer" },
});
const pollfd = new Int32Array(2), timespec = new BigInt64Array(2);
const address = (view: ArrayBufferView<ArrayBuffer>) =>
  BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view)));
const at_pollfd = address(pollfd), at_timespec = address(timespec);
const pointer = new Deno.UnsafeFnPointer(
  symbols.address_of_poll as Deno.PointerObject<typeof poll>,
  poll,
);
const slab = new ArrayBuffer(8192);

call("poll(2) of nothing, compiled", () => symbols.poll(pollfd, 0n, 0));
const its_buffer = () => symbols.poll_by_address(at_pollfd, 0n, 0);
call("the same, its buffer by address", its_buffer);
call("the same, by the function's address", () => pointer.call(pollfd, 0n, 0));
const parked = () => symbols.poll_parked(pollfd, 0n, 0);
await turns("the same, on a thread of the pool", parked);
await turns("a turn of the event loop", () => new Promise(setImmediate));
call("performance.now()", () => performance.now());
call("clock_gettime(2)", () => symbols.clock_gettime(1, at_timespec));
call("new Uint8Array(64)", () => new Uint8Array(64));
call("a view of 64 bytes", () => new Uint8Array(slab, 64, 64));
call("new Uint8Array(65536)", () => new Uint8Array(65536));

/** Nanoseconds to open libc with this number of functions. */
function load(count: number, definition: Deno.ForeignFunction): number {
  const names = Array.from({ length: count }, (_, i) => `symbol${i}`);
  const entries = names.map((name) => [name, { ...definition, name: "poll" }]);
  return median(Array.from({ length: ROUNDS }, () => {
    const start = now();
    Deno.dlopen("libc.so.6", Object.fromEntries(entries)).close();
    return now() - start;
  }));
}

const price = (definition: Deno.ForeignFunction) =>
  (load(40, definition) - load(20, definition)) / 20;
print("to compile a function of three numbers", price(by_address));
print("to compile one with a buffer", price(poll));
void kept;
