import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import * as py from "@iomux/py";
import { untraced } from "../../ffi/libc.ts";
import { test } from "../descriptors.ts";
import { record } from "../ffi/storm.ts";
import { ran } from "../scripts.ts";
import { address_of, unix_pair, unused } from "./socket/setup.ts";

const { errno, os, OSError, select, selectors, socket } = py;

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

test("OSError gives its stack a descriptor where none may be free: of EMFILE, and of ENFILE", () => {
  for (const [code, times] of [["EMFILE", 1], ["ENFILE", 1], ["EBADF", 0]]) {
    using taken = record("eventfd", untraced);
    new OSError(errno[code as "EMFILE"], "for a reason");
    assertEquals(taken.calls.length, times, `${code}`);
  }
});

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

const reset = "Connection reset by peer", none = "No such file or directory";

/** Errors, and their fields that are not null. */
const fields: [error: py.OSError, expected: Record<string, unknown>][] = [
  [new OSError(104, reset, { syscall: "recv" }), {
    ...{ name: "ConnectionResetError", message: `[Errno 104] ${reset}` },
    ...{ errno: 104, strerror: reset, code: "ECONNRESET", syscall: "recv" },
    args: [104, reset],
  }],
  [new OSError(2, none, { filename: "/tmp/none" }), {
    ...{ name: "FileNotFoundError", message: `[Errno 2] ${none}: '/tmp/none'` },
    ...{ errno: 2, strerror: none, code: "ENOENT", filename: "/tmp/none" },
    // Python's, too, lack the path.
    args: [2, none],
  }],
  [new OSError(9999, "?"), {
    ...{ name: "OSError", message: "[Errno 9999] ?", errno: 9999 },
    ...{ strerror: "?", args: [9999, "?"] },
  }],
  [new OSError(-2, "?", { code: "EAI_NONAME" }), {
    ...{ name: "OSError", message: "[Errno -2] ?", errno: -2, strerror: "?" },
    ...{ code: "EAI_NONAME", args: [-2, "?"] },
  }],
  [new OSError(32), {
    ...{ name: "BrokenPipeError", message: "[Errno 32] ", errno: 32 },
    ...{ code: "EPIPE", args: [32] },
  }],
  [new py.TimeoutError("late"), {
    ...{ name: "TimeoutError", message: "late", args: ["late"] },
  }],
  [new OSError("late"), { name: "OSError", message: "late", args: ["late"] }],
  [new OSError(), { name: "OSError", message: "", args: [] }],
];

for (const [error, expected] of fields) {
  test(`OSError has its fields: ${error}`, () => {
    const { name, message, errno, strerror, code, syscall, filename } = error;
    const { args } = error;
    assertEquals({
      ...{ name, message, errno, strerror, code, syscall, filename, args },
    }, {
      ...{ errno: null, strerror: null, code: null, syscall: null },
      ...{ filename: null, ...expected },
    });
    assertEquals(error.constructor, py[name as "OSError"]);
    const text = message === "" ? name : `${name}: ${message}`;
    assertEquals(String(error), text);
    assert(error.stack!.startsWith(text), error.stack);
  });
}

test("OSError.code is the usual name of a number with two", () => {
  const codes = [11, 35, 95].map((number) => new OSError(number, "").code);
  assertEquals(codes, ["EAGAIN", "EDEADLK", "EOPNOTSUPP"]);
});

