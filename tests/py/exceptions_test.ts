import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import * as py from "@iomux/py";
import { test } from "../descriptors.ts";

const { errno, OSError } = py;

const table = {
  BlockingIOError: ["EAGAIN", "EALREADY", "EINPROGRESS", "EWOULDBLOCK"],
  ChildProcessError: ["ECHILD"],
  BrokenPipeError: ["EPIPE", "ESHUTDOWN"],
  ConnectionAbortedError: ["ECONNABORTED"],
  ConnectionRefusedError: ["ECONNREFUSED"],
  ConnectionResetError: ["ECONNRESET"],
  FileExistsError: ["EEXIST"],
  FileNotFoundError: ["ENOENT"],
  InterruptedError: ["EINTR"],
  IsADirectoryError: ["EISDIR"],
  NotADirectoryError: ["ENOTDIR"],
  PermissionError: ["EACCES", "EPERM"],
  ProcessLookupError: ["ESRCH"],
  TimeoutError: ["ETIMEDOUT"],
} as const;

type Subclass = keyof typeof table;
const subclasses = Object.keys(table) as Subclass[];

test("OSError is an instance of the class that PEP 3151 gives its errno", () => {
  for (const name of subclasses) {
    for (const code of table[name]) {
      const error = new OSError(errno[code], "for a reason");
      assertStrictEquals(error.constructor, py[name], code);
      assertInstanceOf(error, OSError);
      assertEquals(error.name, name);
      assertEquals(error.errno, errno[code]);
    }
  }
});

test("OSError of every other errno is a plain OSError", () => {
  const special = new Set<number>(
    Object.values(table).flat().map((code) => errno[code]),
  );
  for (let number = 0; number < 140; number++) {
    if (special.has(number)) continue;
    const error = new OSError(number, "for a reason");
    assertStrictEquals(error.constructor, OSError, `errno ${number}`);
    assertEquals(error.name, "OSError");
  }
});

test("OSError's subclasses form Python's tree", () => {
  const connection = [
    py.BrokenPipeError,
    py.ConnectionAbortedError,
    py.ConnectionRefusedError,
    py.ConnectionResetError,
  ];
  for (const name of subclasses) {
    const below_connection = connection.includes(py[name]);
    const parent = below_connection ? py.ConnectionError : OSError;
    assertStrictEquals(Object.getPrototypeOf(py[name]), parent, name);
  }
  assertStrictEquals(Object.getPrototypeOf(py.ConnectionError), OSError);
  assertStrictEquals(Object.getPrototypeOf(OSError), Error);
});

test("OSError's message has errno and its meaning: [Errno 104] Connection reset by peer", () => {
  const error = new OSError(104, "Connection reset by peer", {
    syscall: "recv",
  });
  assertEquals(error.message, "[Errno 104] Connection reset by peer");
  assertEquals(
    String(error),
    "ConnectionResetError: [Errno 104] Connection reset by peer",
  );
  assert(error.stack!.startsWith(`${error}\n`), error.stack);
  assertEquals(error.errno, 104);
  assertEquals(error.strerror, "Connection reset by peer");
  assertEquals(error.code, "ECONNRESET");
  assertEquals(error.syscall, "recv");
  assertEquals(error.filename, null);
});

test("OSError's message has the path of the call", () => {
  const error = new OSError(2, "No such file or directory", {
    filename: "/tmp/none",
  });
  assertEquals(
    error.message,
    "[Errno 2] No such file or directory: '/tmp/none'",
  );
  assertEquals(error.filename, "/tmp/none");
  assertInstanceOf(error, py.FileNotFoundError);
});

test("OSError of a number alone has an empty meaning", () => {
  const error = new OSError(32);
  assertInstanceOf(error, py.BrokenPipeError);
  assertEquals(error.message, "[Errno 32] ");
  assertEquals(error.strerror, null);
  assertEquals(error.code, "EPIPE");
});

