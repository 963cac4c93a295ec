import { ConnectionResetError, errno, socket } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { libc } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import { address_of, decode, encode, listening, unix_pair } from "./setup.ts";

const location = new Int32Array(
  Deno.UnsafePointerView.getArrayBuffer(
    libc.__errno_location() as Deno.PointerObject,
    4,
  ),
);

/** Makes a libc function fail `times` times with an errno before it works. */
function failing(name: keyof typeof libc, number: number, times: number) {
  const table = libc as Record<string, (...args: unknown[]) => unknown>;
  const original = table[name]!;
  let calls = 0;
  table[name] = (...args) => {
    if (++calls > times) return original(...args);
    location[0] = number;
    return -1;
  };
  return {
    calls: () => calls,
    [Symbol.dispose]: () => void (table[name] = original),
  };
}

for (const timeout of [null, 0, 5]) {
  test(`Socket calls continue after signals, with a time-out of ${timeout}`, () => {
    using pair = unix_pair();
    using server = listening(), client = socket.socket();
    for (const sock of [pair.a, pair.b, server]) sock.settimeout(timeout);
    const interrupted = (name: keyof typeof libc, call: () => void) => {
      using signals = failing(name, errno.EINTR, 2);
      call();
      assertEquals(signals.calls(), 3, name);
    };
    interrupted("sendto", () => assertEquals(pair.a.send(encode("hello")), 5));
    interrupted("recv", () => assertEquals(decode(pair.b.recv(2)), "he"));
    const into = new Uint8Array(8);
    interrupted("recvfrom", () => assertEquals(pair.b.recv_into(into), 3));
    assertEquals(decode(into.subarray(0, 3)), "llo");
    client.connect(address_of(server));
    interrupted("accept4", () => server.accept()[0].close());
  });
}

test("Socket calls fail with the errno that follows a signal", () => {
  using pair = unix_pair();
  for (const name of ["recv", "sendto"] as const) {
    using _reset = failing(name, errno.ECONNRESET, 9);
    using _signal = failing(name, errno.EINTR, 1);
    const call = () =>
      name === "recv" ? pair.a.recv(1) : pair.a.send(encode("x"));
    const error = assertThrows(call, ConnectionResetError);
    assertEquals(error.syscall, name === "recv" ? "recv" : "send");
  }
});
