import { assert, assertEquals } from "@std/assert";
import { socket } from "../../../mod.ts";
import { PATIENCE } from "../../../cli/server.ts";
import { type Backend, backends } from "../../../servers/echo/backend.ts";
import { Table } from "../../../servers/echo/table.ts";
import { test } from "../../descriptors.ts";

for (const [name, make] of Object.entries(backends)) {
  /** Registers a test of this backend, with a pair of sockets. */
  const test_backend = (
    what: string,
    fn: (backend: Backend, a: socket.Socket, b: socket.Socket) => void,
  ): void =>
    test(`${name}: ${what}`, () => {
      using backend = make();
      const [a, b] = socket.socketpair();
      using _a = a, _b = b;
      fn(backend, a, b);
    });

  test_backend("a wait with nothing ready ends by itself", (backend, a) => {
    backend.watch(a, true, false);
    // Otherwise the test would hang here.
    assertEquals(backend.wait(PATIENCE), [[], [], []]);
    assertEquals(backend.wait(PATIENCE), [[], [], []]);
    assertEquals(backend.wait(0), [[], [], []]);
  });

  test_backend("ready sockets are in the right lists", (backend, a, b) => {
    const [c, d] = socket.socketpair();
    using _c = c, _d = d;
    backend.watch(a, true, false);
    backend.watch(c, true, true);
    b.send(new Uint8Array(1));
    d.send(new Uint8Array(1));
    const [readable, writable, exceptional] = backend.wait(PATIENCE);
    assertEquals(new Set(readable), new Set([a, c]));
    assertEquals(writable, [c]);
    assertEquals(exceptional, []);
  });

  test_backend("a wait does not change earlier results", (backend, a, b) => {
    backend.watch(a, false, true);
    const first = backend.wait(PATIENCE);
    backend.watch(a, true, true);
    b.send(new Uint8Array(1));
    const second = backend.wait(PATIENCE);
    assertEquals(first, [[], [a], []]);
    assertEquals(second, [[a], [a], []]);
  });

  test_backend("a socket that is forgotten is not reported", (backend, a) => {
    backend.watch(a, true, true);
    backend.forget(a);
    backend.forget(a);
    assertEquals(backend.wait(0), [[], [], []]);
  });

  test_backend("ticked() is true regularly, busy or idle", (backend, a, b) => {
    backend.watch(a, true, false);
    b.send(new Uint8Array(1));
    // A ready socket that starves the tick would hang the test here.
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

Deno.test("Table keeps a row for each descriptor, and counts them", () => {
  const table = new Table<{ name: string }>();
  table.set(7, { name: "a" });
  table.set(3, { name: "b" });
  table.set(7, { name: "c" });
  assertEquals(table.size, 2);
  assertEquals(table.get(7), { name: "c" });
  assertEquals(table.get(4), undefined);
  assertEquals([...table].map(({ name }) => name), ["b", "c"]);
  const deleted = [7, 7, 8].map((fd) => table.delete(fd));
  assertEquals(deleted, [true, false, false]);
  assertEquals([table.size, table.get(7)], [1, undefined]);
});

Deno.test("Table has no row for -1, the descriptor of all closed sockets", () => {
  const table = new Table<{ name: string }>();
  table.set(0, { name: "a" });
  assertEquals(table.get(-1), undefined);
  assertEquals(table.delete(-1), false);
  assertEquals(table.size, 1);
});

Deno.test("Table allows deleting rows while iterating", () => {
  const table = new Table<{ fd: number }>();
  for (const fd of [2, 5, 6, 9]) table.set(fd, { fd });
  const seen: number[] = [];
  for (const { fd } of table) {
    seen.push(fd);
    table.delete(fd);
    table.delete(6);
  }
  assertEquals(seen, [2, 5, 9]);
  assertEquals(table.size, 0);
});
