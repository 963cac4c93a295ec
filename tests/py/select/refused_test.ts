import { assert, assertEquals } from "@std/assert";
import { errno, select, selectors, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { address_of, unused } from "../socket/setup.ts";

/** A connection that is being refused: the error is on the socket, and nowhere else. */
function refused(): socket.Socket {
  using refusing = unused();
  const sock = socket.socket();
  sock.setblocking(false);
  sock.connect_ex(address_of(refusing));
  return sock;
}

/** Fails unless SO_ERROR tells what happened, once; then the descriptor is quiet. */
function assert_refused(sock: socket.Socket): void {
  const error = () => sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR);
  assertEquals([error(), error()], [errno.ECONNREFUSED, 0]);
  const poller = select.poll();
  poller.register(sock, 0);
  const [[, events]] = poller.poll(0) as [[number, number]];
  assertEquals(events & select.POLLERR, 0, "The error is still there");
}

for (
  const [name, asked] of [["nothing", 0], ["output", select.POLLOUT]] as const
) {
  test(`Poll.poll() reports POLLERR for a refused connection asked for ${name}`, () => {
    using sock = refused();
    const poller = select.poll();
    poller.register(sock, asked);
    const [[fd, events]] = poller.poll(1000) as [[number, number]];
    assertEquals(fd, sock.fileno());
    assert(events & select.POLLERR, `${events}`);
    assert_refused(sock);
  });

  test(`Epoll.poll() reports EPOLLERR for a refused connection asked for ${name}`, () => {
    using sock = refused();
    using ep = select.epoll();
    ep.register(sock, asked);
    const [[fd, events]] = ep.poll(1) as [[number, number]];
    assertEquals(fd, sock.fileno());
    assert(events & select.EPOLLERR, `${events}`);
    assert_refused(sock);
  });

  test(`Epoll.pollAsync() reports EPOLLERR for a refused connection asked for ${name}`, async () => {
    using sock = refused();
    using ep = select.epoll();
    ep.register(sock, asked);
    const [[fd, events]] = await ep.pollAsync(1) as [[number, number]];
    assertEquals(fd, sock.fileno());
    assert(events & select.EPOLLERR, `${events}`);
    assert_refused(sock);
  });
}

test("select() reports a refused connection as readable and writable", () => {
  using sock = refused();
  assertEquals(select.select([sock], [sock], [], 1), [[sock], [sock], []]);
  assert_refused(sock);
});

test("EpollSelector.select() reports a refused connection as writable", () => {
  using sock = refused();
  using s = selectors.EpollSelector();
  const key = s.register(sock, selectors.EVENT_WRITE);
  assertEquals(s.select(1), [[key, selectors.EVENT_WRITE]]);
  assert_refused(sock);
});
