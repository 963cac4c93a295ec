import { queue, select, selectors } from "@iomux/py";
import {
  among,
  type Any,
  bits,
  type Calls,
  calls,
  dice,
  ep,
  epolls,
  hostile,
  integer,
  list,
  maybe,
  or,
  poller,
  polls,
  properties,
  ready,
  signal,
  sock,
  timeout,
  twins,
  wait,
  watched,
} from "../pools.ts";

/** Calls modify() and unregister() with a file that is registered, or is not. */
function changes(name: string, object: () => Any): Calls {
  const change = (method: string, ...rest: (() => Any)[]) => () => {
    const one = object(), known = dice.chance(0.5);
    const file = known ? sock() : watched();
    if (known) one.register(file, 1);
    one[method](file, ...rest.map((make) => make()));
  };
  return {
    [`${name}.modify`]: change("modify", integer),
    [`${name}.unregister`]: change("unregister"),
  };
}

/** A list with a socket that is always writable. */
const writable = (): Any => [ready, ...[list()].flat()];
const no_limit = () => dice.pick([null, undefined]);
const limit = () => dice.chance(0.5) ? timeout() : no_limit();

/** The calls of `select`; none waits for ever. */
export const select_calls: Calls = {
  "select.select": () =>
    dice.chance(0.7)
      ? select.select(list(), list(), list(), timeout())
      : select.select(list(), writable(), list(), no_limit()),
  "select.poll": () => dice.chance(0.1) && polls.push(select.poll()),
  "select.Poll": () => new (select.Poll as Any)(hostile()),
  "select.epoll": () =>
    dice.chance(0.2) && epolls.push(select.epoll(or(() => -1), or(() => 0))),
  // Values that are not descriptors only: the object would own the descriptor.
  "select.epoll.fromfd": () => select.epoll.fromfd(hostile()),
  "select.Epoll": () =>
    new (select.Epoll as Any)(dice.pick<Any>([-1, hostile()])),
  ...calls("select.Poll", poller, {
    register: [watched, integer],
    poll: [timeout],
  }),
  ...changes("select.Poll", poller),
  ...calls("select.Epoll", ep, {
    register: [watched, () => or(() => dice.pick([1, 4, 2 ** 31, bits()]))],
    poll: [timeout, among([-1, 1, 100, 2 ** 20])],
    fileno: [],
  }),
  ...changes("select.Epoll", ep),
  ...properties("select.Epoll", ep, ["closed"]),
  "select.Epoll.close": () => dice.chance(0.3) && ep().close(),
  "select.Epoll.Symbol(Symbol.dispose)": () =>
    dice.chance(0.3) && ep()[Symbol.dispose](),
};

/** The `Async` twins of `select`. */
export const select_twins: Calls = {
  ...twins("select", () => select, {
    select: [list, () => dice.chance(0.3) ? writable() : list(), list, limit],
  }),
  ...twins("select.Poll", poller, { poll: [limit] }),
  ...twins("select.Epoll", ep, { poll: [limit, maybe(-1)] }),
};

const KINDS = ["SelectSelector", "PollSelector", "EpollSelector"] as const;
type Kind = (typeof KINDS)[number];
const made: Any[] = [];

export const registries: readonly Any[] = made;

/** Keeps few selectors, and closes the others. */
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

/** A file that is registered with a selector, or is not. */
function known(selector: Any): Any {
  if (dice.chance(0.5)) return file();
  const keys = [...selector.get_map()?.values() ?? []];
  if (keys.length > 0) return dice.pick<Any>(keys).fileobj;
  const one = sock();
  selector.register(one, 1);
  return one;
}

/** Calls a method with such a file before the other arguments. */
function about_known(
  kind: Kind | undefined,
  method: string,
  ...rest: Any[]
): Any {
  // Others may be closed: with a new one each call succeeds now and then, whatever the seed.
  const selector = dice.chance(0.6) ? made_anew(kind) : some(kind);
  return selector[method](known(selector), ...rest);
}

function made_anew(kind: Kind = dice.pick(KINDS)): Any {
  const selector = selectors[kind]();
  keep(selector);
  return selector;
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
  "selectors.SelectorKey.toString": () => String(key()),
  "selectors.SelectorMapping.get": () => map_about_known("get"),
  "selectors.SelectorMapping.has": () => map_about_known("has"),
  ...properties("selectors.SelectorMapping", () => some().get_map(), ["size"]),
  ...calls("selectors.SelectorMapping", () => some().get_map(), {
    keys: [],
    values: [],
    entries: [],
  }, Array.from),
  "selectors.SelectorMapping.Symbol(Symbol.iterator)":
    () => [...some().get_map()],
};

/** Closes the selectors. */
export function close_selectors(): void {
  for (const one of made) one.close();
}

// Queues.

const queues: Any[] = [];
const maxsize = among([0, 1, 3, -1, 0.5]);
const block = () => or(() => dice.chance(0.5));
const queue_timeout = among([undefined, null, 0, 5]);
/** An item, which a PriorityQueue can mostly order. */
const item = () =>
  or(() =>
    dice.pick<() => Any>([
      () => dice.below(9),
      () => BigInt(dice.below(9)),
      () => "abc"[dice.below(3)],
      () => [dice.below(3), "x"],
      () => new Uint8Array([dice.below(3)]),
    ])(), 0.9);

function keep_queue(one: Any): void {
  queues.push(one);
  if (queues.length > 12) queues.splice(dice.below(queues.length), 1);
}

function any_queue(): Any {
  if (queues.length < 4) {
    keep_queue(queue.Queue());
    keep_queue(queue.LifoQueue());
    keep_queue(queue.PriorityQueue());
    keep_queue(queue.SimpleQueue());
  }
  const one = dice.pick(queues);
  // A full queue would refuse every later put().
  while (one.qsize() > 50) one.get();
  return one;
}

const is_simple = (one: Any) => one instanceof queue.SimpleQueue;

function pick(simple: boolean): Any {
  for (;;) {
    const one = any_queue();
    if (is_simple(one) === simple) return one;
    keep_queue(simple ? queue.SimpleQueue() : queue.Queue(dice.below(3)));
  }
}

function methods(name: string, simple: boolean): Calls {
  return calls(name, () => pick(simple), {
    put: [item, block, queue_timeout],
    put_nowait: [item],
    get: [block, queue_timeout],
    get_nowait: [],
    qsize: [],
    empty: [],
  });
}

/** The calls of `queue`. */
export const queue_calls: Calls = {
  ...calls("queue", () => queue, {
    Queue: [maxsize],
    PriorityQueue: [maxsize],
    SimpleQueue: [],
  }, keep_queue),
  "queue.LifoQueue": () => keep_queue(new queue.LifoQueue(maxsize())),
  ...methods("queue.Queue", false),
  ...methods("queue.SimpleQueue", true),
  "queue.Queue.full": () => {
    const one = pick(false);
    if (dice.chance(0.3)) one.maxsize = maxsize();
    return one.full();
  },
  ...calls("queue.Queue", () => pick(false), {
    task_done: [],
    shutdown: [maybe(true)],
  }),
  "queue.Queue.join": () =>
    (dice.chance(0.5) ? pick(false) : queue.Queue()).join(),
  ...properties("queue.Queue", () => pick(false), [
    "unfinished_tasks",
    "is_shutdown",
  ]),
  "queue.Empty": () => new queue.Empty(hostile()),
  "queue.Full": () => new queue.Full(hostile()),
  "queue.ShutDown": () => new queue.ShutDown(hostile()),
};
