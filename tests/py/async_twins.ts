/**
 * Every `Async` twin, in a state in which it has to wait.
 *
 * @module
 */

import { BlockingIOError, errno, os, select, socket } from "@iomux/py";
import { listening, unix_pair } from "./socket/setup.ts";

export const one: Uint8Array<ArrayBuffer> = new Uint8Array([1]);

/** A call that waits until it is served, aborted or closed. */
export interface Waiting extends Disposable {
  /** Starts it, with a time-out in seconds. */
  wait(options?: select.WaitOptions, timeout?: number): Promise<unknown>;
  /** Makes it ready. */
  serve(): void;
  /** The descriptor that it waits on. */
  fileno(): number;
  /** Closes what it waits on. */
  close(): void;
}

/** Lets the event loop turn: enough for a wait to reach the reactor's waker. */
export async function turns(count = 8): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends until the socket takes no more. */
export function fill(sock: socket.Socket): void {
  const chunk = new Uint8Array(65536);
  until_blocked(() => sock.send(chunk, socket.MSG_DONTWAIT));
}

/** Receives all bytes that are there; returns their number. */
export function drain(sock: socket.Socket): number {
  let total = 0;
  until_blocked(() => total += sock.recv(65536, socket.MSG_DONTWAIT).length);
  return total;
}

