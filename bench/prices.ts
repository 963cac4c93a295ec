/** Nanoseconds of calls, buffers and symbols in Deno: `deno run --allow-ffi bench/prices.ts`. */

import { measure, now } from "./peers/timing.ts";

function print(what: string, nanoseconds: number): void {
  console.log(`${what.padEnd(48)}${nanoseconds.toFixed(0).padStart(8)}`);
}

// Results go here, or V8 optimizes the call away.
export let kept: unknown;

/** Prints what one of the things costs that an action does. */
function call(what: string, action: () => unknown, times = 1): void {
  const run = (calls: number) => {
    for (let i = 0; i < calls; i++) kept = action();
  };
  print(what, measure(run, 100e6) / times);
}

const poll = { parameters: ["buffer", "usize", "i32"], result: "i32" } as const;
const by_address = { ...poll, parameters: ["usize", "usize", "i32"] } as const;
const { symbols } = Deno.dlopen("libc.so.6", {
  poll,
  poll_by_address: { ...by_address, name: "poll" },
  clock_gettime: { parameters: ["i32", "usize"], result: "i32" },
  address_of_poll: { name: "poll", type: "pointer" },
});
const pointer = new Deno.UnsafeFnPointer(
  symbols.address_of_poll as Deno.PointerObject<typeof poll>,
  poll,
);
const bytes = new Uint8Array(8192);
const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));

call("poll(2) of nothing, compiled", () => symbols.poll(bytes, 0n, 0));
const its_buffer = () => symbols.poll_by_address(address, 0n, 0);
call("the same, its buffer by address", its_buffer);
call("the same, by the function's address", () => pointer.call(bytes, 0n, 0));
call("performance.now()", () => performance.now());
call("clock_gettime(2)", () => symbols.clock_gettime(1, address));
call("new Uint8Array(64)", () => new Uint8Array(64));
call("a view of 64 bytes", () => new Uint8Array(bytes.buffer, 64, 64));
call("new Uint8Array(65536)", () => new Uint8Array(65536));

function compile(what: string, definition: Deno.ForeignFunction): void {
  const names = Array.from({ length: 100 }, (_, i) => `symbol${i}`);
  const functions = Object.fromEntries(names.map((name) => [name, definition]));
  call(what, () => Deno.dlopen("libc.so.6", functions).close(), names.length);
}
const name = "poll";
compile("to compile a function of three numbers", { ...by_address, name });
compile("to compile one with a buffer", { ...poll, name });

const start = now(), TURNS = 10_000;
for (let i = 0; i < TURNS; i++) await new Promise(setImmediate);
print("a turn of the event loop", (now() - start) / TURNS);
