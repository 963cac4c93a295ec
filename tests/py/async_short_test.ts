// First: it must run before anything waits.
import "./unchecked.ts";
import { os, OSError, select, socket } from "@iomux/py";
import { assertEquals } from "@std/assert";
import { tcp } from "../../ffi/descriptor.ts";
import { test } from "../descriptors.ts";
import { WATCHDOG } from "../scripts.ts";
import { turns } from "./async_twins.ts";
import {
  decode,
  encode,
  Pair,
  tcp_pair,
  test_unless,
  unix_pair,
} from "./socket/setup.ts";

// A read may return less than it asked for though there is more: the next one must not wait for
// new bytes.

const { AF_INET, AF_NETLINK, MSG_OOB, SOCK_DGRAM, SOCK_RAW } = socket;
const { IPPROTO_MPTCP, IPPROTO_TCP, SOCK_SEQPACKET, SOCK_STREAM } = socket;
const { SO_OOBINLINE, SO_PASSCRED, SOL_SOCKET, TCP_ULP } = socket;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int inotify_init1(int flags)
  inotify_init1: { parameters: ["i32"], result: "i32" },
  // int inotify_add_watch(int fd, const char *pathname, uint32_t mask)
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int ioctl(int fd, unsigned long request, void *argp)
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
});

const SIZE = 1000;

/** A descriptor of which a read stops before the end of what is there. */
interface Source {
  readonly fd: number;
  /** The socket, if it is one. */
  readonly sock?: socket.Socket;
  /** Makes it readable: two units at once. */
  put(): void;
  /** The text of the units. */
  readonly text: string;
  /** The most bytes to read: more than a unit. */
  readonly size?: number;
  /** Returns the text of what was read; without it, the bytes are the text. */
  text_of?(bytes: Uint8Array): string;
  close(): void;
}

const one = encode("one\n"), two = encode("two\n");

/** A read of `b`, to which `put` sends. */
function of_pair(
  pair: Pair,
  put: (pair: Pair) => void = ({ a }) =>
    [one, two].forEach((unit) => a.send(unit)),
  text = "one\ntwo\n",
): Source {
  return {
    fd: pair.b.fileno(),
    sock: pair.b,
    put: () => put(pair),
    text,
    close: () => pair[Symbol.dispose](),
  };
}

/** A read of one descriptor, to whose other end two units are written. */
function of_ends(
  [fd, other]: readonly [number, number],
  between: () => void = () => {},
): Source {
  return {
    fd,
    put() {
      os.write(other, one);
      between();
      os.write(other, two);
    },
    text: "one\ntwo\n",
    close: () => [fd, other].forEach(os.close),
  };
}

function udp_pair(): Pair {
  const [a, b] = [0, 0].map(() => socket.socket(AF_INET, SOCK_DGRAM)) as [
    socket.Socket,
    socket.Socket,
  ];
  b.bind(["127.0.0.1", 0]);
  a.connect(b.getsockname());
  return new Pair([a, b]);
}

function mptcp_pair(): Pair {
  using server = socket.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  server.bind(["127.0.0.1", 0]);
  server.listen();
  const client = socket.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  client.connect(server.getsockname());
  return new Pair([client, server.accept()[0]]);
}

const SOL_TLS = 282, TLS_TX = 1, TLS_RX = 2;

/** A connection that the kernel encrypts in one direction: kTLS. */
function ktls_pair(): Pair {
  const pair = tcp_pair();
  // struct tls12_crypto_info_aes_gcm_128: TLS 1.2, AES-GCM-128, then the key and what belongs to it
  const info = new Uint8Array(40);
  info.set([3, 3, 51]);
  for (
    const [sock, direction] of [[pair.a, TLS_TX], [pair.b, TLS_RX]] as const
  ) {
    sock.setsockopt(IPPROTO_TCP, TCP_ULP, encode("tls"));
    sock.setsockopt(SOL_TLS, direction, info);
  }
  return pair;
}

/** Sends a byte out of band between the units. */
function send_urgent({ a }: Pair): void {
  a.send(one);
  a.send(encode("!"), MSG_OOB);
  a.send(two);
}

