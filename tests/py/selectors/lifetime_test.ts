import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  KeyError,
  RuntimeError,
  selectors,
  type socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { close_on_exec } from "../../ffi/kernel.ts";
import { backends, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

for (const name of names) {
  const make = backends[name];

  test(`${name} is made with new or without, and shows its name`, () => {
    using a = make();
    using b = new make();
    for (const s of [a, b]) {
      assert(s instanceof make);
      assert(s instanceof selectors.BaseSelector);
      assertEquals(s.constructor.name, name);
      assertStrictEquals(s.constructor, make);
      for (const other of names) {
        assertEquals(s instanceof backends[other], other === name);
      }
    }
  });

  test(`${name} can be extended`, () => {
    const base: selectors.SelectorConstructor = make;
    class Counting extends base<socket.Socket, number> {
      selects = 0;
      override select(timeout?: number | null) {
        this.selects++;
        return super.select(timeout);
      }
    }
    using s = new Counting();
    using fds = pair();
    s.register(fds.wr, EVENT_WRITE, 7);
    assertEquals(s.select(0).map(([key]) => key.data), [7]);
    assertEquals(s.selects, 1);
    assert(s instanceof Counting && s instanceof make);
  });

  test(`${name}.get_key() finds a key by file object or descriptor`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ, "data");
    assertStrictEquals(s.get_key(fds.rd), key);
    assertStrictEquals(s.get_key(fds.rd.fileno()), key);
    assertThrows(() => s.get_key(999999), KeyError, "999999 is not registered");
    assertThrows(
      () => s.get_key(-1),
      ValueError,
      "Invalid file descriptor: -1",
    );
    fds.rd.close();
    assertStrictEquals(s.get_key(fds.rd), key);
  });

  test(`${name}.get_map() is a view of the registered keys`, () => {
    using s = make();
    using fds = pair();
    const map = s.get_map()!;
    assertStrictEquals(s.get_map(), map);
    assertEquals([map.size, [...map], [...map.keys()]], [0, [], []]);

    const rd = s.register(fds.rd, EVENT_READ, "data");
    const wr = s.register(fds.wr, EVENT_WRITE);
    const fds_of = [fds.rd.fileno(), fds.wr.fileno()];
    assertEquals(map.size, 2);
    assertEquals([...map.keys()], fds_of);
    assertEquals([...map.values()], [rd, wr]);
    assertEquals([...map], [[fds_of[0], rd], [fds_of[1], wr]]);
    assertEquals([...map.entries()], [...map]);
    for (const at of [fds.rd, fds.rd.fileno()]) {
      assert(map.has(at));
      assertStrictEquals(map.get(at), rd);
    }

    s.unregister(fds.rd);
    assertEquals([map.size, map.has(fds.rd), map.get(fds.rd)], [
      1,
      false,
      undefined,
    ]);
    assertEquals([map.has(999999), map.get(999999)], [false, undefined]);
  });

  test(`${name}.get_map() finds a socket that was closed while registered`, () => {
    using s = make();
    using fds = pair();
    const map = s.get_map()!;
    const key = s.register(fds.rd, EVENT_READ);
    fds.rd.close();
    fds.wr.close();
    assertStrictEquals(map.get(fds.rd), key);
    assert(map.has(fds.rd));
    // As in CPython, where it is `in` that raises.
    assertThrows(() => map.has(fds.wr), ValueError, "Invalid file object");
    assertThrows(() => map.get(fds.wr), ValueError, "Invalid file object");
    s.unregister(fds.rd);
  });

  test(`${name}.get_map() cannot be written to`, () => {
    using s = make();
    const map = s.get_map()! as unknown as Record<string, unknown>;
    for (const method of ["set", "delete", "clear"]) {
      assertEquals(map[method], undefined);
    }
    assertThrows(() => map.size = 3, TypeError);
  });

  test(`${name}.close() forgets all keys`, () => {
    const s = make();
    using fds = pair();
    const map = s.get_map()!;
    s.register(fds.rd, EVENT_READ);
    s.close();
    s.close();
    assertEquals(s.get_map(), null);
    for (const file of [fds.rd, fds.wr]) {
      assertThrows(() => s.get_key(file), RuntimeError, "Selector is closed");
      assertEquals([map.has(file), map.get(file)], [false, undefined]);
    }
    assertEquals(map.size, 0);
    assertThrows(() => s.unregister(fds.rd), KeyError);
  });

  test(`${name} is closed at the end of a using block`, () => {
    const outer = make();
    using fds = pair();
    {
      using s = outer;
      s.register(fds.rd, EVENT_READ);
    }
    assertThrows(() => outer.get_key(fds.rd), RuntimeError);
    // The sockets are not.
    assertEquals(fds.wr.send(new Uint8Array(1)), 1);
  });
}

