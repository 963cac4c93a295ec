import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { raises } from "./raises.ts";
import {
  os,
  OSError,
  queue,
  select,
  selectors,
  socket,
  ValueError,
} from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import { test } from "../descriptors.ts";
import { pair } from "./selectors/setup.ts";

const { EVENT_READ } = selectors;

/** An unknown keyword, as JavaScript may pass it. */
// deno-lint-ignore no-explicit-any
const misspelled = { timeuot: 0 } as any;

test("select() takes its time-out by keyword", () => {
  using socks = pair();
  const found = select.select([], [socks.wr], [], { timeout: 0 });
  assertEquals(found, [[], [socks.wr], []]);
  const nothing = select.select([socks.rd], [], [], { timeout: 0 });
  assertEquals(nothing, [[], [], []]);
  // As Python's f(**{}).
  assertEquals(select.select([], [socks.wr], [], {}), found);
});

test("selectAsync() takes a signal without a time-out", async () => {
  using socks = pair();
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = select.selectAsync([socks.rd], [], [], { signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  const limits = { timeout: 0, signal: new AbortController().signal };
  assertEquals(await select.selectAsync([socks.rd], [], [], limits), [
    [],
    [],
    [],
  ]);
});

test("poll() takes eventmask and timeout by keyword", async () => {
  using socks = pair();
  const poller = select.poll();
  poller.register(socks.wr, { eventmask: select.POLLIN });
  assertEquals(poller.poll({ timeout: 0 }), []);
  poller.register(socks.wr, {});
  const writable = [[socks.wr.fileno(), select.POLLOUT]];
  assertEquals(poller.poll({}), writable);
  assertEquals(await poller.pollAsync({ timeout: 0 }), writable);
});

test("epoll() takes sizehint, flags, eventmask, timeout and maxevents by keyword", async () => {
  using socks = pair();
  using ep = select.epoll({ sizehint: 64, flags: select.EPOLL_CLOEXEC });
  for (const sock of [socks.rd, socks.wr]) {
    ep.register(sock, { eventmask: select.EPOLLOUT });
  }
  assertEquals(ep.poll({ timeout: 0 }).length, 2);
  assertEquals(ep.poll({ maxevents: 1 }).length, 1);
  assertEquals(ep.poll({ timeout: 0, maxevents: 1 }).length, 1);
  assertEquals(ep.poll(0, { maxevents: 1 }).length, 1);
  assertEquals((await ep.pollAsync({ maxevents: 1 })).length, 1);
  assertEquals((await ep.pollAsync(0, { maxevents: 1 })).length, 1);
});

test("select(), poll() and epoll() raise TypeError for an unknown keyword", async () => {
  using socks = pair();
  using ep = select.epoll();
  const poller = select.poll();
  const wrong: Record<string, () => unknown> = {
    select: () => select.select([], [], [], misspelled),
    poll: () => poller.poll(misspelled),
    register: () => poller.register(socks.rd, misspelled),
    epoll: () => select.epoll(misspelled),
  };
  for (const [name, call] of Object.entries(wrong)) {
    const message = `${name}() got an unexpected keyword argument 'timeuot'`;
    assertThrows(call, TypeError, message);
  }
  raises(TypeError, {
    "unexpected keyword": () => ep.poll(misspelled),
    unexpected: () => ep.register(socks.rd, misspelled),
  });
  for (
    const waiting of [
      () => select.selectAsync([], [], [], misspelled),
      () => poller.pollAsync(misspelled),
      () => ep.pollAsync(misspelled),
    ]
  ) await assertRejects(waiting, TypeError, "unexpected keyword argument");
});

test("DefaultSelector().register() types the keyword for data", () => {
  using socks = pair();
  const [rd, wr] = [socks.rd.fileno(), socks.wr.fileno()];
  using s = selectors.DefaultSelector<number, string>();
  s.register(rd, EVENT_READ, { data: "text" });
  // @ts-expect-error Data is a string.
  s.register(wr, EVENT_READ, { data: 1 });
  // Data that are plain objects go by keyword.
  using own = selectors.DefaultSelector<number, { port: number }>();
  own.register(rd, EVENT_READ, { data: { port: 80 } });
  assertThrows(
    // @ts-expect-error It would be taken for keywords.
    () => own.modify(rd, EVENT_READ, { port: 80 }),
    TypeError,
  );
  class Client {
    port = 80;
  }
  using clients = selectors.DefaultSelector<number, Client | (() => void)>();
  clients.register(rd, EVENT_READ, new Client());
  clients.register(wr, EVENT_READ, () => {});
});

const queues: Record<string, queue.QueueConstructor> = {
  Queue: queue.Queue,
  LifoQueue: queue.LifoQueue,
  PriorityQueue: queue.PriorityQueue as queue.QueueConstructor,
};

for (const [name, make] of Object.entries(queues)) {
  test(`queue.${name} takes maxsize, block, timeout and immediate by keyword`, () => {
    const q = make<string>({ maxsize: 1 });
    q.put("first", { block: false });
    assertThrows(() => q.put("second", { timeout: 1 }), queue.Full);
    assertThrows(() => q.put("second", { timeout: -1 }), ValueError);
    assertThrows(() => q.put("x", true, { timeout: 1 } as never), queue.Full);
    assertThrows(() => q.put("x", misspelled), TypeError, "unexpected keyword");
    assertEquals(q.get({ timeout: 1 }), "first");
    assertThrows(() => q.get({ block: false, timeout: -1 }), queue.Empty);
    assertThrows(() => q.get({ timeout: -1 }), ValueError);
    assertThrows(() => q.get(misspelled), TypeError, "unexpected keyword");
    q.put("second");
    q.shutdown({ immediate: true });
    assertEquals(q.empty(), true);
    assertThrows(() => make(misspelled), TypeError, `${name}() got`);
  });
}

test("queue.SimpleQueue.get() takes block and timeout by keyword", () => {
  const q = queue.SimpleQueue<number>();
  q.put(1, { block: false });
  assertEquals(q.get({ block: false }), 1);
  assertThrows(() => q.get({ timeout: -1 }), ValueError);
  assertThrows(() => q.get({ block: false, timeout: -1 }), queue.Empty);
});

test("os.dup2(), eventfd(), pidfd_open() and memfd_create() take keywords", () => {
  const file = os.memfd_create("keywords", { flags: 0 });
  const event = os.eventfd(0, { flags: os.EFD_NONBLOCK });
  const process = os.pidfd_open(Deno.pid, { flags: 0 });
  assertEquals(os.get_blocking(event), false);
  os.dup2(file, event, { inheritable: false });
  assertEquals(os.get_inheritable(event), false);
  os.dup2(file, event);
  assertEquals(os.get_inheritable(event), true);
  assertThrows(() => os.eventfd(0, misspelled), TypeError, "eventfd() got");
  for (const fd of [file, event, process]) os.close(fd);
});

test("TCPServer() takes bind_and_activate, and serve_forever() poll_interval, by keyword", async () => {
  class Stopping extends socketserver.TCPServer {
    override service_actions() {
      this.shutdown();
    }
  }
  const { BaseRequestHandler } = socketserver;
  const address: [string, number] = ["127.0.0.1", 0];
  using unbound = new Stopping(address, BaseRequestHandler, {
    bind_and_activate: false,
  });
  assertEquals(unbound.socket.getsockname(), ["0.0.0.0", 0]);
  using server = new Stopping(address, BaseRequestHandler);
  server.serve_forever({ poll_interval: 0.001 });
  await server.serve_foreverAsync({ poll_interval: 0.001 });
  await server.serve_foreverAsync(0.001);
  assertThrows(() => server.serve_forever(misspelled), TypeError, "unexpected");
  await assertRejects(
    () => server.serve_foreverAsync(misspelled),
    TypeError,
    "unexpected keyword argument",
  );
  assertThrows(
    () => socketserver.TCPServer(address, BaseRequestHandler, misspelled),
    TypeError,
    "TCPServer() got an unexpected keyword argument",
  );
});

test("recv_into() and recvfrom_into() take nbytes and flags by keyword", async () => {
  const { MSG_PEEK } = socket;
  const buffer = new Uint8Array(8);
  using socks = pair();
  const { rd, wr } = socks;
  wr.send(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  assertEquals(rd.recv_into(buffer, { nbytes: 2, flags: MSG_PEEK }), 2);
  assertEquals(rd.recv_into(buffer, 3, { flags: MSG_PEEK }), 3);
  assertEquals(rd.recv_into(buffer, { flags: MSG_PEEK }), 8);
  // As if it were omitted.
  const omitted = { nbytes: undefined, flags: MSG_PEEK };
  assertEquals(rd.recv_into(buffer, 3, omitted), 3);
  assertEquals(rd.recv_into(buffer, { nbytes: 1 }), 1);
  assertEquals(rd.recvfrom_into(buffer, { nbytes: 1, flags: MSG_PEEK })[0], 1);
  assertEquals(rd.recvfrom_into(buffer, { nbytes: 1 })[0], 1);
  assertEquals(await rd.recv_intoAsync(buffer, { nbytes: 1 }), 1);
  const peek = { flags: MSG_PEEK, signal: new AbortController().signal };
  assertEquals(await rd.recv_intoAsync(buffer, 2, peek), 2);
  assertEquals((await rd.recvfrom_intoAsync(buffer, 2, peek))[0], 2);
  assertEquals((await rd.recvfrom_intoAsync(buffer, { nbytes: 4 }))[0], 4);
  assertEquals(await rd.recv_intoAsync(buffer, {}), 1);
  assertEquals(buffer[0], 8);
});

test("Socket.recv_intoAsync() and recvfrom_intoAsync() take a signal beside nbytes, at the end or by keyword", async () => {
  using socks = pair();
  const buffer = new Uint8Array(1);
  for (
    const begin of [
      (signal: AbortSignal) => socks.rd.recv_intoAsync(buffer, { signal }),
      (signal: AbortSignal) => socks.rd.recv_intoAsync(buffer, 1, { signal }),
      (signal: AbortSignal) =>
        socks.rd.recv_intoAsync(buffer, 1, 0, { signal }),
      (signal: AbortSignal) =>
        socks.rd.recvfrom_intoAsync(buffer, { nbytes: 1, signal }),
      (signal: AbortSignal) =>
        socks.rd.recvfrom_intoAsync(buffer, 1, 0, { signal }),
    ]
  ) {
    const controller = new AbortController();
    const waiting = begin(controller.signal);
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  }
});

test("sendfile() takes offset and count by keyword", async () => {
  const file = os.memfd_create("keywords");
  os.write(file, new Uint8Array([0, 1, 2, 3, 4, 5]));
  using socks = pair();
  const { rd, wr } = socks;
  const received = () => [...rd.recv(16)];
  assertEquals(wr.sendfile(file, { offset: 1, count: 2 }), 2);
  assertEquals(received(), [1, 2]);
  assertEquals(wr.sendfile(file, { count: 1 }), 1);
  assertEquals(received(), [0]);
  assertEquals(wr.sendfile(file, 2, { count: null }), 4);
  assertEquals(received(), [2, 3, 4, 5]);
  assertEquals(await wr.sendfileAsync(file, { offset: 4 }), 2);
  assertEquals(received(), [4, 5]);
  assertEquals(await wr.sendfileAsync(file, 3, { count: 1 }), 1);
  assertEquals(received(), [3]);
  const aborted = { signal: AbortSignal.abort(new Error("enough")) };
  await assertRejects(() => wr.sendfileAsync(file, aborted), Error, "enough");
  os.close(file);
});

test("send_fds() and recv_fds() take flags and address by keyword", async () => {
  const { AF_UNIX, MSG_DONTWAIT, MSG_PEEK, SOCK_DGRAM } = socket;
  using a = socket.socket(AF_UNIX, SOCK_DGRAM);
  using b = socket.socket(AF_UNIX, SOCK_DGRAM);
  a.bind("");
  const address = a.getsockname();
  const bytes = [new Uint8Array([7])];
  const close = ([, fds]: ReturnType<typeof socket.recv_fds>) => {
    assertEquals(fds.length, 1);
    fds.forEach(os.close);
  };
  socket.send_fds(b, bytes, [a.fileno()], { flags: MSG_DONTWAIT, address });
  close(socket.recv_fds(a, 1, 1, { flags: MSG_PEEK }));
  close(socket.recv_fds(a, 1, 1));
  socket.send_fds(b, bytes, [a.fileno()], 0, { address });
  close(await socket.recv_fdsAsync(a, 1, 1, { flags: MSG_PEEK }));
  close(await socket.recv_fdsAsync(a, 1, 1, 0, {}));
  await socket.send_fdsAsync(b, bytes, [a.fileno()], { address });
  close(socket.recv_fds(a, 1, 1, {}));
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => socket.send_fdsAsync(b, bytes, [], { address, signal }),
    Error,
    "enough",
  );
  await assertRejects(
    () => socket.recv_fdsAsync(a, 1, 1, { signal }),
    Error,
    "enough",
  );
});

test("Socket.recv_into() and every other call of sockets raise TypeError for an unknown keyword", async () => {
  using socks = pair();
  const { rd, wr } = socks;
  const buffer = new Uint8Array(1);
  const wrong: Record<string, () => unknown> = {
    recv_into: () => rd.recv_into(buffer, misspelled),
    recvfrom_into: () => rd.recvfrom_into(buffer, 0, misspelled),
    sendfile: () => wr.sendfile(0, misspelled),
    send_fds: () => socket.send_fds(wr, [buffer], [], misspelled),
    recv_fds: () => socket.recv_fds(rd, 1, 1, misspelled),
  };
  for (const [name, call] of Object.entries(wrong)) {
    assertThrows(call, TypeError, `${name}() got an unexpected keyword`);
  }
  const rejected: Record<string, () => Promise<unknown>> = {
    recv_intoAsync: () => rd.recv_intoAsync(buffer, misspelled),
    recvfrom_intoAsync: () => rd.recvfrom_intoAsync(buffer, 0, misspelled),
    sendfileAsync: () => wr.sendfileAsync(0, misspelled),
    send_fdsAsync: () => socket.send_fdsAsync(wr, [buffer], [], misspelled),
    recv_fdsAsync: () => socket.recv_fdsAsync(rd, 1, 1, misspelled),
  };
  for (const [name, call] of Object.entries(rejected)) {
    await assertRejects(call, TypeError, `${name}() got an unexpected keyword`);
  }
  const twice = { nbytes: 1 } as never;
  assertThrows(() => rd.recv_into(buffer, 1, twice), TypeError, "multiple");
});

/** Runs an action while Object.prototype has fields. */
async function inherited<T>(
  fields: Record<string, unknown>,
  action: () => T,
): Promise<Awaited<T>> {
  Object.assign(Object.prototype, fields);
  try {
    return await action();
  } finally {
    for (const name of Object.keys(fields)) {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
  }
}

test("Socket.recvAsync() and selectAsync() take no signal from Object.prototype", async () => {
  using socks = pair();
  socks.wr.send(new Uint8Array([1]));
  for (const signal of [AbortSignal.abort(), "no signal"]) {
    const received = await inherited(
      { signal },
      () => socks.rd.recvAsync(1, socket.MSG_PEEK, {}),
    );
    assertEquals(received.length, 1);
    const found = await inherited(
      { signal },
      () => select.selectAsync([socks.rd], [], [], { timeout: null }),
    );
    assertEquals(found[0].length, 1);
  }
});

test("os.timerfd_create() and timerfd_settime() take no setting from Object.prototype", async () => {
  const fd = await inherited(
    { flags: -1 },
    () => os.timerfd_create(os.CLOCK_MONOTONIC, {}),
  );
  const setting = { flags: -1, initial: 3600, interval: 3600 };
  await inherited(setting, () => os.timerfd_settime(fd, { initial: 60 }));
  assertEquals(os.timerfd_gettime(fd)[1], 0);
  await inherited(setting, () => os.timerfd_settime_ns(fd, {}));
  assertEquals(os.timerfd_gettime(fd), [0, 0]);
  os.close(fd);
});

test("OSError() takes no field from Object.prototype", async () => {
  const fields = { code: "EPERM", syscall: "execve", filename: "/etc/passwd" };
  const made = await inherited(fields, () => new OSError(9, "why", {}));
  const thrown = await inherited(
    fields,
    () => assertThrows(() => os.read(-1, 1), OSError),
  );
  assertEquals(
    [made.code, made.syscall, made.filename, made.message],
    ["EBADF", null, null, "[Errno 9] why"],
  );
  assertEquals([thrown.code, thrown.filename], ["EBADF", null]);
});

test("Socket.makefile() takes no encoding from Object.prototype", () => {
  using socks = pair();
  for (const encoding of ["constructor", "__proto__", "valueOf"]) {
    assertThrows(
      () => socks.rd.makefile("r", { encoding }),
      ValueError,
      `unknown encoding: ${encoding}`,
    );
  }
});

test("Socket.sendmsg_afalg() takes no option from Object.prototype", async () => {
  let sent: unknown[] = [];
  class Cipher extends socket.Socket {
    override sendmsg(...args: Parameters<socket.Socket["sendmsg"]>): number {
      sent = args;
      return 0;
    }
  }
  const cipher = new Cipher(-1, socket.AF_ALG, socket.SOCK_SEQPACKET, 0, null);
  const { ALG_OP_DECRYPT, ALG_SET_OP, SOL_ALG } = socket;
  await inherited(
    { iv: new Uint8Array(16), assoclen: 8, flags: socket.MSG_MORE },
    () => cipher.sendmsg_afalg([], { op: ALG_OP_DECRYPT }),
  );
  const op = new Uint32Array([ALG_OP_DECRYPT]);
  assertEquals(sent, [[], [[SOL_ALG, ALG_SET_OP, op]], 0]);
});