/** Takes the byte out of band before the bytes ahead of it are read. */
function send_urgent_and_take(
  take: (sock: socket.Socket) => unknown,
): (pair: Pair) => void {
  return (pair) => {
    send_urgent(pair);
    select.select([], [], [pair.b]);
    take(pair.b);
  };
}

function send_fds({ a }: Pair): void {
  for (const unit of [one, two]) socket.send_fds(a, [unit], [a.fileno()]);
}

/** The first unit has no sender's credentials, the second has. */
function send_credentials({ a, b }: Pair): void {
  b.setsockopt(SOL_SOCKET, SO_PASSCRED, 0);
  a.send(one);
  b.setsockopt(SOL_SOCKET, SO_PASSCRED, 1);
  a.send(two);
}

/** Takes `b`'s descriptor for one of TCP, as programs do that expect no other. */
function taken_for_tcp({ a, b }: Pair): Pair {
  return new Pair([a, socket.socket(AF_INET, SOCK_STREAM, 0, b.detach())]);
}

/** Puts `b`'s file in the place of a TCP socket. */
function instead_of_tcp({ a, b }: Pair): Pair {
  const { a: peer, b: one } = tcp_pair();
  // As in a new program.
  tcp.drains = true;
  os.dup2(b.fileno(), one.fileno(), false);
  for (const sock of [peer, b]) sock.close();
  return new Pair([a, one]);
}

const TIOCPKT = 0x5420n, TCFLSH = 0x540bn;
const IN_CREATE = 0x100;

const sources: Record<string, () => Source> = {
  "TCP": () => of_pair(tcp_pair()),
  "TCP with an urgent byte": () => of_pair(tcp_pair(), send_urgent),
  "TCP with an urgent byte inline"() {
    const pair = tcp_pair();
    pair.b.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1);
    return of_pair(pair, send_urgent, "one\n!two\n");
  },
  "UNIX stream": () => of_pair(unix_pair()),
  "UNIX stream with descriptors": () => of_pair(unix_pair(), send_fds),
  "UNIX stream with credentials": () => of_pair(unix_pair(), send_credentials),
  "UNIX stream with descriptors, taken for TCP": () =>
    of_pair(taken_for_tcp(unix_pair()), send_fds),
  "UNIX stream with descriptors, instead of TCP": () =>
    of_pair(instead_of_tcp(unix_pair()), send_fds),
  "SOCK_SEQPACKET": () => of_pair(unix_pair(SOCK_SEQPACKET)),
  "SOCK_SEQPACKET taken for TCP": () =>
    of_pair(taken_for_tcp(unix_pair(SOCK_SEQPACKET))),
  "SOCK_DGRAM": () => of_pair(unix_pair(SOCK_DGRAM)),
  "UDP": () => of_pair(udp_pair()),
  "netlink"() {
    const sock = socket.socket(AF_NETLINK, SOCK_RAW);
    sock.bind([0, 0]);
    // struct nlmsghdr: length, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, sequence number
    const ask = (number: number) =>
      sock.sendto(
        new Uint32Array([16, 1 | 5 << 16, number, 0]),
        [0, 0],
      );
    return {
      fd: sock.fileno(),
      sock,
      put: () => [1, 2].forEach(ask),
      text: "12",
      text_of: (answer) => String(answer[8]),
      close: () => sock.close(),
    };
  },
  "pipe": () => of_ends(os.pipe()),
  "pipe of packets": () => of_ends(os.pipe2(os.O_DIRECT)),
  "terminal": () => of_ends(os.openpty().reverse() as [number, number]),
  "terminal's master": () => ({
    ...of_ends(os.openpty()),
    text: "one\r\ntwo\r\n",
  }),
  "terminal's master in packet mode"() {
    const [master, slave] = os.openpty();
    libc.ioctl(master, TIOCPKT, new Int32Array([1]));
    // A status between the units: a packet of one byte that is not 0.
    const flush = () => void libc.ioctl(slave, TCFLSH, null);
    return {
      ...of_ends([master, slave], flush),
      text: "one\r\ntwo\r\n",
      text_of: (packet) => packet[0] === 0 ? decode(packet.subarray(1)) : "",
    };
  },
  "eventfd that counts down"() {
    const fd = os.eventfd(0, os.EFD_SEMAPHORE);
    return {
      fd,
      put: () => os.eventfd_write(fd, 2),
      text: "11",
      text_of: (count) => String(count[0]),
      close: () => os.close(fd),
    };
  },
  "inotify"() {
    const folder = Deno.makeTempDirSync();
    const fd = libc.inotify_init1(os.O_CLOEXEC);
    libc.inotify_add_watch(fd, encode(`${folder}\0`), IN_CREATE);
    let round = 0;
    return {
      fd,
      put() {
        round++;
        for (const name of ["a", "b"]) {
          Deno.writeTextFileSync(`${folder}/${name}${round}`, "");
        }
      },
      text: "ab",
      // One struct inotify_event with a name of 16 bytes, and a part of the next.
      size: 40,
      text_of: (event) => decode(event.subarray(16, 17)),
      close() {
        os.close(fd);
        Deno.removeSync(folder, { recursive: true });
      },
    };
  },
};

