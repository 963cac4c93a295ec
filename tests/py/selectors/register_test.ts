import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import {
  errno,
  KeyError,
  OSError,
  OverflowError,
  repr,
  RuntimeError,
  selectors,
  socket,
  ValueError,
} from "@iomux/py";
import { test } from "../../descriptors.ts";
import { close_on_exec, dup, free_number, pipe } from "../../ffi/kernel.ts";
import { backends, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

for (const name of names) {
  const make = backends[name];

  test(`${name}.register() returns the key of a descriptor, or an object with fileno()`, () => {
    using s = make();
    using fds = pair();
    const data = { any: "thing" };
    const key = s.register(fds.rd, EVENT_READ, { data });
    assert(key instanceof selectors.SelectorKey);
    assertStrictEquals(key.fileobj, fds.rd);
    assertEquals([key.fd, key.events], [fds.rd.fileno(), EVENT_READ]);
    assertStrictEquals(key.data, data);
    s.unregister(fds.rd);
    const number = s.register(fds.rd.fileno(), EVENT_READ);
    assertEquals([number.fileobj, number.data], [fds.rd.fileno(), null]);
    const object = { fileno: () => fds.wr.fileno() };
    const other = s.register(object, EVENT_READ, undefined);
    assertStrictEquals(other.fileobj, object);
    assertEquals(other.data, null);
  });

  test(`${name}.register() and modify() take true for EVENT_READ, as Python does`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, true as never);
    assertStrictEquals(key.events, EVENT_READ);
    assertStrictEquals(s.modify(fds.rd, true as never), key);
  });

  test(`${name}.register() throws ValueError for unknown events or none`, () => {
    using s = make();
    using fds = pair();
    for (const events of [0, 4, 5, 999999, -1, 2 ** 31]) {
      raises(ValueError, {
        [`Invalid events: ${events}`]: () => s.register(fds.rd, events),
      });
    }
    for (const events of [null, undefined, "1", 1.5, {}, 1n]) {
      assertThrows(() => s.register(fds.rd, events as never), TypeError);
    }
    assertEquals(s.get_map()?.size, 0);
  });

  test(`${name}.register() throws ValueError for a value without a descriptor`, () => {
    using s = make();
    const throws = (file: unknown, message: string) =>
      assertThrows(
        () => s.register(file as never, EVENT_READ),
        ValueError,
        message,
      );
    throws(-10, "Invalid file descriptor: -10");
    throws("abc", 'Invalid file object: "abc"');
    throws(1.5, "Invalid file object: 1.5");
    throws(null, "Invalid file object: null");
    throws(undefined, "Invalid file object: undefined");
    throws(
      {},
      "an object: argument must be an int, or have a fileno() method",
    );
    throws(Object.create(null), "Invalid file object: an object");
    throws(
      { fileno: () => "1" },
      'Invalid file object: an object: fileno() returned "1", not an integer',
    );
    throws(
      { fileno: () => -1 },
      "an object: file descriptor cannot be a negative integer (-1)",
    );
    const sock = socket.socket();
    sock.close();
    throws(sock, "Invalid file object: <socket.socket [closed]");
    assertEquals(s.get_map()?.size, 0);
  });

  test(`${name}.register() passes on an error of fileno() that is not about an argument`, () => {
    using s = make();
    const fileno = () => {
      throw new SyntaxError("mine");
    };
    assertThrows(() => s.register({ fileno }, EVENT_READ), SyntaxError, "mine");
    assertThrows(() => s.register(2 ** 31, EVENT_READ), OverflowError);
  });

  test(`${name}.register() throws KeyError for a file object, or a descriptor, twice`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    const fd = fds.rd.fileno();
    const message = `(FD ${fd}) is already registered`;
    raises(KeyError, {
      [message]: () => s.register(fds.rd, EVENT_READ),
      [`${fd} ${message}`]: () => s.register(fd, EVENT_WRITE),
      [`an object ${message}`]: () =>
        s.register({ fileno: () => fd }, EVENT_READ),
    });
    assertEquals(s.get_map()?.size, 1);
  });

  test(`${name}.modify() changes the events`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.rd, EVENT_READ, 1);
    const changed = s.modify(fds.rd, EVENT_WRITE, 1);
    assertEquals([key.events, changed.events], [EVENT_READ, EVENT_WRITE]);
    assertStrictEquals(s.get_key(fds.rd), changed);
    assertEquals(s.select(0), [[changed, EVENT_WRITE]]);
    const both = s.modify(fds.rd, EVENT_READ | EVENT_WRITE, 1);
    fds.wr.send(new Uint8Array(1));
    assertEquals(s.select(0), [[both, EVENT_READ | EVENT_WRITE]]);
    const back = s.modify(fds.rd, EVENT_READ, 1);
    assertEquals(s.select(0), [[back, EVENT_READ]]);
  });

  test(`${name}.modify() changes the data; omitted, they become null`, () => {
    using s = make();
    using fds = pair();
    const first = s.register(fds.rd, EVENT_READ, [1]);
    const second = s.modify(fds.rd, EVENT_READ, "second");
    assertEquals([first.data, second.data], [[1], "second"]);
    assertStrictEquals(second.fileobj, fds.rd);
    assertStrictEquals(s.get_key(fds.rd), second);
    // Where nothing changes, the key stays.
    assertStrictEquals(s.modify(fds.rd, EVENT_READ, "second"), second);
    const third = s.modify(fds.rd.fileno(), EVENT_WRITE);
    assertStrictEquals(third.fileobj, fds.rd);
    assertEquals(third.data, null);
    // By keyword, too.
    for (const data of ["text", null, undefined]) {
      const key = s.modify(fds.rd, EVENT_READ, { data });
      assertEquals(key.data, data ?? null);
    }
  });

  test(`${name}.register() takes an instance of a class as data`, () => {
    using socks = pair();
    using s = make();
    class Client {
      data = 1;
    }
    for (const data of [[1], new Client(), new Map(), () => {}, "text", 0]) {
      assertStrictEquals(s.register(socks.rd, EVENT_READ, data).data, data);
      s.unregister(socks.rd);
    }
    const key = s.register(socks.rd, EVENT_READ, { data: { data: 1 } });
    assertEquals(key.data, { data: 1 });
  });

  test(`${name}.register() and modify() take every plain object for keywords`, () => {
    using socks = pair();
    using s = make();
    const bare = Object.create(null);
    bare.port = 80;
    for (const wrong of [{ port: 80 }, { data: 1, port: 80 }, bare]) {
      raises(TypeError, {
        [
          "register() got an unexpected keyword argument 'port': " +
          "to attach a plain object, write { data: ... }"
        ]: () => s.register(socks.rd, EVENT_READ, wrong),
      });
    }
    // As Python's f(**{}); the calls above registered nothing.
    assertEquals(s.register(socks.rd, EVENT_READ, {}).data, null);
    assertThrows(
      () => s.modify(socks.rd, EVENT_WRITE, { port: 80 }),
      TypeError,
      "modify() got an unexpected keyword argument 'port'",
    );
    assertEquals(s.get_key(socks.rd).events, EVENT_READ);
  });

  test(`${name}.modify() throws ValueError for bad events, KeyError for an unregistered file, and changes nothing`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.wr, EVENT_WRITE);
    for (const events of [0, 4, -1]) {
      raises(ValueError, {
        [`Invalid events: ${events}`]: () => s.modify(fds.wr, events),
      });
    }
    raises(KeyError, {
      "999999 is not registered": () => s.modify(999999, EVENT_READ),
    });
    assertEquals(s.select(0), [[key, EVENT_WRITE]]);
  });
}

