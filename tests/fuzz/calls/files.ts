import { os, socket } from "@iomux/py";
import {
  Reader,
  ReaderWriter,
  TextReader,
  TextReaderWriter,
  TextWriter,
  Writer,
} from "../../../py/socket/makefile.ts";
import {
  among,
  type Any,
  bits,
  buffer,
  type Calls,
  calls,
  dice,
  fd,
  fds,
  hostile,
  integer,
  keep,
  maybe,
  no_fd,
  or,
  own,
  properties,
  sock,
  twins,
  wait,
} from "../pools.ts";

/** A descriptor of the pool, or a value that is not a descriptor. */
const ours = () => dice.chance(0.85) ? fd() : no_fd();
const any_file = () => dice.pick([sock, ours, memory])();
const file = () => dice.pick([ours, memory])();
const length = among([0, 1, 8, 9, 4096, 65_536, 2 ** 64]);
const offset = among([0, 1, -1, 4096, 2 ** 40, 2 ** 53, -(2 ** 53)]);
const time = among([0, 1, 0.5, -1, 1e-9, 1e9, 2 ** 33, NaN, 1e300]);
const nanoseconds = among([0, 1n, 10n ** 9n, -1n, 2n ** 63n - 1n, 2n ** 63n]);
const count = among([0, 1, 2 ** 40, 2n ** 64n - 2n, 2n ** 64n]);
const flag = () => or(() => dice.chance(0.5));

/** A target for sendfile(): not a file, which 2^40 bytes would fill. */
function sink(): Any {
  const [r, w] = os.pipe();
  own([r, w]);
  return dice.chance(0.5) ? w : sock().fileno();
}

/** A pipe with nothing in it. */
function empty(): number {
  const [r, w] = os.pipe();
  own([r, w]);
  return r;
}

function settings(of: () => Any): Any {
  return or(() => ({
    flags: or(() => dice.pick([0, 0, 1, 2, 3])),
    initial: dice.chance(0.9) ? of() : undefined,
    interval: dice.chance(0.5) ? of() : undefined,
  }), 0.9);
}

/** A file in memory with 100 bytes. */
function memory(): number {
  const made = os.memfd_create("fuzz");
  own(made);
  os.write(made, new Uint8Array(100));
  os.lseek(made, 0);
  return made;
}

function counter(): Any {
  if (dice.chance(0.5)) return dice.pick([fd, no_fd])();
  const made = os.eventfd(1);
  own(made);
  return made;
}

function timer(): Any {
  if (dice.chance(0.5)) return ours();
  const made = os.timerfd_create(os.CLOCK_MONOTONIC);
  own(made);
  return made;
}

function terminal(): Any {
  if (dice.chance(0.5)) return ours();
  const [master, slave] = os.openpty();
  own([master, slave]);
  return slave;
}

/** The calls of `os`. */
export const os_calls: Calls = {
  "os.close": () => {
    if (dice.chance(0.5)) return os.close(no_fd());
    return os.close(fds.splice(dice.below(fds.length), 1)[0]!);
  },
  // The pools must own the second one, as dup2() closes it.
  "os.dup2": () => {
    const to = ours();
    const made = os.dup2(ours(), to, or(() => dice.chance(0.5), 0.9));
    if (!fds.includes(made)) fds.push(made);
    os.set_blocking(made, false);
  },
  "os.set_blocking": () => {
    const one = ours();
    os.set_blocking(one, flag());
    os.set_blocking(one, false);
  },
  ...calls("os", () => os, {
    get_blocking: [ours],
    get_inheritable: [ours],
    set_inheritable: [ours, flag],
    strerror: [() => or(() => dice.below(200))],
    readv: [ours, () => or(() => [new Uint8Array(3), new Uint8Array(9)])],
    writev: [ours, () => or(() => [buffer(), buffer()])],
    write: [ours, buffer],
    fstat: [any_file],
    fsync: [any_file],
    fdatasync: [any_file],
    lseek: [file, offset, among([0, 1, 2, 3, 4, 5])],
    ftruncate: [file, length],
    sendfile: [
      () => dice.chance(0.85) ? sink() : no_fd(),
      file,
      among([null, 0, 5, 2 ** 40]),
      among([0, 1, 65_536, 2 ** 31, 2 ** 40]),
    ],
    eventfd_read: [counter],
    eventfd_write: [counter, count],
    timerfd_settime: [timer, () => settings(time)],
    timerfd_settime_ns: [timer, () => settings(nanoseconds)],
    timerfd_gettime: [timer],
    timerfd_gettime_ns: [timer],
    isatty: [ours],
    ttyname: [terminal],
  }),
  ...calls("os", () => os, {
    dup: [ours],
    // It makes no file, and opens none that waits for a writer.
    open: [
      among(["/dev/null", "/dev/zero", ".", "/proc/self/fd/0"]),
      among([0, 1, 2, os.O_PATH, os.O_DIRECTORY]),
      maybe(0o600),
      () => or(() => ({ dir_fd: or(() => dice.pick([null, ours()])) })),
    ],
    pipe: [],
    pipe2: [flags_of(0, 2048, 524288, 526336)],
    eventfd: [integer, flags_of(0, 1, 2048)],
    pidfd_open: [maybe(Deno.pid), among([0, 2048])],
    memfd_create: [maybe("fuzz"), flags_of(0, 1, 2, 3, os.MFD_HUGETLB)],
    timerfd_create: [
      among([0, 1, 7, 99]),
      () => or(() => ({ flags: flags_of(0, 2048)() })),
    ],
    openpty: [],
  }, own),
  "os.read": () => {
    const n = length();
    // A file in memory may be 2^40 bytes long, and 2 GiB of it would come at once.
    return os.read(n > 0x100000 ? empty() : ours(), n);
  },
  ...twins("os", () => os, {
    read: [fd, length],
    readv: [fd, () => or(() => [buffer(), buffer()])],
    write: [fd, buffer],
    writev: [fd, () => or(() => [buffer(), buffer()])],
  }),
};

