/**
 * What the package has under the names of Python's modules, and of the objects they make.
 *
 * @module
 */

import { errno, os, queue, select, selectors, socket } from "@iomux/py";
import * as socketserver from "@iomux/py/socketserver";
import * as struct from "@iomux/py/struct";

/** The modules, in the order of the table. */
export const modules: Readonly<
  Record<string, Readonly<Record<string, unknown>>>
> = {
  select,
  selectors,
  socket,
  socketserver,
  queue,
  struct,
  errno,
  os,
};

/** The public names of an object, its class's included. */
function names_of(object: object): string[] {
  const found = new Set<string>();
  for (
    let holder = object;
    holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const name of Object.getOwnPropertyNames(holder)) found.add(name);
  }
  return [...found].filter((name) => !/^(_|constructor$|toString$)/.test(name));
}

/** The public names of each object that `docs/conformance/names.py` looks at. */
export function objects(): Record<string, string[]> {
  using stack = new DisposableStack();
  const use = <T extends Disposable>(object: T) => stack.use(object);
  const { BaseRequestHandler, DatagramRequestHandler, StreamRequestHandler } =
    socketserver;
  const sock = use(socket.socket());
  const stream = new StreamRequestHandler(sock, ["", 0], null);
  stream.setup();
  const datagram = new DatagramRequestHandler(
    [new Uint8Array(), sock],
    ["", 0],
    null,
  );
  datagram.setup();
  const made: Record<string, object> = {
    "select.poll": select.poll(),
    "select.epoll": use(select.epoll()),
    "selectors.SelectSelector": use(selectors.SelectSelector()),
    "selectors.PollSelector": use(selectors.PollSelector()),
    "selectors.EpollSelector": use(selectors.EpollSelector()),
    "selectors.SelectorKey": selectors.SelectorKey(0, 0, 0, null),
    "socket.socket": sock,
    "socketserver.TCPServer": use(
      socketserver.TCPServer(["", 0], StreamRequestHandler, false),
    ),
    "socketserver.UDPServer": use(
      socketserver.UDPServer(["", 0], DatagramRequestHandler, false),
    ),
    "socketserver.UnixStreamServer": use(
      socketserver.UnixStreamServer("", StreamRequestHandler, false),
    ),
    "socketserver.UnixDatagramServer": use(
      socketserver.UnixDatagramServer("", DatagramRequestHandler, false),
    ),
    "socketserver.BaseRequestHandler": new BaseRequestHandler(
      sock,
      ["", 0],
      null,
    ),
    "socketserver.StreamRequestHandler": stream,
    "socketserver.DatagramRequestHandler": datagram,
    "queue.Queue": queue.Queue(),
    "queue.LifoQueue": queue.LifoQueue(),
    "queue.PriorityQueue": queue.PriorityQueue<number>(),
    "queue.SimpleQueue": queue.SimpleQueue(),
    "struct.Struct": struct.Struct(""),
  };
  const found = Object.fromEntries(
    Object.entries(made).map(([name, object]) => [name, names_of(object)]),
  );
  // A class method in Python, which an instance has as well.
  found["select.epoll"]!.push(...Object.keys(select.epoll));
  return found;
}
