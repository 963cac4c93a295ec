import { queue, select, selectors, socket } from "@iomux/py";
import { assert, assertEquals } from "@std/assert";
import { test } from "../descriptors.ts";

test("instanceof takes what Python calls a class, with or without new", () => {
  using sock = socket.socket();
  using ep = select.epoll();
  using sel = selectors.DefaultSelector();
  assert(sock instanceof socket.socket);
  assert(sock instanceof socket.Socket);
  assert(ep instanceof select.epoll);
  assert(select.poll() instanceof select.poll);
  assert(sel instanceof selectors.EpollSelector);
  assert(queue.Queue() instanceof queue.Queue);
  // As in Python, LifoQueue and PriorityQueue extend Queue.
  assert(queue.LifoQueue() instanceof queue.Queue);
  const others: unknown[] = [ep, {}, null, 5];
  assertEquals(
    others.map((other) => other instanceof socket.socket),
    [false, false, false, false],
  );
  assertEquals(sock instanceof select.epoll, false);
  assertEquals((queue.SimpleQueue() as unknown) instanceof queue.Queue, false);
});
