import * as mod from "@iomux/py";
import { repr, socket } from "@iomux/py";
import {
  AI,
  type Any,
  buffer,
  type Calls,
  dice,
  host,
  hostile,
  integer,
  or,
  timeout,
} from "../pools.ts";

/** Names in /etc/hosts, and values that are not names: no name server is asked. */
const known = () => {
  const value = or(() => dice.pick(["127.0.0.1", "localhost"]));
  return typeof value === "string" && value.length > 1 || value == null
    ? "127.0.0.1"
    : value === "" || value === "1"
    ? null
    : value;
};
const text = () => or(() => dice.pick(["http", "tcp", "udp", "lo", "ssh"]));
const number = () => or(() => dice.pick([0, 1, 22, 80, 443, 65535]));
const byteorder = (name: "htons" | "htonl" | "ntohs" | "ntohl") => () =>
  socket[name](integer());
const struct = (name: "linger" | "ucred" | "timeval" | "tcp_info") => () =>
  socket[name](dice.chance(0.5) ? new Uint8Array(256) : buffer());

/** The calls of `socket` that make no socket, and ask no name server. */
export const name_calls: Calls = {
  repr: () => repr(hostile()),
  "socket.getaddrinfo": () =>
    socket.getaddrinfo(
      host(),
      or(() => dice.pick([null, 80, "80"])),
      or(() => 0),
      or(() => 1),
      or(() => 0),
      or(() => dice.pick([0, ...AI])),
    ),
  "socket.gethostbyname": () => socket.gethostbyname(host()),
  "socket.gethostbyname_ex": () => socket.gethostbyname_ex(host()),
  "socket.gethostbyaddr": () => socket.gethostbyaddr(known()),
  "socket.getfqdn": () => socket.getfqdn(known()),
  // Numbers only: a name would have to be asked for.
  "socket.getnameinfo": () =>
    socket.getnameinfo(or(() => [host(), integer()]) as Any, 3),
  "socket.getservbyname": () =>
    socket.getservbyname(text(), or(() => dice.pick<Any>(["tcp", undefined]))),
  "socket.getservbyport": () =>
    socket.getservbyport(
      number(),
      or(() => dice.pick<Any>(["tcp", undefined])),
    ),
  "socket.getprotobyname": () => socket.getprotobyname(text()),
  "socket.if_nametoindex": () => socket.if_nametoindex(text()),
  "socket.if_indextoname": () => socket.if_indextoname(number()),
  "socket.if_nameindex": () => socket.if_nameindex(),
  "socket.gethostname": () => socket.gethostname(),
  // Values that are not names only: root would rename the machine.
  "socket.sethostname": () => {
    const name = hostile();
    return socket.sethostname(typeof name === "string" ? name + "\0" : name);
  },
  "socket.has_dualstack_ipv6": () => socket.has_dualstack_ipv6(),
  "socket.AddressFamily": () => String(socket.AddressFamily(integer())),
  "socket.SocketKind": () => String(socket.SocketKind(integer())),
  "socket.MsgFlag": () => String(socket.MsgFlag(integer())),
  "socket.CMSG_LEN": () => socket.CMSG_LEN(integer()),
  "socket.CMSG_SPACE": () => socket.CMSG_SPACE(integer()),
  "socket.linger": struct("linger"),
  "socket.ucred": struct("ucred"),
  "socket.timeval": struct("timeval"),
  "socket.tcp_info": struct("tcp_info"),
  "socket.htons": byteorder("htons"),
  "socket.htonl": byteorder("htonl"),
  "socket.ntohs": byteorder("ntohs"),
  "socket.ntohl": byteorder("ntohl"),
  "socket.inet_pton": () =>
    socket.inet_pton(
      or(() => dice.pick([2, 10])),
      or(() => dice.pick(["::1", "1.2.3.4"])),
    ),
  "socket.inet_ntop": () =>
    socket.inet_ntop(
      or(() => dice.pick([2, 10])),
      dice.chance(0.5) ? new Uint8Array(dice.pick([4, 16])) : buffer(),
    ),
  "socket.inet_aton": () => socket.inet_aton(or(() => "1.2.3.4", 0.3)),
  "socket.inet_ntoa": () =>
    socket.inet_ntoa(dice.chance(0.5) ? new Uint8Array(4) : buffer()),
  "socket.getdefaulttimeout": () => socket.getdefaulttimeout(),
  "socket.setdefaulttimeout": () => {
    try {
      socket.setdefaulttimeout(dice.pick([hostile, timeout])());
    } finally {
      socket.setdefaulttimeout(0);
    }
  },
};

function made(constructor: Any): unknown {
  const error = new constructor(
    or(() => dice.below(140), 0.6),
    or(() => "why", 0.7),
    or(() => ({ syscall: or(() => "recv"), filename: or(() => "/x") }), 0.7),
  );
  return [String(error), error.errno, error.code, Deno.inspect(error)];
}

const classes = Object.entries(mod as Record<string, Any>)
  .filter(([, value]) => typeof value === "function");

/** The calls of the exceptions' constructors. */
export const error_calls: Calls = {
  ...Object.fromEntries(
    classes.map(([name, constructor]) => [name, () => made(constructor)]),
  ),
  "socket.gaierror": () => made(socket.gaierror),
  "socket.herror": () => made(socket.herror),
  "OSError.args": () =>
    (new mod.OSError(hostile(), hostile()) as mod.OSError).args,
  "an exception without new": () => dice.pick(classes)[1](hostile()),
};
