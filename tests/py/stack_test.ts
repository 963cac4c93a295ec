import { assert, assertEquals, assertMatch } from "@std/assert";
import { os, OSError, select, selectors, socket } from "@iomux/py";
import { test } from "../descriptors.ts";
import { ran } from "../scripts.ts";

function failure(call: () => unknown): OSError {
  try {
    call();
  } catch (error) {
    assert(error instanceof OSError, String(error));
    return error;
  }
  throw new Error("It did not fail");
}

/** The first line with a place, without the place's numbers. */
function first_frame(error: Error): string {
  const frame = error.stack!.split("\n").find((line) => /^ +at /.test(line));
  return frame!.trim().replace(/:\d+:\d+\)?$/, "");
}

const BYTES = new Uint8Array(1);

/** Calls that fail in the kernel or in libc, one for each way through the library. */
const failing: Record<string, () => unknown> = {
  "socket.connect": () => {
    using unused = socket.socket();
    unused.bind(["127.0.0.1", 0]);
    using client = socket.socket();
    client.connect(unused.getsockname());
  },
  "socket.recv, time-out": () => {
    const [a, b] = socket.socketpair();
    try {
      a.settimeout(0.001);
      a.recv(1);
    } finally {
      a.close();
      b.close();
    }
  },
  "socket.sendall": () => {
    const [a, b] = socket.socketpair();
    b.close();
    try {
      a.sendall(BYTES);
    } finally {
      a.close();
    }
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
function closed(): socket.Socket {
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
  test(`An OSError's stack begins with the line that made the call: ${name}`, () => {
    const error = failure(call);
    assertMatch(first_frame(error), /stack_test\.ts$/);
    assertMatch(error.stack!, new RegExp(`^${error.name}: `));
    assert(error.stack!.includes(error.message));
  });
}

test("An OSError's stack begins with the line that awaited the call", async () => {
  const error = await closed().recvAsync(1).catch((error) => error);
  assert(error instanceof OSError);
  assertMatch(first_frame(error), /stack_test\.ts$/);
});

/** Twins that wait, and fail in the event loop. */
const failing_later: Record<string, () => Promise<unknown>> = {
  "socket.recvAsync, time-out": async () => {
    const [a, b] = socket.socketpair();
    a.settimeout(0.001);
    try {
      await a.recvAsync(1);
    } finally {
      a.close();
      b.close();
    }
  },
  "socket.recv_intoAsync, closed": async () => {
    const [a, b] = socket.socketpair();
    setTimeout(() => a.close());
    try {
      await a.recv_intoAsync(BYTES);
    } finally {
      b.close();
    }
  },
  "socket.sendallAsync, broken pipe": async () => {
    const [a, b] = socket.socketpair();
    setTimeout(() => b.close());
    try {
      await a.sendallAsync(new Uint8Array(5_000_000));
    } finally {
      a.close();
    }
  },
  "socket.create_connectionAsync": async () => {
    using unused = socket.socket();
    unused.bind(["127.0.0.1", 0]);
    await socket.create_connectionAsync(unused.getsockname());
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
    const [a, b] = socket.socketpair();
    setTimeout(() => a.close());
    try {
      await Promise.all([a.recvAsync(1), a.recvAsync(1)]);
    } finally {
      b.close();
    }
  },
};

for (const [name, call] of Object.entries(failing_later)) {
  test(`An OSError's stack begins with the line that awaits the twin: ${name}`, async () => {
    const error = await call().then(() => null, (error) => error);
    assert(error instanceof OSError, String(error));
    assertMatch(first_frame(error), /stack_test\.ts$/);
    assertMatch(error.stack!, new RegExp(`^${error.name}: `));
  });
}

test("Deno prints an uncaught error of a twin that waited with the program's line first", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, errors } = await ran(Deno.execPath(), [
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

test("A reason that is not the library's own keeps its stack", async () => {
  const [a, b] = socket.socketpair();
  const reason = new Error("Enough");
  const { stack } = reason;
  const error = await a.recvAsync(1, 0, { signal: aborted_soon(reason) })
    .catch((error) => error);
  a.close();
  b.close();
  assert(error === reason);
  assertEquals(error.stack, stack);
});

function aborted_soon(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason));
  return controller.signal;
}

test("An OSError that a fileno() throws during a wait may be frozen", async () => {
  const [a, b] = socket.socketpair();
  const frozen = Object.freeze(new OSError(5, "Mine"));
  let calls = 0;
  const file = {
    fileno: () => {
      if (++calls > 2) throw frozen;
      return a.fileno();
    },
  };
  const waits = select.selectAsync([file], [], []);
  setTimeout(() => b.send(BYTES));
  const error = await waits.then(() => null, (error) => error);
  a.close();
  b.close();
  assert(error === frozen, `after ${calls} calls: ${error}`);
});

test("An OSError's stack can be set, and is not enumerable", () => {
  const error = failure(() => closed().recv(1));
  assertEquals(Object.keys(error).includes("stack"), false);
  error.stack = "Another";
  assertEquals(error.stack, "Another");
});

test("An OSError made by the library alone keeps its frames", () => {
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
