import * as iomux from "@iomux/py";
import * as socketserver from "../../py/socketserver/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { twins } from "./async_twins.ts";

const guide = new URL("../../docs/guide.md", import.meta.url);

/** The guide's table: each call and its twin. */
const table = [
  ...Deno.readTextFileSync(guide).matchAll(
    /^\| `(\w+\.\w+)` +\| `(\w+\.\w+Async)` +\|$/gm,
  ),
].map(([, call, twin]) => [call!, twin!] as const);

const { os, select, selectors, socket } = iomux;

/** What a table's name may begin with, and whose property follows. */
const owners: Record<string, object> = {
  select,
  socket,
  os,
  Poll: select.Poll.prototype,
  Epoll: select.Epoll.prototype,
  BaseSelector: selectors.BaseSelector.prototype,
  Socket: socket.Socket.prototype,
  BaseServer: socketserver.BaseServer.prototype,
};

function found(name: string): unknown {
  const [owner, property] = name.split(".") as [string, string];
  // select() of the base is abstract.
  const object = name === "BaseSelector.select"
    ? selectors.EpollSelector.prototype
    : owners[owner]!;
  return (object as Record<string, unknown>)[property];
}

Deno.test("docs/guide.md's table names exactly the calls that have a twin", () => {
  const there = Object.entries(owners).flatMap(([owner, object]) =>
    Object.getOwnPropertyNames(object)
      .filter((name) => name.endsWith("Async"))
      .map((name) => `${owner}.${name}`)
  );
  assertEquals(table.map(([, twin]) => twin).sort(), there.sort());
  for (const [call, twin] of table) {
    assertEquals(twin, `${call}Async`);
    for (const name of [call, twin]) {
      assertEquals(typeof found(name), "function", name);
    }
  }
});

// Of the calls that wait, those whose twin is another's.
const without: Record<string, string> = {
  "Socket.connect_ex": "connectAsync() throws what it returns",
  "Socket.sendmsg_afalg": "the kernel's ciphers do not wait",
  "socket.gethostbyname_ex": "getaddrinfoAsync() finds all addresses",
  "socket.gethostbyaddr": "getnameinfoAsync() finds the name",
  "socket.getfqdn": "getnameinfoAsync() finds the name",
  "os.sendfile": "Socket.sendfileAsync()",
};

Deno.test("Every call of a kind that waits has a twin", () => {
  const waits: Record<string, RegExp> = {
    Socket: /^(accept|connect|recv|send)(?!.*Async$)/,
    socket:
      /^(create_connection$|(send|recv)_fds$|get(addr|name)info$|gethostby|getfqdn)/,
    os: /^(read|write|sendfile)$/,
    select: /^select$/,
  };
  const with_twin = new Set<string>(table.map(([call]) => call));
  let seen = 0;
  for (const [owner, pattern] of Object.entries(waits)) {
    for (const name of Object.getOwnPropertyNames(owners[owner])) {
      if (!pattern.test(name) || name.endsWith("Async")) continue;
      const call = `${owner}.${name}`;
      assert(with_twin.has(call) !== (call in without), call);
      seen++;
    }
  }
  assert(seen > 20);
});

Deno.test("Every twin of a socket or descriptor is tested in every way to wait", () => {
  const tried = new Set(
    Object.keys(twins).map((name) => name.replace("()", "")),
  );
  // They wait for a resolver, or for several things in turn: tests of their own.
  const others =
    /^(create_connection|getaddrinfo|getnameinfo|gethostbyname|BaseS)/;
  for (const [, twin] of table) {
    const short = twin.replace(/^(socket|select|os)\./, "");
    if (!others.test(short)) assert(tried.has(short), twin);
  }
});