test("EpollSelector.register() throws OSError EBADF for a closed descriptor", () => {
  using s = selectors.EpollSelector();
  const fd = free_number();
  const error = assertThrows(() => s.register(fd, EVENT_READ), OSError);
  assertEquals([error.errno, error.syscall], [errno.EBADF, "epoll_ctl"]);
  assertEquals(s.get_map()?.size, 0);
});

test("EpollSelector.modify() that the kernel refuses unregisters the file object", () => {
  using s = selectors.EpollSelector();
  using fds = pipe();
  const r = fds.r.fileno();
  s.register(r, EVENT_READ);
  fds.r.close();
  const error = assertThrows(() => s.modify(r, EVENT_WRITE), OSError);
  assertEquals(error.errno, errno.EBADF);
  assertThrows(() => s.get_key(r), KeyError);
  assertEquals(s.get_map()?.size, 0);
});

test("EpollSelector.unregister() passes on what is not an error of the kernel", () => {
  class Failing extends selectors.EpollSelector {
    forget(): void {
      throw new SyntaxError("mine");
    }
  }
  using s = new Failing();
  using fds = pair();
  s.register(fds.rd, EVENT_READ);
  assertThrows(() => s.unregister(fds.rd), SyntaxError, "mine");
});

for (const name of names) {
  const make = backends[name];

  test(`${name}.unregister() returns the key, and the file object is gone`, () => {
    using s = make();
    using fds = pair();
    const key = s.register(fds.wr, EVENT_WRITE, "data");
    assertStrictEquals(s.unregister(fds.wr), key);
    assertEquals(s.select(0), []);
    assertEquals(s.get_map()?.size, 0);
    const again = s.register(fds.wr.fileno(), EVENT_WRITE);
    assertStrictEquals(s.unregister(fds.wr), again);
  });

  test(`${name}.unregister() throws KeyError for an unregistered file`, () => {
    using s = make();
    using fds = pair();
    s.register(fds.rd, EVENT_READ);
    s.unregister(fds.rd);
    raises(KeyError, {
      "999999 is not registered": () => s.unregister(999999),
      [`${fds.rd} is not registered`]: () => s.unregister(fds.rd),
    });
    assertThrows(() => s.unregister(-1), ValueError, "Invalid file descriptor");
  });

  test(`${name}.unregister() finds a descriptor that was closed`, () => {
    using s = make();
    using fds = pipe();
    const r = fds.r.fileno(), w = fds.w.fileno();
    s.register(r, EVENT_READ);
    s.register(w, EVENT_WRITE);
    fds[Symbol.dispose]();
    assertEquals(s.unregister(r).fd, r);
    assertEquals(s.unregister(w).fd, w);
  });

  test(`${name}.unregister() finds a descriptor whose number has a new owner`, () => {
    using s = make();
    const fds = pipe();
    const r = fds.r.fileno();
    s.register(r, EVENT_READ);
    fds[Symbol.dispose]();
    using others = pipe();
    using reused = dup(others.r.fileno(), r);
    assert(others.r.fileno() === r || reused.fileno() === r);
    assertEquals(s.unregister(r).fd, r);
    assertEquals(s.select(0), []);
  });

  test(`${name}.unregister() finds a socket that was closed, by the socket itself`, () => {
    using s = make();
    using fds = pair();
    const rd = s.register(fds.rd, EVENT_READ);
    const wr = s.register(fds.wr, EVENT_WRITE);
    fds[Symbol.dispose]();
    assertThrows(() => s.register(fds.wr, EVENT_READ), KeyError, "already");
    assertStrictEquals(s.unregister(fds.rd), rd);
    assertStrictEquals(s.unregister(fds.wr), wr);
    assertThrows(() => s.unregister(fds.rd), ValueError, "Invalid file object");
    assertEquals(s.select(0), []);
  });

  test(`${name}.unregister() passes on errors other than a bad descriptor's`, () => {
    using s = make();
    const failing = {
      fails: false,
      fileno(): number {
        if (this.fails) throw new SyntaxError("mine");
        return fds.rd.fileno();
      },
    };
    using fds = pair();
    s.register(failing, EVENT_READ);
    failing.fails = true;
    assertThrows(() => s.unregister(failing), SyntaxError, "mine");
    assertEquals(s.get_map()?.size, 1);
  });
}

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
    raises(ValueError, {
      "Invalid file descriptor: -1": () => s.get_key(-1),
    });
    fds.rd.close();
    assertStrictEquals(s.get_key(fds.rd), key);
  });

  test(`${name}.get_map() is a view of the registered keys, not to be written to`, () => {
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
    const writable = map as unknown as Record<string, unknown>;
    for (const method of ["set", "delete", "clear"]) {
      assertEquals(writable[method], undefined);
    }
    assertThrows(() => writable.size = 3, TypeError);
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
    // As in CPython, where `in` raises.
    assertThrows(() => map.has(fds.wr), ValueError, "Invalid file object");
    assertThrows(() => map.get(fds.wr), ValueError, "Invalid file object");
    s.unregister(fds.rd);
  });

  test(`${name}.close(), at the end of a using block, too, forgets all keys`, () => {
    using fds = pair();
    const s = make(), map = s.get_map()!;
    {
      using _ = s;
      s.register(fds.rd, EVENT_READ);
      fds.wr.send(new Uint8Array(1));
    }
    s.close();
    assertEquals(s.get_map(), null);
    if (name === "EpollSelector") assertThrows(() => s.select(0), ValueError);
    else assertEquals(s.select(0), []);
    for (const file of [fds.rd, fds.wr]) {
      assertThrows(() => s.get_key(file), RuntimeError, "Selector is closed");
      assertEquals([map.has(file), map.get(file)], [false, undefined]);
    }
    assertEquals(map.size, 0);
    assertThrows(() => s.unregister(fds.rd), KeyError);
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

test("SelectorKey is shown by repr() as in Python", () => {
  using s = selectors.EpollSelector();
  using fds = pair();
  const key = s.register(fds.rd, EVENT_READ, ["data", null]);
  assertEquals(
    repr(key),
    `SelectorKey(fileobj=${fds.rd}, fd=${fds.rd.fileno()}, events=1, ` +
      "data=('data', None))",
  );
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
