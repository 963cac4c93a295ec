import { assertEquals } from "@std/assert";
import {
  pollfd_fd,
  pollfd_revents,
  pollfd_set,
  POLLFD_WORDS,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

test("pollfd_set() writes fd, events and no revents", () => {
  const pollfds = new Int32Array(2 * POLLFD_WORDS).fill(-1);
  pollfd_set(pollfds, 1, 0x01020304, 0x2005);
  assertEquals(
    [...new Uint8Array(pollfds.buffer, 8)],
    [0x04, 0x03, 0x02, 0x01, 0x05, 0x20, 0, 0],
  );
});

test("pollfd_set() leaves the other entries alone", () => {
  const pollfds = new Int32Array(3 * POLLFD_WORDS).fill(7);
  pollfd_set(pollfds, 1, 5, 1);
  assertEquals([...pollfds], [7, 7, 5, 1, 7, 7]);
});

test("pollfd_set() takes a negative descriptor and every bit of events", () => {
  const pollfds = new Int32Array(POLLFD_WORDS);
  pollfd_set(pollfds, 0, -1, 0xffff);
  assertEquals(
    [...new Uint8Array(pollfds.buffer)],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
  );
  assertEquals(pollfd_fd(pollfds, 0), -1);
  assertEquals(pollfd_revents(pollfds, 0), 0);
});

test("pollfd_revents() reads the upper half, unsigned", () => {
  const bytes = [9, 0, 0, 0, 1, 0, 0x11, 0x20, 10, 0, 0, 0, 1, 0, 0xff, 0xff];
  const pollfds = new Int32Array(new Uint8Array(bytes).buffer);
  assertEquals(pollfd_fd(pollfds, 0), 9);
  assertEquals(pollfd_revents(pollfds, 0), 0x2011);
  assertEquals(pollfd_fd(pollfds, 1), 10);
  assertEquals(pollfd_revents(pollfds, 1), 0xffff);
});