/** One of these flags, or any bits. */
function flags_of(...known: number[]): () => Any {
  return () => or(() => dice.pick([...known, bits()]));
}

// Streams, and the files of makefile().

/** Reads from a stream, or ends it; the wait ends with the socket. */
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

/** Ignores a rejection, which is an error like any other. */
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

const size = among([-1, 0, 1, 64, 70_000]);
const bufsize = among([0, -1, 16]);
const text = among(["", "a\nb\r\n", "\ud800€", "\0"], 0.9);
const form = () =>
  or(() => ({
    encoding: among(["utf-8", "latin-1", "ascii", null], 0.9)(),
    errors: among(["strict", "ignore", "replace"], 0.9)(),
    newline: among([null, "", "\n", "\r", "\r\n"], 0.9)(),
  }), 0.9);
const mode = among(["r", "w", "rw", "rb", "wb", "rwb", "b"], 0.9);

const bytes = () => new TextEncoder().encode("a\nb\n");

/** A socket of the pool, or one with two lines and the end to read: most calls succeed there. */
function source(): socket.Socket {
  if (dice.chance(0.5)) return sock();
  const [from, to] = socket.socketpair();
  to.send(bytes());
  to.close();
  return keep(from);
}

const makers: Record<string, () => Any> = {
  Reader: () => new Reader(or(() => dice.pick([source(), bytes()])), integer()),
  Writer: () => new Writer(or(() => dice.pick([sock(), null]), 0.9), bufsize()),
  ReaderWriter: () => new ReaderWriter(or(source), bufsize()),
  TextReader: () => new TextReader(or(source), bufsize(), form()),
  TextWriter: () => new TextWriter(or(source), bufsize(), form()),
  TextReaderWriter: () => new TextReaderWriter(or(source), bufsize(), form()),
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
  const of = `socket.${name}`;
  const reads = { read: [size], readline: [size], readlines: [size] };
  const reading: Calls = {
    ...calls(of, make, reads),
    ...twins(of, make, reads),
    [`${of}.Symbol(Symbol.iterator)`]: () => [...make()],
    // Bytes in memory: a wait for a socket might never end.
    [`${of}.Symbol(Symbol.asyncIterator)`]: () => {
      const lines = make()[Symbol.asyncIterator]();
      wait(
        name === "Reader"
          ? Array.fromAsync(new Reader(bytes(), integer()))
          : lines.return(),
      );
    },
  };
  const writing: Calls = {
    ...calls(of, make, { write: [data], writelines: [lines] }),
    ...twins(of, make, { write: [data], writelines: [lines] }),
    ...calls(of, written, { flush: [] }),
    ...twins(of, written, { flush: [] }),
  };
  return {
    [of]: make,
    ...calls(of, make, { close: [], fileno: [] }),
    ...properties(of, make, ["closed"]),
    [`${of}.Symbol(Symbol.dispose)`]: () => make()[Symbol.dispose](),
    ...(name.includes("Reader") ? reading : {}),
    ...(name.includes("Writer") ? writing : {}),
  };
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
