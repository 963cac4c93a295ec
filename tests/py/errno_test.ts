import { assert, assertEquals, assertThrows } from "@std/assert";
import * as errno from "../../py/errno.ts";
import { python } from "../machine.ts";
import { test_unless } from "./socket/setup.ts";

function names(): Record<string, number> {
  const { errorcode: _, ...constants } = errno;
  return constants;
}

interface PythonErrno {
  names: Record<string, number>;
  errorcode: Record<string, string>;
}

const cpython = python(`import errno, json
print(json.dumps({
  "names": {n: getattr(errno, n) for n in dir(errno) if n[0] == "E"},
  "errorcode": errno.errorcode,
}))`) as PythonErrno | null;
const unless = cpython === null ? "no python3 here" : null;

test_unless(unless, "errno has every constant that CPython has", () => {
  const ours = names();
  for (const [name, value] of Object.entries(cpython!.names)) {
    assertEquals(ours[name], value, name);
  }
});

test_unless(unless, "errno.errorcode agrees with CPython's", () => {
  // EHWPOISON came with CPython 3.14.
  assertEquals({ 133: "EHWPOISON", ...cpython!.errorcode }, {
    ...errno.errorcode,
  });
});

Deno.test("errno has Linux's numbers", () => {
  assertEquals(errno.EPERM, 1);
  assertEquals(errno.EAGAIN, 11);
  assertEquals(errno.EPIPE, 32);
  assertEquals(errno.ECONNRESET, 104);
  assertEquals(errno.EINPROGRESS, 115);
  assertEquals(errno.EHWPOISON, 133);
  assertEquals(Object.keys(names()).length, 134);
});

Deno.test("errno gives two names to three numbers", () => {
  assertEquals<number>(errno.EWOULDBLOCK, errno.EAGAIN);
  assertEquals<number>(errno.EDEADLOCK, errno.EDEADLK);
  assertEquals<number>(errno.ENOTSUP, errno.EOPNOTSUPP);
});

Deno.test("errno.errorcode names each number with one of its names", () => {
  const ours = names();
  for (const [number, name] of Object.entries(errno.errorcode)) {
    assertEquals(ours[name], Number(number), name);
  }
  assertEquals(
    new Set(Object.values(ours)),
    new Set(Object.keys(errno.errorcode).map(Number)),
  );
  assertEquals(errno.errorcode[0], undefined);
});

Deno.test("errno.errorcode cannot be changed", () => {
  assert(Object.isFrozen(errno.errorcode));
  assertThrows(
    () => Object.assign(errno.errorcode, { 11: "EWOULDBLOCK" }),
    TypeError,
  );
});
