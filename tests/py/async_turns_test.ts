import { select, socket } from "@iomux/py";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { record } from "../ffi/storm.ts";
import { test } from "../sanitized.ts";
import { one, turns } from "./async_twins.ts";
import {
  decode,
  encode,
  type Pair,
  tcp_pair,
  unix_pair,
} from "./socket/setup.ts";

/** Spins until timers and the runtime are due for a turn. */
function spin(): void {
  for (const until = performance.now() + 12; performance.now() < until;);
}

test("Socket.recvAsync() settles a call that was served before one that has to wait", async () => {
  for (let round = 0; round < 10; round++) {
    using pair = unix_pair();
    const order: string[] = [];
    const receive = async () => {
      order.push(decode(await pair.b.recvAsync(1)));
    };
    pair.a.send(encode("a"));
    spin();
    const first = receive(), second = receive();
    pair.a.send(encode("b"));
    await Promise.all([first, second]);
    assertEquals(order, ["a", "b"]);
  }
});

test("Socket.recvAsync() returns every byte after a short result, and the end", async () => {
  for (const count of [0, 1, 8]) {
    for (const make of [tcp_pair, unix_pair]) {
      using pair = make();
      pair.a.send(encode("ab"));
      assertEquals(decode(await pair.b.recvAsync(9)), "ab");
      pair.a.send(encode("cd"));
      await turns(count);
      assertEquals(decode(await pair.b.recvAsync(9)), "cd");
      pair.a.close();
      await turns(count);
      assertEquals(await pair.b.recvAsync(9), new Uint8Array());
      assertEquals(await pair.b.recvAsync(9), new Uint8Array());
    }
  }
});

test("Socket.recvAsync() tries at once, unless a short result showed that TCP has no more", async () => {
  const { MSG_PEEK, SOCK_DGRAM } = socket;
  const looks = async (pair: Pair, first: number, flags = 0) => {
    using _ = pair;
    pair.a.send(encode("abc"));
    await pair.b.recvAsync(first, flags);
    pair.a.send(encode("d"));
    using calls = record("recvfrom");
    const received = pair.b.recvAsync(9);
    const looked = calls.calls.length > 0;
    await received;
    return looked;
  };
  assertEquals(await looks(tcp_pair(), 9), false);
  assertEquals(await looks(tcp_pair(), 2), true);
  assertEquals(await looks(tcp_pair(), 9, MSG_PEEK), true);
  // A UNIX stream gives the bytes of one sender at a time.
  assertEquals(await looks(unix_pair(), 9), true);
  assertEquals(await looks(unix_pair(SOCK_DGRAM), 9), true);
});

test("A wait is a plain promise without fields of its own", async () => {
  using pair = unix_pair();
  const received = pair.b.recvAsync(1);
  assertEquals(Deno.inspect(received), "Promise { <pending> }");
  assert(received instanceof Promise);
  assert(Promise.resolve(received) === received);
  pair.a.send(one);
  assertEquals(await received, one);
});

test("Socket.recvAsync() returns what arrived after a short result, though its time-out has expired", async () => {
  using pair = unix_pair();
  pair.b.settimeout(0.001);
  for (let round = 0; round < 10; round++) {
    pair.a.send(encode("ab"));
    const received = pair.b.recvAsync(9);
    spin();
    assertEquals(decode(await received), "ab");
  }
});

const loops: Record<string, (pair: ReturnType<typeof unix_pair>) => unknown> = {
  "Socket.recvAsync()": ({ a, b }) => {
    a.send(one);
    return b.recvAsync(1);
  },
  "selectAsync()": ({ a, b }) => {
    a.send(one);
    return select.selectAsync([b], [], []).then(() => b.recv(1));
  },
};

for (const [name, call] of Object.entries(loops)) {
  test(`${name} does not starve Deno's own sockets in a loop that never waits`, async () => {
    using pair = unix_pair();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    let trips = 0, over = false;
    const trip = async () => {
      const [client, server] = await Promise.all([
        Deno.connect({ port }),
        listener.accept(),
      ]);
      await client.write(one);
      await server.read(new Uint8Array(1));
      client.close();
      server.close();
    };
    const tripping = (async () => {
      for (; trips < 20 && !over; trips++) await trip();
    })();
    // Counted in calls, not in time: on a busy machine there are fewer.
    const MOST_CALLS = 300_000;
    let calls = 0;
    for (; trips < 20 && calls < MOST_CALLS; calls++) await call(pair);
    over = true;
    assertLessOrEqual(calls, MOST_CALLS - 1);
    await tripping;
  });
}
