import * as mod from "@iomux/py";
import { repr, socket } from "@iomux/py";
import {
  address,
  adopt,
  AI,
  among,
  ancillary,
  type Any,
  buffer,
  buffers,
  type Calls,
  calls,
  dice,
  FAMILIES,
  FILE,
  flags,
  guarded,
  host,
  hostile,
  integer,
  keep,
  LEVELS,
  maybe,
  no_fd,
  or,
  properties,
  received,
  room,
  sock,
  stream,
  timeout,
  twins,
  TYPES,
  wait,
  watched,
} from "../pools.ts";

const { Socket } = socket as Any;

// close() would wait, as the caller asked.
const { SO_LINGER } = socket;
// These return new descriptors, which the caller would own.
const SO_PASSPIDFD = 76, SO_PEERPIDFD = 77;

// The length of SO_GET_FILTER counts instructions of 8 bytes.
const SO_ATTACH_FILTER = 26, SO_GET_FILTER = SO_ATTACH_FILTER;
const SO_MEMINFO = 55, SO_PEERGROUPS = 59, BPF_RET_K = 6;
/** Options that are longer than an int, or than the room for them. */
const STRUCTS: readonly (readonly [level: number, name: number])[] = [
  ...[socket.SO_PEERCRED, SO_LINGER, SO_GET_FILTER, SO_MEMINFO, SO_PEERGROUPS]
    .map((name) => [socket.SOL_SOCKET, name] as const),
  [socket.IPPROTO_TCP, socket.TCP_INFO],
  [socket.IPPROTO_TCP, socket.TCP_CONGESTION],
];

/** A connection with a packet filter of some instructions that accepts every packet. */
function connected(): socket.Socket {
  using server = socket.create_server(["127.0.0.1", 0]);
  const made = keep(socket.socket());
  made.connect_ex(server.getsockname() as Any);
  const filter = new Uint16Array(4 * (1 + dice.below(64)));
  for (let at = 0; at < filter.length; at += 4) {
    filter.set([BPF_RET_K, 0, 0xffff, 0xffff], at);
  }
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(filter));
  const program = new BigUint64Array([BigInt(filter.length / 4), address]);
  made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program);
  return made;
}

/** The kernel reads a null pointer: the only call that may raise EFAULT. */
export const NULL_OPTION = "socket.Socket.setsockopt of null";

const level = () => or(() => dice.pick(LEVELS));
const option = () =>
  or(() => {
    const name = dice.below(80);
    return [SO_LINGER, SO_PASSPIDFD, SO_PEERPIDFD].includes(name) ? 0 : name;
  });
const flag = () => or(() => dice.chance(0.5));

function made(): unknown {
  // A descriptor that the pools do not own is given back, not closed.
  if (dice.chance(0.2)) {
    const given = hostile(), made = socket.socket(-1, -1, -1, given);
    // An object counts as keywords: this one has none.
    return given == null || typeof given === "object"
      ? made.close()
      : made.detach();
  }
  const kind = (usual: number[], all: number[]) =>
    or(() => dice.chance(0.9) ? dice.pick(usual) : dice.pick(all), 0.9);
  const family = kind([1, 2, 2, 10], FAMILIES);
  const type = kind([1, 1, 2, 5], TYPES);
  return keep(socket.socket(family, type, or(() => 0, 0.9)));
}

/** Changes the time-out of a socket, and sets a short one again. */
function limited(change: (target: socket.Socket) => void): void {
  const target = sock();
  const soon = dice.pick([0, 0.0002]);
  try {
    change(target);
  } finally {
    if (target.fileno() !== -1) target.settimeout(soon);
  }
}

const where = () =>
  or(() => dice.chance(0.5) ? sock().getsockname() : [host(), 9]);
const kinds = [maybe(-1), maybe(-1), maybe(-1)];

