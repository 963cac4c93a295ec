import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { BlockingIOError, errno, OSError, select, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { dup, pipe } from "../../ffi/kernel.ts";

const {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
} = select;
const BYTE = new Uint8Array([1]);

test("Epoll.poll() reports an edge once", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLET);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  assertEquals(ep.poll(0), []);
});

test("Epoll.poll() reports an edge again for new data, though old data is unread", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLET);
  for (let i = 0; i < 3; i++) {
    fds.w.write(BYTE);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  }
  assertEquals(fds.r.read(10).length, 3);
  assertEquals(ep.poll(0), []);
});

test("Epoll.poll() does not report the bytes that an edge left unread: drain them", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  b.setblocking(false);
  using ep = select.epoll();
  ep.register(b, EPOLLIN | EPOLLET);
  a.send(new Uint8Array(1000));
  assertEquals(ep.poll(0), [[b.fileno(), EPOLLIN]]);

  assertEquals(b.recv(600).length, 600);
  assertEquals(ep.poll(0), []);
  assertEquals(b.recv(600).length, 400);
  assertThrows(() => b.recv(600), BlockingIOError);

  a.send(BYTE);
  assertEquals(ep.poll(0), [[b.fileno(), EPOLLIN]]);
});

test("Epoll.register() reports readiness that was there before", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLET);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  assertEquals(ep.poll(0), []);
});

test("Epoll.modify() reports a known edge again", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLET);
  ep.poll(0);
  ep.modify(fds.r, EPOLLIN | EPOLLET);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
});

test("Epoll.poll() reports the edge of a socket that can be written again", () => {
  const [a, b] = socket.socketpair();
  using _a = a, _b = b;
  a.setblocking(false);
  using ep = select.epoll();
  ep.register(a, EPOLLOUT | EPOLLET);
  assertEquals(ep.poll(0), [[a.fileno(), EPOLLOUT]]);
  let sent = 0;
  assertThrows(() => {
    for (;;) sent += a.send(new Uint8Array(65536));
  }, BlockingIOError);
  assertEquals(ep.poll(0), []);
  while (sent > 0) sent -= b.recv(65536).length;
  assertEquals(ep.poll(10), [[a.fileno(), EPOLLOUT]]);
});

test("Epoll.poll() reports a descriptor of EPOLLONESHOT once, until it is modified", () => {
  using fds = pipe();
  fds.w.write(BYTE);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLONESHOT);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), []);
  // Off, it does not even report that the writer left.
  fds.w.close();
  assertEquals(ep.poll(0), []);
  ep.modify(fds.r, EPOLLIN | EPOLLONESHOT);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN | select.EPOLLHUP]]);
  assertEquals(ep.poll(0), []);
});

test("Epoll.register() counts the mask modulo 2^32: EPOLLET | EPOLLIN is negative", () => {
  const negative = EPOLLET | EPOLLIN;
  assertLess(negative, 0);
  for (
    const mask of [negative, EPOLLET + EPOLLIN, 2 ** 32 + EPOLLET + EPOLLIN]
  ) {
    using fds = pipe();
    fds.w.write(BYTE);
    using ep = select.epoll();
    ep.register(fds.r, mask);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
    assertEquals(ep.poll(0), [], "No edge");
    ep.modify(fds.r, mask);
    assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
    assertEquals(ep.poll(0), [], "No edge");
  }
});

test("Epoll.poll() returns positive events without the flags that were asked for", () => {
  const [a, b] = socket.socketpair();
  using _a = a;
  using ep = select.epoll();
  ep.register(a, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET | EPOLLONESHOT);
  b.close();
  const [[, events]] = ep.poll(0) as [[number, number]];
  assert(events > 0 && events < EPOLLONESHOT, `${events}`);
});

test("Epoll.register() takes EPOLLEXCLUSIVE, and modify() of it is EINVAL", () => {
  using fds = pipe();
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN | EPOLLEXCLUSIVE);
  fds.w.write(BYTE);
  assertEquals(ep.poll(0), [[fds.r.fileno(), EPOLLIN]]);
  const error = assertThrows(() => ep.modify(fds.r, EPOLLIN), OSError);
  assertEquals(error.errno, errno.EINVAL);
});

test("Epoll.poll() still reports a closed descriptor while a dup of it is open", () => {
  using fds = pipe();
  const fd = fds.r.fileno();
  using copy = dup(fd);
  using ep = select.epoll();
  ep.register(fds.r, EPOLLIN);
  fds.r.close();

  fds.w.write(BYTE);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
  const error = assertThrows(() => ep.unregister(fd), OSError);
  assertEquals(error.errno, errno.EBADF);
  copy.read(1);
  assertEquals(ep.poll(0), []);

  fds.w.write(BYTE);
  copy.close();
  assertEquals(ep.poll(0), []);
});

test("Epoll.poll() does not report a number's next owner", () => {
  using ep = select.epoll();
  using first = pipe();
  first.w.write(BYTE);
  const fd = first.r.fileno();
  ep.register(fd, EPOLLIN);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
  first.r.close();

  using next = pipe();
  assertEquals(next.r.fileno(), fd);
  next.w.write(BYTE);
  assertEquals(ep.poll(0), []);
  ep.register(fd, EPOLLIN);
  assertEquals(ep.poll(0), [[fd, EPOLLIN]]);
});

test("Epoll.poll() tells a descriptor and its dup apart", () => {
  using fds = pipe();
  using copy = dup(fds.w.fileno());
  using ep = select.epoll();
  ep.register(fds.w, EPOLLOUT);
  ep.register(copy, 0);
  assertEquals(ep.poll(0), [[fds.w.fileno(), EPOLLOUT]]);
  ep.unregister(fds.w);
  ep.modify(copy, EPOLLOUT);
  assertEquals(ep.poll(0), [[copy.fileno(), EPOLLOUT]]);
});