test("OSError.args has Python's constructor arguments, without the path", () => {
  const meaning = "No such file or directory";
  const named = new OSError(2, meaning, { filename: "/tmp/none" });
  assertEquals(named.args, [2, meaning]);
  const [number, strerror] = named.args;
  assertEquals([number, strerror], [named.errno, named.strerror]);
  assertEquals(new OSError(2).args, [2]);
  assertEquals(new OSError("AF_UNIX path too long").args, [
    "AF_UNIX path too long",
  ]);
  assertEquals(new py.TimeoutError("timed out").args, ["timed out"]);
  assertEquals(new OSError().args, []);
});

test("OSError without an errno has a plain message", () => {
  const error = new py.TimeoutError("timed out");
  assertEquals(error.message, "timed out");
  assertEquals([error.errno, error.code, error.syscall], [null, null, null]);
  assertEquals(String(error), "TimeoutError: timed out");

  const plain = new OSError("AF_UNIX path too long");
  assertStrictEquals(plain.constructor, OSError);
  assertEquals(String(plain), "OSError: AF_UNIX path too long");
});

test("OSError without arguments has no message", () => {
  const error = new OSError();
  assertEquals(error.message, "");
  assertEquals(
    [error.errno, error.strerror, error.code, error.filename],
    [null, null, null, null],
  );
});

test("OSError of an unknown number has no code", () => {
  const error = new OSError(9999, "Unknown error 9999");
  assertEquals(error.code, null);
  assertEquals(error.message, "[Errno 9999] Unknown error 9999");
});

test("OSError takes a code for numbers outside errno", () => {
  const error = new OSError(-2, "Name or service not known", {
    code: "EAI_NONAME",
  });
  assertEquals(error.code, "EAI_NONAME");
});

test("OSError.code is the usual name of a number with two", () => {
  const names = [[11, "EAGAIN"], [35, "EDEADLK"], [95, "EOPNOTSUPP"]] as const;
  for (const [number, code] of names) {
    assertEquals(new OSError(number, "").code, code);
  }
});

test("OSError's subclasses keep their class, whatever the errno", () => {
  for (const name of [...subclasses, "ConnectionError"] as const) {
    const error = new py[name](errno.EBADF, "Bad file descriptor");
    assertStrictEquals(error.constructor, py[name]);
    assertEquals(error.message, "[Errno 9] Bad file descriptor");
    assertEquals(error.name, name);
  }
  const error = new py.ConnectionError(errno.EPIPE, "Broken pipe");
  assertFalse(error instanceof py.BrokenPipeError);
});

test("OSError may be subclassed: the class stays what new names", () => {
  class Special extends OSError {}
  assertStrictEquals(new Special(32, "Broken pipe").constructor, Special);
});

test("OSError's name is on the prototype, as a built-in error's", () => {
  for (const name of subclasses) {
    assertEquals(Object.keys(new py[name](5, "x")).includes("name"), false);
    assertEquals(py[name].prototype.name, name);
  }
});

test("ValueError and OverflowError are RangeErrors", () => {
  for (const name of ["ValueError", "OverflowError"] as const) {
    const error = new py[name]("too far");
    assertInstanceOf(error, RangeError);
    assertEquals(String(error), `${name}: too far`);
  }
  assertFalse(new py.ValueError("") instanceof py.OverflowError);
  assertFalse(new py.OverflowError("") instanceof py.ValueError);
});

test("KeyError and RuntimeError are Errors", () => {
  for (const name of ["KeyError", "RuntimeError"] as const) {
    const error = new py[name]("not now");
    assertStrictEquals(Object.getPrototypeOf(py[name]), Error);
    assertEquals(String(error), `${name}: not now`);
    assertFalse(error instanceof OSError);
  }
});

test("select.error, socket.error and socket.timeout are Python's aliases", () => {
  assertStrictEquals(py.select.error, OSError);
  assertStrictEquals(py.socket.error, OSError);
  assertStrictEquals(py.socket.timeout, py.TimeoutError);
});
