import { select, selectors } from "@iomux/py";
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
  signal,
  sock,
  timeout,
  wait,
  watched,
} from "../pools.ts";

/** A socket that has just been registered, or what was not. */
function registered(object: select.Poll | select.Epoll): Any {
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
    object.modify(registered(object), integer());
  },
  "select.Poll.unregister": () => {
    const object = poller();
    object.unregister(registered(object));
  },
  "select.Poll.poll": () => poller().poll(timeout()),
  "select.epoll": () =>
    dice.chance(0.2) && epolls.push(select.epoll(or(() => -1), or(() => 0))),
  // Values that are not descriptors only: the object would own a descriptor of another.
  "select.epoll.fromfd": () => select.epoll.fromfd(hostile()),
  "select.Epoll": () =>
    new (select.Epoll as Any)(dice.pick<Any>([-1, hostile()])),
  "select.Epoll.register": () =>
    ep().register(watched(), or(() => dice.pick([1, 4, 2 ** 31, bits()]))),
  "select.Epoll.modify": () => {
    const object = ep();
    object.modify(registered(object), integer());
  },
  "select.Epoll.unregister": () => {
    const object = ep();
    object.unregister(registered(object));
  },
  "select.Epoll.poll": () =>
    ep().poll(timeout(), or(() => dice.pick([-1, 1, 100, 2 ** 20]))),
  "select.Epoll.close": () => dice.chance(0.3) && ep().close(),
  "select.Epoll.closed": () => ep().closed,
  "select.Epoll.fileno": () => ep().fileno(),
  "select.Epoll.Symbol(Symbol.dispose)": () =>
    dice.chance(0.3) && ep()[Symbol.dispose](),
};

const KINDS = ["SelectSelector", "PollSelector", "EpollSelector"] as const;
type Kind = (typeof KINDS)[number];
const made: Any[] = [];

export const registries: readonly Any[] = made;

/** Keeps the selectors few; the descriptor of one on epoll is its own to close. */
function keep(selector: Any): void {
  made.push(selector);
  while (made.length > 6) made.shift()!.close();
}

function some(kind?: Kind): Any {
  const fitting = kind === undefined
    ? made
    : made.filter((one) => one instanceof selectors[kind]);
  if (fitting.length > 0) return dice.pick(fitting);
  keep(selectors[kind ?? dice.pick(KINDS)]());
  return made.at(-1);
}

const events = () => or(() => dice.pick([1, 2, 3, 0, 4]), 0.9);
const file = () => dice.chance(0.1) ? some() : watched();

/** What is registered, or is not. */
function known(selector: Any): Any {
  if (dice.chance(0.5)) return file();
  const keys = [...selector.get_map()?.values() ?? []];
  if (keys.length > 0) return dice.pick<Any>(keys).fileobj;
  const one = sock();
  selector.register(one, 1);
  return one;
}

/** Calls a method with what is registered, or is not, before the other arguments. */
function about_known(
  kind: Kind | undefined,
  method: string,
  ...rest: Any[]
): Any {
  const selector = some(kind);
  return selector[method](known(selector), ...rest);
}

function map_about_known(method: "get" | "has"): unknown {
  const selector = some();
  return selector.get_map()[method](known(selector));
}

function key(): Any {
  return selectors.SelectorKey(hostile(), hostile(), hostile(), hostile());
}

const each = (name: string, call: (kind: Kind) => unknown) =>
  Object.fromEntries(
    KINDS.map((kind) => [`selectors.${kind}.${name}`, () => call(kind)]),
  );

class Bare extends (selectors.BaseSelector as Any) {
  constructor() {
    super();
  }
  get_map() {
    return some().get_map();
  }
}

/** The calls of `selectors`. */
export const selectors_calls: Calls = {
  "selectors.BaseSelector": () =>
    dice.chance(0.5) ? new (selectors.BaseSelector as Any)() : new Bare(),
  ...Object.fromEntries(
    KINDS.map((kind) => [
      `selectors.${kind}`,
      () => keep(dice.chance(0.5) ? selectors[kind]() : new selectors[kind]()),
    ]),
  ),
  ...each(
    "register",
    (kind) => some(kind).register(file(), events(), hostile()),
  ),
  ...each("unregister", (kind) => about_known(kind, "unregister")),
  ...each("modify", (kind) => about_known(kind, "modify", events(), hostile())),
  ...each("select", (kind) => some(kind).select(timeout())),
  ...each(
    "selectAsync",
    (kind) =>
      wait(
        some(kind).selectAsync(dice.pick([timeout, () => null])(), signal()),
      ),
  ),
  ...each("get_map", (kind) => {
    const map = some(kind).get_map();
    return map && [map.size, [...map]];
  }),
  ...each("get_key", (kind) => about_known(kind, "get_key")),
  ...each("close", (kind) => dice.chance(0.1) && some(kind).close()),
  "selectors.BaseSelector.selectAsync": () => {
    const bare: Any = new Bare();
    bare.select = () => [];
    return wait(bare.selectAsync(timeout(), signal()));
  },
  "selectors.BaseSelector.modify": () => {
    const { modify } = selectors.BaseSelector.prototype as Any, one = some();
    return modify.call(one, known(one), events(), hostile());
  },
  "selectors.BaseSelector.close": () => (new Bare() as Any).close(),
  "selectors.BaseSelector.Symbol(Symbol.dispose)": () =>
    dice.chance(0.1) && some()[Symbol.dispose](),
  "selectors.EpollSelector.fileno": () => some("EpollSelector").fileno(),
  "selectors.SelectorKey": key,
  "selectors.SelectorKey.Symbol(Symbol.iterator)": () => [...key()],
  "selectors.SelectorMapping.get": () => map_about_known("get"),
  "selectors.SelectorMapping.has": () => map_about_known("has"),
  "selectors.SelectorMapping.size": () => some().get_map().size,
  "selectors.SelectorMapping.keys": () => [...some().get_map().keys()],
  "selectors.SelectorMapping.values": () => [...some().get_map().values()],
  "selectors.SelectorMapping.entries": () => [...some().get_map().entries()],
  "selectors.SelectorMapping.Symbol(Symbol.iterator)":
    () => [...some().get_map()],
};

/** Closes the selectors. */
export function close_selectors(): void {
  for (const one of made) one.close();
}