/** Makes, names and closes sockets, and sets their options. */
export const socket_calls: Calls = {
  "socket.socket": made,
  "socket.Socket": () => {
    const args = [-1, 1, 1, 0, null].map((value) => maybe(value, 0.9)());
    return new Socket(...args);
  },
  ...calls("socket", () => socket, {
    socketpair: [maybe(1, 0.9), among([1, 2, 5], 0.9), maybe(0, 0.9)],
  }, (pair) => pair.forEach(keep)),
  ...calls("socket", () => socket, {
    fromfd: [() => or(() => sock().fileno()), ...kinds],
    create_connection: [where, () => 0.001, maybe(null), maybe({})],
    create_server: [() => or(() => [host(), 0]), () => ({
      family: or(() => 2),
      backlog: or(() => 1),
    })],
  }, keep),
  "socket.dup": () =>
    adopt(socket.dup(dice.chance(0.75) ? sock().fileno() : no_fd())),
  "socket.close": () =>
    socket.close(dice.chance(0.5) ? socket.socket().detach() : no_fd()),
  "socket.Socket.accept": () => {
    if (dice.chance(0.5)) return keep(sock().accept()[0]);
    const server = keep(socket.create_server(["127.0.0.1", 0]));
    keep(socket.socket()).connect_ex(server.getsockname() as Any);
    return keep(server.accept()[0]);
  },
  ...calls("socket.Socket", sock, {
    bind: [address],
    listen: [integer],
    connect: [address],
    connect_ex: [address],
    shutdown: [among([0, 1, 2])],
    close: [],
    fileno: [],
    getsockname: [],
    getpeername: [],
    gettimeout: [],
    getblocking: [],
    set_inheritable: [flag],
    get_inheritable: [],
    toString: [],
    sendmsg_afalg: [hostile, () => ({ op: integer(), flags: flags() })],
  }),
  ...calls("socket.Socket", sock, { dup: [] }, keep),
  ...properties("socket.Socket", sock, ["timeout", "family", "type", "proto"]),
  "socket.Socket.Symbol(Symbol.dispose)": () => sock()[Symbol.dispose](),
  "socket.Socket.Symbol(Deno.customInspect)": () => Deno.inspect(sock()),
  "socket.Socket.detach": () => {
    const fd = sock().detach();
    return fd === -1 ? fd : keep(socket.socket(-1, -1, -1, fd));
  },
  "socket.Socket.getsockopt": () => {
    const more = dice.chance(0.5) ? [] : [or(() => dice.below(1026))];
    return (sock() as Any).getsockopt(level(), option(), ...more);
  },
  "socket.Socket.getsockopt of a struct": () => {
    const more = dice.chance(0.3) ? [] : [dice.below(300)];
    return (connected() as Any).getsockopt(...dice.pick(STRUCTS), ...more);
  },
  "socket.Socket.setsockopt": () =>
    sock().setsockopt(
      level(),
      option(),
      dice.chance(0.6) ? integer() : buffer(),
    ),
  [NULL_OPTION]: () => sock().setsockopt(level(), option(), null, integer()),
  "socket.Socket.settimeout": () =>
    limited((it) => it.settimeout(dice.pick([hostile, timeout])())),
  "socket.Socket.setblocking": () => limited((it) => it.setblocking(hostile())),
  "a method of Socket's without this": () => {
    const methods = Object.getOwnPropertyNames(Socket.prototype);
    return Socket.prototype[dice.pick(methods)].call(hostile(), hostile());
  },
};

const size = () =>
  dice.chance(0.01)
    ? dice.pick([2 ** 31, 2 ** 40])
    : or(() => dice.pick([0, 1, 512, 513, 65536, 300_000]));
const destination = () => dice.chance(0.1) ? address() : null;
const one_byte = () => [new Uint8Array(1)];
const descriptors = () =>
  [0, 1].slice(dice.below(2)).map(() => sock().fileno());

/** Moves bytes and descriptors. */
export const transfer_calls: Calls = {
  ...calls("socket.Socket", sock, {
    send: [buffer, flags],
    sendall: [buffer, flags],
    sendmsg: [buffers, ancillary, flags, destination],
    recv: [size, flags],
    recvfrom: [among([0, 1, 512, 65536]), flags],
    recvfrom_into: [buffer, integer, flags],
  }),
  ...calls("socket.Socket", sock, {
    recvmsg: [integer, room, flags],
    recvmsg_into: [buffers, room, flags],
  }, received),
  ...calls("socket.Socket", stream, {
    sendfile: [
      () => or(() => dice.pick<Any>([FILE, watched()])),
      integer,
      among([null, 5, 2 ** 40]),
    ],
  }),
  ...calls("socket", () => socket, {
    send_fds: [sock, one_byte, () => or(descriptors, 0.8)],
  }),
  ...calls("socket", () => socket, {
    recv_fds: [sock, maybe(10), maybe(4)],
  }, ([, given]) => given.forEach(adopt)),
  "socket.Socket.sendto": () =>
    dice.chance(0.5)
      ? sock().sendto(buffer(), address())
      : sock().sendto(buffer(), flags(), address()),
  "socket.Socket.recv_into": () =>
    dice.chance(0.5)
      ? sock().recv_into(buffer(), or(() => 0), flags())
      : guarded(),
};

const names = [host, among([null, 80, "80"]), maybe(0), maybe(1), maybe(0)];
const numeric = [() => or(() => [host(), integer()]), () => 3];

/** Names in /etc/hosts, and values that are not names: no name server is asked. */
const known = () => {
  const value = or(() => dice.pick(["127.0.0.1", "localhost"]));
  return typeof value === "string" && value.length > 1 || value == null
    ? "127.0.0.1"
    : value === "" || value === "1"
    ? null
    : value;
};

