import {
  Reader,
  ReaderWriter,
  TextReader,
  TextReaderWriter,
  TextWriter,
  Writer,
} from "../../../py/socket/makefile.ts";
import {
  type Any,
  buffer,
  type Calls,
  dice,
  hostile,
  integer,
  keep,
  or,
  signal,
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

const size = () => or(() => dice.pick([-1, 0, 1, 64, 70_000]));
const bufsize = () => or(() => dice.pick([0, -1, 16]));
const text = () => or(() => dice.pick(["", "a\nb\r\n", "\ud800€", "\0"]), 0.9);
const form = () =>
  or(() => ({
    encoding: or(() => dice.pick(["utf-8", "latin-1", "ascii", null]), 0.9),
    errors: or(() => dice.pick(["strict", "ignore", "replace"]), 0.9),
    newline: or(() => dice.pick([null, "", "\n", "\r", "\r\n"]), 0.9),
  }), 0.9);
const mode = () =>
  or(() => dice.pick(["r", "w", "rw", "rb", "wb", "rwb", "b"]), 0.9);

const bytes = () => new TextEncoder().encode("a\nb\n");

const makers: Record<string, () => Any> = {
  Reader: () => new Reader(or(() => dice.pick([sock(), bytes()])), integer()),
  Writer: () => new Writer(or(() => dice.pick([sock(), null]), 0.9), bufsize()),
  ReaderWriter: () => new ReaderWriter(or(sock), bufsize()),
  TextReader: () => new TextReader(or(sock), bufsize(), form()),
  TextWriter: () => new TextWriter(or(sock), bufsize(), form()),
  TextReaderWriter: () => new TextReaderWriter(or(sock), bufsize(), form()),
};

/** The calls of one of the files that `makefile()` makes. */
function calls_of(name: string): Calls {
  const make = makers[name]!;
  const data = name.startsWith("Text") ? text : buffer;
  const lines = () => or(() => [data(), data()], 0.9);
  const written = () => {
    const one = make();
    one.write(data());
    return one;
  };
  const reading: Calls = {
    read: () => make().read(size()),
    readline: () => make().readline(size()),
    readlines: () => make().readlines(size()),
    readAsync: () => wait(make().readAsync(size(), signal())),
    readlineAsync: () => wait(make().readlineAsync(size(), signal())),
    readlinesAsync: () => wait(make().readlinesAsync(size(), signal())),
    "Symbol(Symbol.iterator)": () => [...make()],
    // Of bytes in memory, as a socket could have it wait for ever.
    "Symbol(Symbol.asyncIterator)": () => {
      const lines = make()[Symbol.asyncIterator]();
      wait(
        name === "Reader"
          ? Array.fromAsync(new Reader(bytes(), integer()))
          : lines.return(),
      );
    },
  };
  const writing: Calls = {
    write: () => make().write(data()),
    writeAsync: () => wait(make().writeAsync(data(), signal())),
    writelines: () => make().writelines(lines()),
    flush: () => written().flush(),
    flushAsync: () => wait(written().flushAsync(signal())),
  };
  const all: Calls = {
    closed: () => make().closed,
    close: () => make().close(),
    "Symbol(Symbol.dispose)": () => make()[Symbol.dispose](),
    fileno: () => make().fileno(),
    ...(name.includes("Reader") ? reading : {}),
    ...(name.includes("Writer") ? writing : {}),
  };
  return Object.fromEntries([
    [`socket.${name}`, make],
    ...Object.entries(all).map(([of, call]) => [`socket.${name}.${of}`, call]),
  ]);
}

/** The calls of `Socket.makefile()`, and of the files that it makes. */
export const file_calls: Calls = {
  ...Object.assign({}, ...Object.keys(makers).map(calls_of)),
  "socket.Writer.getvalue": () => {
    const one = new Writer(null);
    one.write(buffer());
    return one.getvalue();
  },
  "socket.Socket.makefile": () =>
    (sock() as Any).makefile(mode(), bufsize(), or(form, 0.8)),
};
