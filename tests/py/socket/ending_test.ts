import {
  BrokenPipeError,
  ConnectionResetError,
  OSError,
  socket,
} from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  decode,
  encode,
  listening,
  patterned,
  tcp_pair,
  throws_errno,
  unix_pair,
} from "./setup.ts";

const { SHUT_RD, SHUT_RDWR, SHUT_WR, SO_LINGER, SOL_SOCKET } = socket;

/** Lets close() reset the connection: struct linger { l_onoff 1, l_linger 0 }. */
function reset_on_close(sock: socket.Socket): void {
  sock.setsockopt(SOL_SOCKET, SO_LINGER, new Int32Array([1, 0]));
}

test("Socket.recv() returns the rest, then b'' at the end", () => {
  for (const make of [tcp_pair, unix_pair]) {
    using pair = make();
    pair.a.sendall(encode("the last words"));
    pair.a.close();
    assertEquals(decode(pair.b.recv(9)), "the last ");
    assertEquals(decode(pair.b.recv(9)), "words");
    assertEquals(pair.b.recv(9), new Uint8Array(0));
    assertEquals(pair.b.recv(9), new Uint8Array(0));
    assertEquals(pair.b.recv_into(new Uint8Array(9)), 0);
  }
});

test("Socket.shutdown() with SHUT_WR ends one direction and leaves the other", () => {
  using pair = tcp_pair();
  const answer = patterned(100_000);
  pair.a.sendall(encode("question"));
  pair.a.shutdown(SHUT_WR);
  assertEquals(decode(pair.b.recv(100)), "question");
  assertEquals(pair.b.recv(100).length, 0);
  pair.b.sendall(answer);
  pair.b.close();
  const got = new Uint8Array(answer.length);
  for (let at = 0; at < got.length;) {
    at += pair.a.recv_into(got.subarray(at));
  }
  assertEquals(got, answer);
  throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() with SHUT_RD lets recv() end at once", () => {
  using pair = unix_pair();
  pair.a.shutdown(SHUT_RD);
  assertEquals(pair.a.recv(10).length, 0);
  throws_errno(() => pair.b.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() with SHUT_RDWR ends both directions, for every duplicate", () => {
  using pair = tcp_pair();
  using copy = pair.a.dup();
  copy.shutdown(SHUT_RDWR);
  assertEquals(pair.a.recv(10).length, 0);
  assertEquals(pair.b.recv(10).length, 0);
  throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
});

test("Socket.shutdown() raises OSError ENOTCONN or EINVAL", () => {
  using sock = socket.socket();
  throws_errno(() => sock.shutdown(SHUT_WR), OSError, "ENOTCONN");
  using pair = unix_pair();
  throws_errno(() => pair.a.shutdown(99), OSError, "EINVAL");
  assertThrows(() => pair.a.shutdown(1.5), TypeError, "how");
});

test("Socket.recv() raises ConnectionResetError when the peer has reset", () => {
  for (
    const call of [
      (sock: socket.Socket) => sock.recv(10),
      (sock: socket.Socket) => sock.recv_into(new Uint8Array(10)),
      (sock: socket.Socket) => sock.recvfrom(10),
      (sock: socket.Socket) => sock.send(encode("x")),
      (sock: socket.Socket) => sock.sendall(encode("x")),
    ]
  ) {
    using pair = tcp_pair();
    reset_on_close(pair.b);
    pair.b.close();
    throws_errno(() => call(pair.a), ConnectionResetError, "ECONNRESET");
    // The error is told once; then the connection is simply over.
    assertEquals(pair.a.recv(10).length, 0);
    throws_errno(() => pair.a.send(encode("x")), BrokenPipeError, "EPIPE");
  }
});

test("Socket.recv() raises ConnectionResetError when the peer closes with bytes unread", () => {
  using pair = tcp_pair();
  pair.a.send(encode("never read"));
  pair.b.close();
  throws_errno(() => pair.a.recv(10), ConnectionResetError, "ECONNRESET");
});

test("Socket.send() raises BrokenPipeError when the peer of a socketpair has closed", () => {
  using pair = unix_pair();
  pair.b.close();
  for (
    const call of [
      () => pair.a.send(encode("x")),
      () => pair.a.sendall(encode("x")),
      () => pair.a.sendall(patterned(1_000_000)),
    ]
  ) {
    const error = throws_errno(call, BrokenPipeError, "EPIPE");
    assertEquals(error.syscall, "send");
  }
});

test("Socket.getpeername() raises OSError ENOTCONN once the peer has reset", () => {
  using pair = tcp_pair();
  assertEquals(pair.a.getpeername(), pair.b.getsockname());
  reset_on_close(pair.b);
  pair.b.close();
  throws_errno(() => pair.a.getpeername(), OSError, "ENOTCONN");
});

test("Socket.accept() returns a client that left before it was accepted", () => {
  using server = listening();
  const client = socket.socket();
  client.connect(server.getsockname());
  client.send(encode("left behind"));
  client.close();
  using conn = server.accept()[0];
  assertEquals(decode(conn.recv(100)), "left behind");
  assertEquals(conn.recv(100).length, 0);
});
