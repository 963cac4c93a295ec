import { os, select, socket } from "@iomux/py";
import {
  address,
  adopt,
  ancillary,
  type Any,
  buffer,
  buffers,
  type Calls,
  dice,
  ep,
  fd,
  FILE,
  flags,
  guarded,
  host,
  integer,
  keep,
  list,
  or,
  poller,
  ready,
  received,
  room,
  signal,
  sock,
  stream,
  timeout,
  wait,
  watched,
} from "../pools.ts";

const size = () =>
  dice.chance(0.01)
    ? dice.pick([2 ** 31, 2 ** 40])
    : or(() => dice.pick([0, 1, 512, 513, 65536, 300_000]));

function descriptors(): number[] {
  return [0, 1].slice(dice.below(2)).map(() => sock().fileno());
}

/** The calls that move bytes, and descriptors. */
export const transfer_calls: Calls = {
  "socket.Socket.send": () => sock().send(buffer(), flags()),
  "socket.Socket.sendall": () => sock().sendall(buffer(), flags()),
  "socket.Socket.sendto": () =>
    dice.chance(0.5)
      ? sock().sendto(buffer(), address())
      : sock().sendto(buffer(), flags(), address()),
  "socket.Socket.sendmsg": () =>
    sock().sendmsg(
      buffers(),
      ancillary(),
      flags(),
      dice.chance(0.1) ? address() : null,
    ),
  "socket.Socket.sendfile": () =>
    stream().sendfile(
      or(() => dice.pick<Any>([FILE, watched()])),
      integer(),
      or(() => dice.pick([null, 5, 2 ** 40])),
    ),
  "socket.Socket.recv": () => sock().recv(size(), flags()),
  "socket.Socket.recvfrom": () =>
    sock().recvfrom(or(() => dice.pick([0, 1, 512, 65536])), flags()),
  "socket.Socket.recv_into": () =>
    dice.chance(0.5)
      ? sock().recv_into(buffer(), or(() => 0), flags())
      : guarded(),
  "socket.Socket.recvfrom_into": () =>
    sock().recvfrom_into(buffer(), integer(), flags()),
  "socket.Socket.recvmsg": () =>
    received(sock().recvmsg(integer(), room(), flags())),
  "socket.Socket.recvmsg_into": () =>
    received(sock().recvmsg_into(buffers(), room(), flags())),
  "socket.send_fds": () =>
    socket.send_fds(sock(), [new Uint8Array(1)], or(descriptors, 0.8)),
  "socket.recv_fds": () => {
    const [, given] = socket.recv_fds(sock(), or(() => 10), or(() => 4));
    return given.forEach(adopt);
  },
};

const limit = () => dice.chance(0.5) ? timeout() : dice.pick([null, undefined]);
/** With what can always be written, now and then. */
const some = (): Any => dice.chance(0.3) ? [ready, ...[list()].flat()] : list();

/** The calls of the `Async` twins. */
export const wait_calls: Calls = {
  "select.selectAsync": () =>
    wait(select.selectAsync(list(), some(), list(), limit(), signal())),
  "select.Poll.pollAsync": () => wait(poller().pollAsync(limit(), signal())),
  "select.Epoll.pollAsync": () =>
    wait(ep().pollAsync(limit(), or(() => -1), signal())),
  "socket.getaddrinfoAsync": () =>
    wait(socket.getaddrinfoAsync(
      host(),
      or(() => dice.pick([null, 80, "80"])),
      or(() => 0),
      or(() => 1),
      or(() => 0),
      or(() => 0),
      signal(),
    )),
  "socket.Socket.acceptAsync": () =>
    wait(sock().acceptAsync(signal()), ([conn]) => keep(conn)),
  "socket.Socket.connectAsync": () =>
    wait(sock().connectAsync(address(), signal())),
  "socket.Socket.recvAsync": () =>
    wait(
      sock().recvAsync(size(), flags(), signal()),
    ),
  "socket.Socket.recv_intoAsync": () =>
    wait(sock().recv_intoAsync(buffer(), integer(), flags(), signal())),
  "socket.Socket.sendallAsync": () =>
    wait(sock().sendallAsync(buffer(), flags(), signal())),
  "socket.Socket.recvfromAsync": () =>
    wait(sock().recvfromAsync(size(), flags(), signal())),
  "socket.Socket.recvfrom_intoAsync": () =>
    wait(sock().recvfrom_intoAsync(buffer(), integer(), flags(), signal())),
  "socket.Socket.recvmsgAsync": () =>
    wait(sock().recvmsgAsync(size(), room(), flags(), signal()), received),
  "socket.Socket.recvmsg_intoAsync": () =>
    wait(
      sock().recvmsg_intoAsync(buffers(), room(), flags(), signal()),
      received,
    ),
  "socket.Socket.sendAsync": () =>
    wait(sock().sendAsync(buffer(), flags(), signal())),
  "socket.Socket.sendtoAsync": () =>
    wait(sock().sendtoAsync(buffer(), flags(), address(), signal())),
  "socket.Socket.sendmsgAsync": () =>
    wait(
      sock().sendmsgAsync(buffers(), ancillary(), flags(), null, signal()),
    ),
  "socket.Socket.sendfileAsync": () =>
    wait(
      stream().sendfileAsync(
        or(() => FILE),
        integer(),
        or(() => dice.pick([null, 5])),
        signal(),
      ),
    ),
  "socket.send_fdsAsync": () =>
    wait(socket.send_fdsAsync(
      sock(),
      [new Uint8Array(1)],
      or(() => [sock().fileno()], 0.8),
      0,
      null,
      signal(),
    )),
  "socket.recv_fdsAsync": () =>
    wait(
      socket.recv_fdsAsync(sock(), size(), or(() => 4), 0, signal()),
      ([, fds]) => fds.forEach(adopt),
    ),
  "socket.create_connectionAsync": () =>
    wait(
      socket.create_connectionAsync(
        or(() => dice.chance(0.5) ? sock().getsockname() : [host(), 9]),
        0.001,
        or(() => null),
        or(() => ({})),
      ),
      keep,
    ),
  "socket.gethostbynameAsync": () =>
    wait(socket.gethostbynameAsync(host(), signal())),
  // Numbers only: a name would have to be asked for.
  "socket.getnameinfoAsync": () =>
    wait(
      socket.getnameinfoAsync(or(() => [host(), integer()]), 3, signal()),
    ),
  "os.readAsync": () => wait(os.readAsync(fd(), size(), signal())),
  "os.writeAsync": () => wait(os.writeAsync(fd(), buffer(), signal())),
};
