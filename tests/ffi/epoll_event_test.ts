import { assertEquals } from "@std/assert";
import {
  epoll_event_events,
  epoll_event_fd,
  epoll_event_layout,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

const x86_64 = epoll_event_layout("x86_64");
const aarch64 = epoll_event_layout("aarch64");

test("epoll_event_layout() is packed into 12 bytes on x86-64", () => {
  assertEquals(x86_64, { words: 3, data: 1 });
});

test("epoll_event_layout() is aligned to 16 bytes on aarch64", () => {
  assertEquals(aarch64, { words: 4, data: 2 });
});

test("EPOLL_EVENT_WORDS is this machine's", () => {
  assertEquals(EPOLL_EVENT_WORDS, epoll_event_layout(Deno.build.arch).words);
});

test("epoll_event_set() writes x86-64's bytes", () => {
  const entries = new Int32Array(2 * x86_64.words);
  epoll_event_set(entries, 0, 0x80000001, 5, x86_64);
  epoll_event_set(entries, 1, 0x2004, 0x0102, x86_64);
  assertEquals([...new Uint8Array(entries.buffer)], [
    ...[1, 0, 0, 0x80, 5, 0, 0, 0, 0, 0, 0, 0],
    ...[4, 0x20, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0],
  ]);
});

test("epoll_event_set() writes aarch64's bytes", () => {
  const entries = new Int32Array(2 * aarch64.words);
  epoll_event_set(entries, 0, 0x80000001, 5, aarch64);
  epoll_event_set(entries, 1, 0x2004, 0x0102, aarch64);
  assertEquals([...new Uint8Array(entries.buffer)], [
    ...[1, 0, 0, 0x80, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0],
    ...[4, 0x20, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0],
  ]);
});

test("epoll_event_set() counts the mask modulo 2^32", () => {
  const entries = new Int32Array(x86_64.words);
  for (const mask of [0x80000001, 0x80000001 | 0, 2 ** 32 + 0x80000001]) {
    epoll_event_set(entries, 0, mask, 5, x86_64);
    assertEquals(epoll_event_events(entries, 0, x86_64), 0x80000001);
  }
});

test("epoll_event_events() and epoll_event_fd() read what the kernel wrote", () => {
  const packed = new Int32Array(
    new Uint8Array([1, 0, 0, 0x80, 9, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa]).buffer,
  );
  assertEquals(epoll_event_events(packed, 0, x86_64), 0x80000001);
  assertEquals(epoll_event_fd(packed, 0, x86_64), 9);

  const aligned = new Int32Array(
    new Uint8Array(
      [1, 0, 0, 0x80, 0xaa, 0xaa, 0xaa, 0xaa, 9, 0, 0, 0, 0, 0, 0, 0],
    ).buffer,
  );
  assertEquals(epoll_event_events(aligned, 0, aarch64), 0x80000001);
  assertEquals(epoll_event_fd(aligned, 0, aarch64), 9);
});