test("EpollSelector.fileno() is a descriptor, closed on exec and by close()", () => {
  const s = selectors.EpollSelector();
  assert(Number.isInteger(s.fileno()) && s.fileno() >= 0);
  assert(close_on_exec(s.fileno()));
  s.close();
  const closed = "I/O operation on closed epoll object";
  assertThrows(() => s.fileno(), ValueError, closed);
  assertThrows(() => s.select(0), ValueError, closed);
  assertThrows(() => s.register(0, EVENT_READ), ValueError, closed);
});

test("SelectSelector and PollSelector have no fileno()", () => {
  for (const name of ["SelectSelector", "PollSelector"] as const) {
    using s = backends[name]();
    assert(!("fileno" in s));
  }
});

test("DefaultSelector is EpollSelector", () => {
  assertStrictEquals(selectors.DefaultSelector, selectors.EpollSelector);
});

test("EVENT_READ and EVENT_WRITE are Python's", () => {
  assertEquals([EVENT_READ, EVENT_WRITE], [1, 2]);
});

test("SelectorKey is made with new or without, and cannot be changed", () => {
  for (
    const key of [
      selectors.SelectorKey(0, 0, EVENT_READ, "data"),
      new selectors.SelectorKey(0, 0, EVENT_READ, "data"),
    ]
  ) {
    assert(key instanceof selectors.SelectorKey);
    assertEquals([...key], [0, 0, EVENT_READ, "data"]);
    assertEquals(key.constructor.name, "SelectorKey");
    for (const field of ["fileobj", "fd", "events", "data", "other"]) {
      assertThrows(
        () => (key as unknown as Record<string, unknown>)[field] = 1,
        TypeError,
      );
    }
  }
});

test("BaseSelector cannot be made, by call or by new", () => {
  const base = selectors.BaseSelector as unknown as { new (): unknown } & {
    (): unknown;
  };
  assertThrows(() => new base(), TypeError, "BaseSelector is abstract");
  assertThrows(() => base(), TypeError);
});

test("BaseSelector gives its subclasses modify(), get_key(), selectAsync() and using", async () => {
  const log: string[] = [];
  class Own extends selectors.BaseSelector {
    readonly inner = selectors.PollSelector();
    override register(fileobj: number, events: number, data?: unknown) {
      log.push("register");
      return this.inner.register(fileobj, events, data);
    }
    override unregister(fileobj: number) {
      log.push("unregister");
      return this.inner.unregister(fileobj);
    }
    override select(timeout?: number | null) {
      return this.inner.select(timeout);
    }
    override get_map() {
      return this.inner.get_map();
    }
    override close() {
      log.push("close");
      this.inner.close();
    }
  }
  using fds = pair();
  const fd = fds.wr.fileno();
  {
    using s = new Own();
    s.register(fd, EVENT_READ);
    const key = s.modify(fd, EVENT_WRITE, "new");
    assertStrictEquals(s.get_key(fd), key);
    assertEquals(await s.selectAsync(), [[key, EVENT_WRITE]]);
    assertThrows(() => s.get_key(999999), KeyError);
  }
  assertEquals(log, ["register", "unregister", "register", "close"]);
});