// However the urgent byte is taken, its mark stays.
const takes: Record<string, (sock: socket.Socket) => unknown> = {
  recv: (sock) => sock.recv(1, MSG_OOB),
  recv_into: (sock) => sock.recv_into(new Uint8Array(1), 1, MSG_OOB),
  recvfrom: (sock) => sock.recvfrom(1, MSG_OOB),
  recvfrom_into: (sock) => sock.recvfrom_into(new Uint8Array(1), 1, MSG_OOB),
  recvmsg: (sock) => sock.recvmsg(1, 0, MSG_OOB),
  recvmsg_into: (sock) => sock.recvmsg_into([new Uint8Array(1)], 0, MSG_OOB),
  recvAsync: (sock) => sock.recvAsync(1, MSG_OOB),
  recv_intoAsync: (sock) => sock.recv_intoAsync(new Uint8Array(1), 1, MSG_OOB),
  recvfromAsync: (sock) => sock.recvfromAsync(1, MSG_OOB),
  recvmsgAsync: (sock) => sock.recvmsgAsync(1, 0, MSG_OOB),
  "dup().recv"(sock) {
    using copy = sock.dup();
    copy.recv(1, MSG_OOB);
  },
};
for (const [name, take] of Object.entries(takes)) {
  sources[`TCP with an urgent byte that ${name}() has taken`] = () => {
    // As in a new program.
    tcp.drains = true;
    return of_pair(tcp_pair(), send_urgent_and_take(take));
  };
}

/** Sources that a kernel may lack. */
const optional: Record<string, () => Source> = {
  "MPTCP": () => of_pair(mptcp_pair()),
  "kTLS": () => of_pair(ktls_pair()),
};

type Read = (signal: AbortSignal) => Promise<Uint8Array | string>;

/** A read into a buffer: its bytes. */
async function into(
  size: number,
  read: (buffer: Uint8Array<ArrayBuffer>) => Promise<number>,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(size);
  return buffer.subarray(0, await read(buffer));
}

/** Each way to read a descriptor. */
const of_descriptor: Record<string, (fd: number, size: number) => Read> = {
  "os.readAsync()": (fd, size) => (signal) =>
    os.readAsync(fd, size, { signal }),
  "os.readvAsync()": (fd, size) => (signal) =>
    into(size, (buffer) => os.readvAsync(fd, [buffer], { signal })),
  "selectAsync()": (fd, size) => async (signal) => {
    await select.selectAsync([fd], [], [], null, { signal });
    return os.read(fd, size);
  },
  "Poll.pollAsync()"(fd, size) {
    const poller = select.poll();
    poller.register(fd, select.POLLIN);
    return async (signal) => {
      await poller.pollAsync(null, { signal });
      return os.read(fd, size);
    };
  },
};

