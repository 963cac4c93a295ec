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

test("OSError's message has the path of the call, and its code may be given", () => {
  const error = new OSError(2, "No such file or directory", {
    filename: "/tmp/none",
  });
  assertEquals(
    error.message,
    "[Errno 2] No such file or directory: '/tmp/none'",
  );
  assertEquals(error.filename, "/tmp/none");
  assertInstanceOf(error, py.FileNotFoundError);
  const unknown = new OSError(9999, "Unknown error 9999");
  assertEquals(unknown.message, "[Errno 9999] Unknown error 9999");
  assertEquals(unknown.code, null);
  const { code } = new OSError(-2, "Unknown name", { code: "EAI_NONAME" });
  assertEquals(code, "EAI_NONAME");
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
  const none = new OSError();
  const { message, errno, strerror, code, filename } = none;
  assertEquals(
    [message, errno, strerror, code, filename],
    ["", null, null, null, null],
  );
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
