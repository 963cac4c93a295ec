import { ConnectionResetError, errno, socket } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { libc, set_errno } from "../../../ffi/libc.ts";
import { test } from "../../descriptors.ts";
import {
  address_of,
  decode,
  encode,
  failing,
  type Functions,
  listening,
  unix_pair,
} from "./setup.ts";

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

test("Socket.connect() goes on after a signal that interrupts it once it has begun", () => {
  const table = libc as Functions;
  const { connect } = libc;
  for (const timeout of [null, 5]) {
    using server = listening(), client = socket.socket();
    client.settimeout(timeout);
    table.connect = (...args) => {
      connect(...args);
      set_errno(errno.EINTR);
      return -1;
    };
    try {
      client.connect(address_of(server));
    } finally {
      table.connect = connect;
    }
    assertEquals(client.getpeername(), server.getsockname());
  }
});

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

test("Socket.close() is not made again after a signal: the number may be another file's", () => {
  const table = libc as Functions;
  const { close } = libc;
  const sock = socket.socket();
  let calls = 0;
  table.close = (fd) => {
    calls++;
    close(fd);
    set_errno(errno.EINTR);
    return -1;
  };
  try {
    sock.close();
  } finally {
    table.close = close;
  }
  assertEquals([calls, sock.fileno()], [1, -1]);
});
