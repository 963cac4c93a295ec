import { socket } from "@iomux/py";
import {
  address,
  adopt,
  type Any,
  buffer,
  type Calls,
  dice,
  FAMILIES,
  flags,
  host,
  hostile,
  integer,
  keep,
  LEVELS,
  no_fd,
  or,
  sock,
  timeout,
  TYPES,
} from "../pools.ts";

// close() would wait, as the caller asked.
const { SO_LINGER } = socket;
// These bring further descriptors, which would be the caller's.
const SO_PASSPIDFD = 76, SO_PEERPIDFD = 77;

// SO_GET_FILTER's length counts instructions of 8 bytes.
const SO_ATTACH_FILTER = 26, SO_GET_FILTER = SO_ATTACH_FILTER;
const SO_MEMINFO = 55, SO_PEERGROUPS = 59, BPF_RET_K = 6;
/** Options that are longer than the int, or the room, that is asked for. */
const STRUCTS: readonly (readonly [level: number, name: number])[] = [
  ...[socket.SO_PEERCRED, SO_LINGER, SO_GET_FILTER, SO_MEMINFO, SO_PEERGROUPS]
    .map((name) => [socket.SOL_SOCKET, name] as const),
  [socket.IPPROTO_TCP, socket.TCP_INFO],
  [socket.IPPROTO_TCP, socket.TCP_CONGESTION],
];

/** A connection with a filter of some instructions that lets all packets pass. */
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

/** What the kernel would read is nowhere: the one call that may be an EFAULT. */
export const NULL_OPTION = "socket.Socket.setsockopt of null";

function option(): number {
  const name = dice.below(80);
  return [SO_LINGER, SO_PASSPIDFD, SO_PEERPIDFD].includes(name) ? 0 : name;
}

function made(): unknown {
  // What is not ours is given back before it can be closed.
  if (dice.chance(0.2)) {
    const given = hostile(), made = socket.socket(-1, -1, -1, given);
    // An object is keywords, of which it has none.
    return given == null || typeof given === "object"
      ? made.close()
      : made.detach();
  }
  const family = or(
    () => dice.chance(0.9) ? dice.pick([1, 2, 2, 10]) : dice.pick(FAMILIES),
    0.9,
  );
  const type = or(
    () => dice.chance(0.9) ? dice.pick([1, 1, 2, 5]) : dice.pick(TYPES),
    0.9,
  );
  return keep(socket.socket(family, type, or(() => 0, 0.9)));
}

/** A change of the time-out, from which the socket comes back to one that is short. */
function limited(change: (target: socket.Socket) => void): void {
  const target = sock();
  const soon = dice.pick([0, 0.0002]);
  try {
    change(target);
  } finally {
    if (target.fileno() !== -1) target.settimeout(soon);
  }
}

/** The calls of `socket` that make sockets, and of their names and options. */
export const socket_calls: Calls = {
  "socket.socket": made,
  "socket.Socket": () =>
    new socket.Socket(
      or(() => -1, 0.9),
      or(() => 1, 0.9),
      or(() => 1, 0.9),
      or(() => 0, 0.9),
      or(() => null, 0.9),
    ),
  "socket.socketpair": () =>
    socket.socketpair(
      or(() => 1, 0.9),
      or(() => dice.pick([1, 2, 5]), 0.9),
      or(() => 0, 0.9),
    )
      .forEach(keep),
  "socket.fromfd": () =>
    keep(
      socket.fromfd(
        or(() => sock().fileno()),
        or(() => -1),
        or(() => -1),
        or(() => -1),
      ),
    ),
  "socket.dup": () =>
    adopt(socket.dup(dice.chance(0.75) ? sock().fileno() : no_fd())),
  "socket.close": () =>
    socket.close(dice.chance(0.5) ? socket.socket().detach() : no_fd()),
  "socket.create_connection": () =>
    keep(socket.create_connection(
      or(() => dice.chance(0.5) ? sock().getsockname() : [host(), 9]),
      0.001,
      or(() => null),
      or(() => ({})),
    )),
  "socket.create_server": () =>
    keep(socket.create_server(or(() => [host(), 0]), {
      family: or(() => 2),
      backlog: or(() => 1),
    })),
  "socket.Socket.accept": () => {
    if (dice.chance(0.5)) return keep(sock().accept()[0]);
    const server = keep(socket.create_server(["127.0.0.1", 0]));
    keep(socket.socket()).connect_ex(server.getsockname() as Any);
    return keep(server.accept()[0]);
  },
  "socket.Socket.bind": () => sock().bind(address()),
  "socket.Socket.listen": () => sock().listen(integer()),
  "socket.Socket.connect": () => sock().connect(address()),
  "socket.Socket.connect_ex": () => sock().connect_ex(address()),
  "socket.Socket.shutdown": () => sock().shutdown(or(() => dice.below(3))),
  "socket.Socket.close": () => sock().close(),
  "socket.Socket.Symbol(Symbol.dispose)": () => sock()[Symbol.dispose](),
  "socket.Socket.detach": () => {
    const fd = sock().detach();
    return fd === -1 ? fd : keep(socket.socket(-1, -1, -1, fd));
  },
  "socket.Socket.dup": () => keep(sock().dup()),
  "socket.Socket.fileno": () => sock().fileno(),
  "socket.Socket.getsockname": () => sock().getsockname(),
  "socket.Socket.getpeername": () => sock().getpeername(),
  "socket.Socket.getsockopt": () => {
    const level = or(() => dice.pick(LEVELS)), name = or(option);
    return dice.chance(0.5)
      ? sock().getsockopt(level, name)
      : sock().getsockopt(level, name, or(() => dice.below(1026)));
  },
  "socket.Socket.getsockopt of a struct": () => {
    const [level, name] = dice.pick(STRUCTS);
    return dice.chance(0.3)
      ? connected().getsockopt(level, name)
      : connected().getsockopt(level, name, dice.below(300));
  },
  "socket.Socket.setsockopt": () => {
    const level = or(() => dice.pick(LEVELS)), name = or(option);
    const value = dice.chance(0.6) ? integer() : buffer();
    return sock().setsockopt(level, name, value);
  },
  [NULL_OPTION]: () =>
    sock().setsockopt(
      or(() => dice.pick(LEVELS)),
      or(option),
      null,
      integer(),
    ),
  "socket.Socket.settimeout": () =>
    limited((it) => it.settimeout(dice.pick([hostile, timeout])())),
  "socket.Socket.setblocking": () => limited((it) => it.setblocking(hostile())),
  "socket.Socket.gettimeout": () => sock().gettimeout(),
  "socket.Socket.getblocking": () => sock().getblocking(),
  "socket.Socket.timeout": () => sock().timeout,
  "socket.Socket.family": () => sock().family,
  "socket.Socket.type": () => sock().type,
  "socket.Socket.proto": () => sock().proto,
  "socket.Socket.set_inheritable": () =>
    sock().set_inheritable(or(() => dice.chance(0.5))),
  "socket.Socket.get_inheritable": () => sock().get_inheritable(),
  "socket.Socket.toString": () => String(sock()),
  "socket.Socket.Symbol(Deno.customInspect)": () => Deno.inspect(sock()),
  "socket.Socket.sendmsg_afalg": () =>
    sock().sendmsg_afalg(hostile(), { op: integer(), flags: flags() }),
  "a method of Socket's without this": () => {
    const methods = Object.getOwnPropertyNames(
      socket.Socket.prototype,
    );
    return (socket.Socket.prototype as Any)[dice.pick(methods)].call(
      hostile(),
      hostile(),
    );
  },
};