/** Each way to read a socket. */
const of_socket: Record<string, (sock: socket.Socket) => Read> = {
  "Socket.recvAsync()": (sock) => (signal) =>
    sock.recvAsync(SIZE, 0, { signal }),
  "Socket.recv_intoAsync()": (sock) => (signal) =>
    into(SIZE, (buffer) => sock.recv_intoAsync(buffer, { signal })),
  "Socket.recvfromAsync()": (sock) => async (signal) =>
    (await sock.recvfromAsync(SIZE, 0, { signal }))[0],
  "Socket.recvfrom_intoAsync()": (sock) => (signal) =>
    into(
      SIZE,
      async (buffer) => (await sock.recvfrom_intoAsync(buffer, { signal }))[0],
    ),
  "Socket.recvmsgAsync()": (sock) => async (signal) =>
    (await sock.recvmsgAsync(SIZE, 0, 0, { signal }))[0],
  "Socket.recvmsg_intoAsync()": (sock) => (signal) =>
    into(
      SIZE,
      async (buffer) =>
        (await sock.recvmsg_intoAsync([buffer], 0, 0, { signal }))[0],
    ),
  "makefile().readAsync()"(sock) {
    const file = sock.makefile("rb", 0);
    return (signal) => file.readAsync(SIZE, { signal });
  },
  "makefile().readlineAsync()"(sock) {
    const file = sock.makefile("rb");
    return (signal) => file.readlineAsync(-1, { signal });
  },
};

/** Each way to read a stream. */
const of_stream: Record<string, (sock: socket.Socket) => Read> = {
  "Socket.readable"(sock) {
    const reader = sock.readable.getReader();
    return (signal) => streamed(reader, reader.read(), signal);
  },
  "Socket.readable of bytes"(sock) {
    const reader = sock.readable.getReader({ mode: "byob" });
    return (signal) =>
      streamed(reader, reader.read(new Uint8Array(SIZE)), signal);
  },
};

async function streamed(
  reader: { cancel(): Promise<void> },
  read: Promise<{ value?: Uint8Array | undefined }>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const cancel = () => void reader.cancel();
  signal.addEventListener("abort", cancel);
  const { value } = await read;
  signal.removeEventListener("abort", cancel);
  signal.throwIfAborted();
  return value!;
}

/** The ways to read a source. */
function* reads(source: Source): Generator<[name: string, () => Read]> {
  const { fd, sock, size = SIZE, text_of } = source;
  for (const [name, read] of Object.entries(of_descriptor)) {
    yield [name, () => read(fd, size)];
  }
  if (sock === undefined) return;
  for (const [name, read] of Object.entries(of_socket)) {
    // A file reads lines.
    if (text_of === undefined || !name.startsWith("makefile")) {
      yield [name, () => read(sock)];
    }
  }
  if (sock.type !== SOCK_STREAM) return;
  for (const [name, read] of Object.entries(of_stream)) {
    yield [name, () => read(sock)];
  }
}

/** When the first read begins, and what comes before the next. */
const orders = [
  { waits: true, pauses: false },
  { waits: true, pauses: true },
  { waits: false, pauses: false },
];

const ROUNDS = 3;

async function check(make: () => Source, name: string): Promise<void> {
  for (const { waits, pauses } of orders) {
    const source = make();
    const controller = new AbortController(), { signal } = controller;
    const abort = () => controller.abort("a wait without end");
    const timer = setTimeout(abort, WATCHDOG);
    try {
      const read = new Map(reads(source)).get(name)!();
      const next = async (given = read(signal)) => {
        const got = await given;
        if (typeof got === "string") return got;
        return (source.text_of ?? decode)(got);
      };
      for (let round = 0; round < ROUNDS; round++) {
        const first = waits ? read(signal) : undefined;
        await turns();
        source.put();
        let text = await next(first);
        while (text.length < source.text.length) {
          if (pauses) await turns();
          text += await next();
        }
        assertEquals(text, source.text);
      }
    } finally {
      clearTimeout(timer);
      source.close();
    }
  }
}

/** Why a source cannot be made here; `null` if it can. */
function missing(make: () => Source): string | null {
  try {
    make().close();
    return null;
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    return error.message;
  }
}

function test_source(from: string, make: () => Source): void {
  const source = make(), names = [...reads(source)].map(([name]) => name);
  source.close();
  for (const name of names) {
    test(`${name} continues after a short result: ${from}`, () =>
      check(make, name));
  }
}

for (const [from, make] of Object.entries(sources)) test_source(from, make);
for (const [from, make] of Object.entries(optional)) {
  const reason = missing(make);
  if (reason === null) test_source(from, make);
  else test_unless(reason, `A short result of ${from}`, () => {});
}
