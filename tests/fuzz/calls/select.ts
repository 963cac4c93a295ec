import { select } from "@iomux/py";
import {
  type Any,
  bits,
  type Calls,
  dice,
  ep,
  epolls,
  hostile,
  integer,
  list,
  or,
  poller,
  polls,
  ready,
  sock,
  timeout,
  watched,
} from "../pools.ts";

/** A socket that has just been registered, or what was not. */
function known(object: select.Poll | select.Epoll): Any {
  if (dice.chance(0.5)) return watched();
  const file = sock();
  object.register(file, 1);
  return file;
}

/** The calls of `select`, none of which waits for ever. */
export const select_calls: Calls = {
  "select.select": () => {
    if (dice.chance(0.7)) {
      return select.select(list(), list(), list(), timeout());
    }
    // No time-out, and what can always be written.
    const writable = [ready, ...[list()].flat()] as Any;
    const limit = dice.chance(0.5) ? null : undefined;
    return select.select(list(), writable, list(), limit);
  },
  "select.poll": () => dice.chance(0.1) && polls.push(select.poll()),
  "select.Poll": () => new (select.Poll as Any)(hostile()),
  "select.Poll.register": () => poller().register(watched(), integer()),
  "select.Poll.modify": () => {
    const object = poller();
    object.modify(known(object), integer());
  },
  "select.Poll.unregister": () => {
    const object = poller();
    object.unregister(known(object));
  },
  "select.Poll.poll": () => poller().poll(timeout()),
  "select.epoll": () =>
    dice.chance(0.2) && epolls.push(select.epoll(or(() => -1), or(() => 0))),
  // Only what is no descriptor: it would be ours to close.
  "select.epoll.fromfd": () => select.epoll.fromfd(hostile()),
  "select.Epoll": () =>
    new (select.Epoll as Any)(dice.pick<Any>([-1, hostile()])),
  "select.Epoll.register": () =>
    ep().register(watched(), or(() => dice.pick([1, 4, 2 ** 31, bits()]))),
  "select.Epoll.modify": () => {
    const object = ep();
    object.modify(known(object), integer());
  },
  "select.Epoll.unregister": () => {
    const object = ep();
    object.unregister(known(object));
  },
  "select.Epoll.poll": () =>
    ep().poll(timeout(), or(() => dice.pick([-1, 1, 100, 2 ** 20]))),
  "select.Epoll.close": () => dice.chance(0.3) && ep().close(),
  "select.Epoll.closed": () => ep().closed,
  "select.Epoll.fileno": () => ep().fileno(),
  "select.Epoll.Symbol(Symbol.dispose)": () =>
    dice.chance(0.3) && ep()[Symbol.dispose](),
};