function until_blocked(action: () => void): void {
  try {
    for (;;) action();
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
}

type Call = (
  sock: socket.Socket,
  options?: select.WaitOptions,
) => Promise<unknown>;

/** A wait of one of two connected sockets. */
function of_socket(call: Call, full = false): () => Waiting {
  return () => {
    const { a, b } = unix_pair();
    if (full) fill(b);
    return {
      wait: (options, timeout) => {
        if (timeout !== undefined) b.settimeout(timeout);
        return call(b, options);
      },
      serve: () => full ? drain(a) : a.send(one),
      fileno: () => b.fileno(),
      close: () => b.close(),
      [Symbol.dispose]: () => [a, b].forEach((sock) => sock.close()),
    };
  };
}

type DescriptorCall = (
  fd: number,
  options?: select.WaitOptions,
) => Promise<unknown>;

/** A wait of a descriptor, without a time-out. */
function of_descriptor(call: DescriptorCall, full = false): () => Waiting {
  return of_socket((sock, options) => call(sock.fileno(), options), full);
}

/** Sends from an unconnected socket to one whose queue is full. */
function sending_to(): Waiting {
  const { AF_UNIX, SOCK_DGRAM } = socket;
  const receiver = socket.socket(AF_UNIX, SOCK_DGRAM);
  const sender = socket.socket(AF_UNIX, SOCK_DGRAM);
  receiver.bind("");
  const address = receiver.getsockname();
  sender.setblocking(false);
  until_blocked(() => sender.sendto(one, address));
  return {
    wait: (options, timeout) => {
      if (timeout !== undefined) sender.settimeout(timeout);
      return sender.sendtoAsync(one, address, options);
    },
    serve: () => drain(receiver),
    fileno: () => sender.fileno(),
    close: () => sender.close(),
    [Symbol.dispose]: () => [receiver, sender].forEach((sock) => sock.close()),
  };
}

function sending_a_file(): Waiting {
  const file = os.memfd_create("one");
  os.write(file, one);
  const waiting = of_socket(
    (sock, options) => sock.sendfileAsync(file, 0, null, options),
    true,
  )();
  return {
    ...waiting,
    [Symbol.dispose]() {
      waiting[Symbol.dispose]();
      os.close(file);
    },
  };
}

function accepting(): Waiting {
  const server = listening(), client = socket.socket();
  return {
    wait: async (options, timeout) => {
      if (timeout !== undefined) server.settimeout(timeout);
      const [conn, address] = await server.acceptAsync(options);
      conn.close();
      return String(address) === String(client.getsockname());
    },
    serve: () => client.connect(server.getsockname()),
    fileno: () => server.fileno(),
    close: () => server.close(),
    [Symbol.dispose]: () => [server, client].forEach((sock) => sock.close()),
  };
}

/** Connects to a listener whose queue of one is full. */
function connecting(
  connect: (
    sock: socket.Socket,
    ...args: Parameters<socket.Socket["connectAsync"]>
  ) => Promise<unknown>,
): Waiting {
  const address = `\0iomux-${crypto.randomUUID()}`;
  const [server, first, second] = [0, 0, 0].map(() =>
    socket.socket(socket.AF_UNIX)
  ) as [socket.Socket, socket.Socket, socket.Socket];
  server.bind(address);
  server.listen(0);
  first.connect(address);
  return {
    wait: (options, timeout) => {
      if (timeout !== undefined) second.settimeout(timeout);
      return connect(second, address, options);
    },
    serve: () => server.accept()[0].close(),
    fileno: () => second.fileno(),
    close: () => second.close(),
    [Symbol.dispose]: () =>
      [server, first, second].forEach((sock) => sock.close()),
  };
}

function selecting(): Waiting {
  const { a, b } = unix_pair();
  return {
    wait: async (options, timeout) => {
      const found = await select.selectAsync([b], [], [b], timeout, options);
      return found.map((list) => list.map((sock) => sock === b));
    },
    serve: () => a.send(one),
    fileno: () => b.fileno(),
    close: () => b.close(),
    [Symbol.dispose]: () => [a, b].forEach((sock) => sock.close()),
  };
}

function polling(): Waiting {
  const { a, b } = unix_pair(), poller = select.poll(), fd = b.fileno();
  poller.register(b, select.POLLIN);
  return {
    wait: async (options, timeout) => {
      const limit = timeout === undefined ? null : timeout * 1000;
      const events = await poller.pollAsync(limit, options);
      return events.map(([ready, mask]) => [ready === fd, mask]);
    },
    serve: () => a.send(one),
    fileno: () => b.fileno(),
    close: () => b.close(),
    [Symbol.dispose]: () => [a, b].forEach((sock) => sock.close()),
  };
}

function epolling(): Waiting {
  const { a, b } = unix_pair(), ep = select.epoll(), fd = b.fileno();
  ep.register(b, select.EPOLLIN);
  return {
    wait: async (options, timeout) => {
      const events = await ep.pollAsync(timeout, -1, options);
      return events.map(([ready, mask]) => [ready === fd, mask]);
    },
    serve: () => a.send(one),
    fileno: () => ep.fileno(),
    close: () => ep.close(),
    [Symbol.dispose]: () => [a, b, ep].forEach((file) => file.close()),
  };
}

/** A twin: how to make it wait, and its result. */
export interface Twin {
  readonly make: () => Waiting;
  readonly result: unknown;
  /** Its result when the time-out expires, if it does not reject. */
  readonly timed_out?: unknown;
  /** Whether only a signal can end it. */
  readonly has_no_timeout?: boolean;
}

export const twins: Record<string, Twin> = {
  "Socket.recvAsync()": {
    make: of_socket((sock, options) => sock.recvAsync(9, 0, options)),
    result: one,
  },
  "Socket.recv_intoAsync()": {
    make: of_socket((sock, options) =>
      sock.recv_intoAsync(new Uint8Array(9), 0, 0, options)
    ),
    result: 1,
  },
  "Socket.sendallAsync()": {
    make: of_socket(
      (sock, options) => sock.sendallAsync(one, 0, options),
      true,
    ),
    result: undefined,
  },
  "Socket.recvfromAsync()": {
    make: of_socket((sock, options) => sock.recvfromAsync(9, 0, options)),
    result: [one, null],
  },
  "Socket.recvfrom_intoAsync()": {
    make: of_socket((sock, options) =>
      sock.recvfrom_intoAsync(new Uint8Array(9), 0, 0, options)
    ),
    result: [1, null],
  },
  "Socket.recvmsgAsync()": {
    make: of_socket((sock, options) => sock.recvmsgAsync(9, 0, 0, options)),
    result: [one, [], 0, null],
  },
  "Socket.recvmsg_intoAsync()": {
    make: of_socket((sock, options) =>
      sock.recvmsg_intoAsync([new Uint8Array(9)].values(), 0, 0, options)
    ),
    result: [1, [], 0, null],
  },
  "recv_fdsAsync()": {
    make: of_socket((sock, options) =>
      socket.recv_fdsAsync(sock, 9, 1, 0, options)
    ),
    result: [one, [], 0, null],
  },
  "Socket.sendAsync()": {
    make: of_socket((sock, options) => sock.sendAsync(one, 0, options), true),
    result: 1,
  },
  "Socket.sendtoAsync()": { make: sending_to, result: 1 },
  "Socket.sendmsgAsync()": {
    make: of_socket(
      (sock, options) =>
        sock.sendmsgAsync([one].values(), [], 0, null, options),
      true,
    ),
    result: 1,
  },
  "send_fdsAsync()": {
    make: of_socket(
      (sock, options) =>
        socket.send_fdsAsync(sock, [one], [0], 0, null, options),
      true,
    ),
    result: 1,
  },
  "Socket.sendfileAsync()": { make: sending_a_file, result: 1 },
  "readAsync()": {
    make: of_descriptor((fd, options) => os.readAsync(fd, 9, options)),
    result: one,
    has_no_timeout: true,
  },
  "readvAsync()": {
    make: of_descriptor((fd, options) =>
      os.readvAsync(fd, [new Uint8Array(9)].values(), options)
    ),
    result: 1,
    has_no_timeout: true,
  },
  "writeAsync()": {
    make: of_descriptor((fd, options) => os.writeAsync(fd, one, options), true),
    result: 1,
    has_no_timeout: true,
  },
  "writevAsync()": {
    make: of_descriptor(
      (fd, options) => os.writevAsync(fd, [one].values(), options),
      true,
    ),
    result: 1,
    has_no_timeout: true,
  },
  "Socket.acceptAsync()": { make: accepting, result: true },
  "Socket.connectAsync()": {
    make: () => connecting((sock, ...args) => sock.connectAsync(...args)),
    result: undefined,
  },
  "Socket.connect_exAsync()": {
    make: () => connecting((sock, ...args) => sock.connect_exAsync(...args)),
    result: 0,
    timed_out: errno.EAGAIN,
  },
  "selectAsync()": {
    make: selecting,
    result: [[true], [], []],
    timed_out: [[], [], []],
  },
  "Poll.pollAsync()": {
    make: polling,
    result: [[true, select.POLLIN]],
    timed_out: [],
  },
  "Epoll.pollAsync()": {
    make: epolling,
    result: [[true, select.EPOLLIN]],
    timed_out: [],
  },
};
