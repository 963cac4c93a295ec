import { socket } from "@iomux/py";
import {
  address,
  adopt,
  ancillary,
  type Any,
  buffer,
  buffers,
  type Calls,
  dice,
  FILE,
  flags,
  guarded,
  integer,
  or,
  received,
  room,
  sock,
  stream,
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
