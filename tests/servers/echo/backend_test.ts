import { assert, assertEquals } from "@std/assert";
import { socket } from "../../../mod.ts";
import { PATIENCE } from "../../../cli/server.ts";
import { backends } from "../../../servers/echo/backend.ts";
import { test } from "../../descriptors.ts";

const names = Object.keys(backends);

for (const name of names) {
  test(`${name}: every wait with nothing ready ends by itself`, () => {
    using backend = backends[name]!();
    const [a, b] = socket.socketpair();
    using _a = a, _b = b;
    backend.watch(a, true, false);
    // It would hang here if nothing ended it.
    assertEquals(backend.wait(PATIENCE), [[], [], []]);
    assertEquals(backend.wait(PATIENCE), [[], [], []]);
    assertEquals(backend.wait(0), [[], [], []]);
  });

  test(`${name}: ready sockets are in the right lists`, () => {
    using backend = backends[name]!();
    const [a, b] = socket.socketpair(), [c, d] = socket.socketpair();
    using _a = a, _b = b, _c = c, _d = d;
    backend.watch(a, true, false);
    backend.watch(c, true, true);
    b.send(new Uint8Array(1));
    d.send(new Uint8Array(1));
    const [readable, writable, exceptional] = backend.wait(PATIENCE);
    assertEquals(new Set(readable), new Set([a, c]));
    assertEquals(writable, [c]);
    assertEquals(exceptional, []);
  });

  test(`${name}: a wait does not change the result of an earlier one`, () => {
    using backend = backends[name]!();
    const [a, b] = socket.socketpair();
    using _a = a, _b = b;
    backend.watch(a, false, true);
    const first = backend.wait(PATIENCE);
    backend.watch(a, true, true);
    b.send(new Uint8Array(1));
    const second = backend.wait(PATIENCE);
    assertEquals(first, [[], [a], []]);
    assertEquals(second, [[a], [a], []]);
  });

  test(`${name}: a socket that is forgotten is not reported`, () => {
    using backend = backends[name]!();
    const [a, b] = socket.socketpair();
    using _a = a, _b = b;
    backend.watch(a, true, true);
    backend.forget(a);
    backend.forget(a);
    assertEquals(backend.wait(0), [[], [], []]);
  });
}

for (const name of names) {
  test(`${name}: ticked() is true regularly, busy or idle`, () => {
    using backend = backends[name]!();
    const [a, b] = socket.socketpair();
    using _a = a, _b = b;
    backend.watch(a, true, false);
    b.send(new Uint8Array(1));
    // It would hang here if a ready socket starved the tick.
    while (!backend.ticked()) assertEquals(backend.wait(PATIENCE)[0], [a]);
    assertEquals(backend.ticked(), false);
    a.recv(1);
    let waits = 0;
    while (!backend.ticked()) {
      assertEquals(backend.wait(PATIENCE)[0], []);
      waits++;
    }
    assert(waits <= 2);
  });
}
