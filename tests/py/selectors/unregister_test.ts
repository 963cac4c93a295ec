import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { KeyError, selectors, ValueError } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { dup, pipe } from "../../ffi/kernel.ts";
import { backends, names, pair } from "./setup.ts";

const { EVENT_READ, EVENT_WRITE } = selectors;

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
    assertThrows(
      () => s.unregister(999999),
      KeyError,
      "999999 is not registered",
    );
    assertThrows(
      () => s.unregister(fds.rd),
      KeyError,
      `${fds.rd} is not registered`,
    );
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