/** The `Async` twins of the calls above. */
export const socket_twins: Calls = {
  ...twins("socket.Socket", sock, {
    connect: [address],
    connect_ex: [address],
    recv: [size, flags],
    recv_into: [buffer, integer, flags],
    recvfrom: [size, flags],
    recvfrom_into: [buffer, integer, flags],
    send: [buffer, flags],
    sendall: [buffer, flags],
    sendto: [buffer, flags, address],
    sendmsg: [buffers, ancillary, flags, () => null],
  }),
  ...twins("socket.Socket", sock, { accept: [] }, ([conn]) => keep(conn)),
  ...twins("socket.Socket", sock, {
    recvmsg: [size, room, flags],
    recvmsg_into: [buffers, room, flags],
  }, received),
  ...twins("socket.Socket", stream, {
    sendfile: [maybe(FILE), integer, among([null, 5])],
  }),
  ...twins("socket", () => socket, {
    send_fds: [
      sock,
      one_byte,
      () => or(() => [sock().fileno()], 0.8),
      () => 0,
      () => null,
    ],
    getaddrinfo: [...names, maybe(0)],
    gethostbyname: [host],
    gethostbyname_ex: [host],
    gethostbyaddr: [known],
    getfqdn: [known],
    // Numbers only: a name server would be asked for a name.
    getnameinfo: numeric,
  }),
  ...twins("socket", () => socket, {
    recv_fds: [sock, size, maybe(4), () => 0],
  }, ([, fds]) => fds.forEach(adopt)),
  "socket.create_connectionAsync": () =>
    wait(
      socket.create_connectionAsync(
        where(),
        0.001,
        or(() => null),
        or(() => ({})),
      ),
      keep,
    ),
};

const text = among(["http", "tcp", "udp", "lo", "ssh"]);
const number = among([0, 1, 22, 80, 443, 65535]);
const protocol = among(["tcp", undefined]);
const bytes = (...sizes: number[]) => () =>
  dice.chance(0.5) ? new Uint8Array(dice.pick(sizes)) : buffer();

/** The functions of `socket` that make no socket, and ask no name server. */
export const name_calls: Calls = {
  repr: () => repr(hostile()),
  ...calls("socket", () => socket, {
    getaddrinfo: [...names, among([0, ...AI])],
    gethostbyname: [host],
    gethostbyname_ex: [host],
    gethostbyaddr: [known],
    getfqdn: [known],
    getnameinfo: numeric,
    getservbyname: [text, protocol],
    getservbyport: [number, protocol],
    getprotobyname: [text],
    if_nametoindex: [text],
    if_indextoname: [number],
    if_nameindex: [],
    gethostname: [],
    // Values that are not names only: root would rename the machine.
    sethostname: [() => {
      const name = hostile();
      return typeof name === "string" ? name + "\0" : name;
    }],
    has_dualstack_ipv6: [],
    CMSG_LEN: [integer],
    CMSG_SPACE: [integer],
    linger: [bytes(256)],
    ucred: [bytes(256)],
    timeval: [bytes(256)],
    tcp_info: [bytes(256)],
    htons: [integer],
    htonl: [integer],
    ntohs: [integer],
    ntohl: [integer],
    inet_pton: [among([2, 10]), among(["::1", "1.2.3.4"])],
    inet_ntop: [among([2, 10]), bytes(4, 16)],
    inet_aton: [maybe("1.2.3.4", 0.3)],
    inet_ntoa: [bytes(4)],
    getdefaulttimeout: [],
  }),
  ...calls("socket", () => socket, {
    AddressFamily: [integer],
    SocketKind: [integer],
    MsgFlag: [integer],
  }, String),
  "socket.setdefaulttimeout": () => {
    try {
      socket.setdefaulttimeout(dice.pick([hostile, timeout])());
    } finally {
      socket.setdefaulttimeout(0);
    }
  },
};

function raised(constructor: Any): unknown {
  const error = new constructor(
    or(() => dice.below(140), 0.6),
    or(() => "why", 0.7),
    or(() => ({ syscall: or(() => "recv"), filename: or(() => "/x") }), 0.7),
  );
  return [String(error), error.errno, error.code, Deno.inspect(error)];
}

const classes = Object.entries(mod as Record<string, Any>)
  .filter(([, value]) => typeof value === "function");

/** The constructors of the exceptions. */
export const error_calls: Calls = {
  ...Object.fromEntries(
    classes.map(([name, constructor]) => [name, () => raised(constructor)]),
  ),
  "socket.gaierror": () => raised(socket.gaierror),
  "socket.herror": () => raised(socket.herror),
  "OSError.args": () =>
    (new mod.OSError(hostile(), hostile()) as mod.OSError).args,
  "an exception without new": () => dice.pick(classes)[1](hostile()),
};
