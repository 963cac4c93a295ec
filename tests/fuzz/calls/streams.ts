import {
  type Any,
  buffer,
  type Calls,
  dice,
  hostile,
  keep,
  or,
  sock,
  wait,
} from "../pools.ts";

/** Asks a stream for what it has, or ends it; the wait ends with the socket. */
function read(stream: Any): Promise<unknown> {
  if (dice.chance(0.2)) return stream.cancel(hostile());
  if (dice.chance(0.5)) {
    return stream.getReader({ mode: "byob" }).read(buffer());
  }
  const reader = stream.getReader();
  const done = reader.read();
  if (dice.chance(0.5)) reader.releaseLock();
  return done;
}

function write(stream: Any): Promise<unknown> {
  if (dice.chance(0.2)) {
    return stream[dice.pick(["close", "abort"])](hostile());
  }
  const writer = stream.getWriter();
  const done = writer.write(buffer());
  if (dice.chance(0.5)) writer.releaseLock();
  return done;
}

/** What comes of the promise is an error like any other. */
function quietly(promise: Promise<unknown>): void {
  promise.catch(() => {});
}

/** The calls of a socket's streams. */
export const stream_calls: Calls = {
  "socket.Socket.readable": () => quietly(read(sock().readable)),
  "socket.Socket.writable": () => quietly(write(sock().writable)),
  "socket.Socket.read": () => quietly(sock().read(buffer())),
  "socket.Socket.write": () => quietly(sock().write(buffer())),
  "socket.Socket.Symbol(Symbol.asyncIterator)": () => {
    const clients = sock()[Symbol.asyncIterator]();
    wait(clients.next(), ({ value }) => value && keep(value[0]));
    setTimeout(() => clients.return!(or(() => undefined)));
  },
  "socket.Socket.Symbol(Symbol.asyncDispose)": () =>
    quietly(sock()[Symbol.asyncDispose]()),
};