test("OSError's subclasses keep their class, whatever the errno", () => {
  for (const name of [...subclasses, "ConnectionError"] as const) {
    const error = new py[name](errno.EBADF, "Bad file descriptor");
    assertStrictEquals(error.constructor, py[name]);
    assertEquals(error.message, "[Errno 9] Bad file descriptor");
    assertEquals(error.name, name);
    // As a built-in error's, the name is the prototype's.
    assertEquals(Object.keys(error).includes("name"), false);
    assertEquals(py[name].prototype.name, name);
  }
  class Special extends OSError {}
  assertStrictEquals(new Special(32, "Broken pipe").constructor, Special);
  const error = new py.ConnectionError(errno.EPIPE, "Broken pipe");
  assertFalse(error instanceof py.BrokenPipeError);
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

function failure(call: () => unknown): py.OSError {
  try {
    call();
  } catch (error) {
    assert(error instanceof OSError, String(error));
    return error;
  }
  throw new Error("It did not fail");
}

/** The first line of a stack that has a location, without line and column. */
function first_frame(error: Error): string {
  const frame = error.stack!.split("\n").find((line) => /^ +at /.test(line));
  return frame!.trim().replace(/:\d+:\d+\)?$/, "");
}

const BYTES = new Uint8Array(1);

/** Calls that fail in the kernel or in libc, one for each way through the library. */
const failing: Record<string, () => unknown> = {
  "socket.connect": () => {
    using refusing = unused();
    using client = socket.socket();
    client.connect(refusing.getsockname());
  },
  "socket.recv, time-out": () => {
    using pair = unix_pair();
    pair.a.settimeout(0.001);
    pair.a.recv(1);
  },
  "socket.sendall": () => {
    using pair = unix_pair();
    pair.b.close();
    pair.a.sendall(BYTES);
  },
  "socket.getsockname": () => closed().getsockname(),
  "socket.setsockopt": () => closed().setsockopt(1, 2, 1),
  "socket.accept": () => closed().accept(),
  "socket.socket": () => socket.socket(12345),
  "socket.getaddrinfo": () => socket.getaddrinfo("127.0.0.1", "no service"),
  "select.select": () => select.select([freed()], [], [], 0),
  "select.poll": () => select.poll().modify(0, 1),
  "select.epoll": () => {
    using ep = select.epoll();
    ep.register(freed());
  },
  "selectors.register": () => {
    using sel = selectors.DefaultSelector();
    sel.register(freed(), selectors.EVENT_READ);
  },
  "os.read": () => os.read(freed(), 1),
  "os.close": () => os.close(freed()),
};
function closed(): py.socket.Socket {
  const sock = socket.socket();
  sock.close();
  return sock;
}

/** A descriptor that is not open. */
function freed(): number {
  const sock = socket.socket(), fd = sock.fileno();
  sock.close();
  return fd + 500;
}

for (const [name, call] of Object.entries(failing)) {
  test(`OSError.stack begins with the line that made the call: ${name}`, () => {
    const error = failure(call);
    assertMatch(first_frame(error), /exceptions_test\.ts$/);
    assertMatch(error.stack!, new RegExp(`^${error.name}: `));
    assert(error.stack!.includes(error.message));
  });
}

test("OSError.stack begins with the line that awaited the call", async () => {
  const error = await closed().recvAsync(1).catch((error) => error);
  assert(error instanceof OSError);
  assertMatch(first_frame(error), /exceptions_test\.ts$/);
});

/** Twins that wait, and fail in the event loop. */
const failing_later: Record<string, () => Promise<unknown>> = {
  "socket.recvAsync, time-out": async () => {
    using pair = unix_pair();
    pair.a.settimeout(0.001);
    await pair.a.recvAsync(1);
  },
  "socket.recv_intoAsync, closed": async () => {
    using pair = unix_pair();
    setTimeout(() => pair.a.close());
    await pair.a.recv_intoAsync(BYTES);
  },
  "socket.sendallAsync, broken pipe": async () => {
    using pair = unix_pair();
    setTimeout(() => pair.b.close());
    await pair.a.sendallAsync(new Uint8Array(5_000_000));
  },
  "socket.create_connectionAsync": async () => {
    using refusing = unused();
    await socket.create_connectionAsync(address_of(refusing));
  },
  "socket.getaddrinfoAsync": async () => {
    await socket.getaddrinfoAsync("127.0.0.1", "no service");
  },
  "os.readAsync, closed": async () => {
    const [r, w] = os.pipe();
    setTimeout(() => os.close(r));
    try {
      await os.readAsync(r, 1);
    } finally {
      os.close(w);
    }
  },
  "Promise.all": async () => {
    using pair = unix_pair();
    setTimeout(() => pair.a.close());
    await Promise.all([pair.a.recvAsync(1), pair.a.recvAsync(1)]);
  },
};

for (const [name, call] of Object.entries(failing_later)) {
  test(`OSError.stack begins with the line that awaits the twin: ${name}`, async () => {
    const error = await call().then(() => null, (error) => error);
    assert(error instanceof OSError, String(error));
    assertMatch(first_frame(error), /exceptions_test\.ts$/);
    assertMatch(error.stack!, new RegExp(`^${error.name}: `));
  });
}

test("OSError.stack of an uncaught error of a twin is printed with the program's line first", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, errors } = await ran("env", [
    "NO_COLOR=1",
    Deno.execPath(),
    "eval",
    "--config",
    config,
    `import { socket } from "@iomux/py";
     const [a] = socket.socketpair();
     a.settimeout(0.001);
     async function mine() {
       await a.recvAsync(1);
     }
     await mine();`,
  ]);
  assertEquals(code, 1);
  assertMatch(errors, /TimeoutError: timed out\n.*\n.*\n +at async mine /);
});

test("OSError.stack can be set, and is not enumerable", () => {
  const error = failure(() => closed().recv(1));
  assertEquals(Object.keys(error).includes("stack"), false);
  error.stack = "Another";
  assertEquals(error.stack, "Another");
});

test("OSError.stack keeps the frames of an error that the library alone made", () => {
  const error = new OSError(9, "Bad file descriptor");
  const own = new URL("../../ffi/syscall.ts", import.meta.url).href;
  const inner = `OSError: message\n    at again (${own}:1:1)`;
  error.stack = inner;
  assertEquals(error.stack, inner);
  error.stack = `${inner}\n    at mine (file:///program.ts:1:1)\n    at ${own}`;
  assertEquals(
    error.stack,
    `OSError: message\n    at mine (file:///program.ts:1:1)\n    at ${own}`,
  );
});
