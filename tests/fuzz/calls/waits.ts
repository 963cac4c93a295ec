import { select, socket } from "@iomux/py";
import {
  address,
  type Any,
  buffer,
  dice,
  ep,
  flags,
  host,
  integer,
  keep,
  list,
  or,
  poller,
  ready,
  signal,
  sock,
  timeout,
  wait,
} from "../pools.ts";
import type { Calls } from "./calls.ts";

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
      sock().recvAsync(
        or(() => dice.pick([0, 1, 512, 65536])),
        flags(),
        signal(),
      ),
    ),
  "socket.Socket.recv_intoAsync": () =>
    wait(sock().recv_intoAsync(buffer(), integer(), flags(), signal())),
  "socket.Socket.sendallAsync": () =>
    wait(sock().sendallAsync(buffer(), flags(), signal())),
};
