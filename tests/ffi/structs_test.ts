import { assertEquals } from "@std/assert";
import {
  epoll_event_events,
  epoll_event_fd,
  epoll_event_layout,
  epoll_event_set,
  EPOLL_EVENT_WORDS,
  FD_ISSET,
  FD_SET,
  fd_set_words,
  itimerspec_interval,
  itimerspec_set,
  itimerspec_value,
  ITIMERSPEC_WORDS,
  linger_fields,
  pollfd_fd,
  pollfd_revents,
  pollfd_set,
  POLLFD_WORDS,
  tcp_info_fields,
  TCP_INFO_LEAST,
  timeval_fields,
  timeval_set,
  TIMEVAL_WORDS,
  ucred_fields,
} from "../../ffi/structs.ts";
import { test } from "../descriptors.ts";

test("pollfd_set() writes fd, events and no revents of one entry", () => {
  const pollfds = new Int32Array(3 * POLLFD_WORDS).fill(-1);
  pollfd_set(pollfds, 1, 0x01020304, 0x2005);
  const other = Array(8).fill(0xff);
  assertEquals(
    [...new Uint8Array(pollfds.buffer)],
    [...other, 0x04, 0x03, 0x02, 0x01, 0x05, 0x20, 0, 0, ...other],
  );
});

test("pollfd_revents() reads the upper half, unsigned", () => {
  const bytes = [9, 0, 0, 0, 1, 0, 0x11, 0x20, 10, 0, 0, 0, 1, 0, 0xff, 0xff];
  const pollfds = new Int32Array(new Uint8Array(bytes).buffer);
  assertEquals(pollfd_fd(pollfds, 0), 9);
  assertEquals(pollfd_revents(pollfds, 0), 0x2011);
  assertEquals(pollfd_fd(pollfds, 1), 10);
  assertEquals(pollfd_revents(pollfds, 1), 0xffff);
});

const x86_64 = epoll_event_layout("x86_64");
const aarch64 = epoll_event_layout("aarch64");

test("epoll_event_layout() is packed into 12 bytes on x86-64, aligned to 16 on aarch64", () => {
  assertEquals(x86_64, { words: 3, data: 1 });
  assertEquals(aarch64, { words: 4, data: 2 });
  assertEquals(EPOLL_EVENT_WORDS, epoll_event_layout(Deno.build.arch).words);
});

test("epoll_event_set() writes the bytes of x86-64 and aarch64", () => {
  for (
    const [layout, padding] of [[x86_64, []], [aarch64, [0, 0, 0, 0]]] as const
  ) {
    const entries = new Int32Array(2 * layout.words);
    epoll_event_set(entries, 0, 0x80000001, 5, layout);
    epoll_event_set(entries, 1, 0x2004, 0x0102, layout);
    assertEquals([...new Uint8Array(entries.buffer)], [
      ...[1, 0, 0, 0x80, ...padding, 5, 0, 0, 0, 0, 0, 0, 0],
      ...[4, 0x20, 0, 0, ...padding, 2, 1, 0, 0, 0, 0, 0, 0],
    ]);
  }
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

test("fd_set_words() counts whole 64-bit longs, as the kernel copies them", () => {
  const expected = [
    [0, 0],
    [1, 2],
    [32, 2],
    [33, 2],
    [64, 2],
    [65, 4],
    [1024, 32],
    [1025, 34],
    [20000, 626],
    [0x7fffffff, 0x4000000],
  ] as const;
  for (const [nfds, words] of expected) {
    assertEquals(fd_set_words(nfds), words, `nfds ${nfds}`);
  }
});

test("FD_ISSET() finds what FD_SET() set, and nothing else", () => {
  const chosen = new Set([0, 1, 31, 32, 63, 64, 100, 127]);
  const set = new Int32Array(4);
  for (const fd of chosen) FD_SET(fd, set);
  for (let fd = 0; fd < 128; fd++) {
    assertEquals(FD_ISSET(fd, set), chosen.has(fd), `descriptor ${fd}`);
  }
});

function timeval(seconds: number): Uint32Array {
  const words = new Uint32Array(TIMEVAL_WORDS).fill(0xaaaaaaaa);
  timeval_set(words, seconds);
  return words;
}

test("timeval_set() writes seconds and microseconds, 64 bits each", () => {
  assertEquals(
    [...new Uint8Array(timeval(258.5).buffer)],
    [2, 1, 0, 0, 0, 0, 0, 0, 0x20, 0xa1, 0x07, 0, 0, 0, 0, 0],
  );
});

test("timeval_set() rounds up to the next microsecond, and carries", () => {
  const expected = [
    [0, 0, 0],
    [1e-9, 0, 1],
    [0.0000015, 0, 2],
    [1.0000000001, 1, 1],
    [2.25, 2, 250000],
    [Number.MIN_VALUE, 0, 1],
    [3.9999999, 4, 0],
  ] as const;
  for (const [seconds, whole, micros] of expected) {
    assertEquals([...timeval(seconds)], [whole, 0, micros, 0], `${seconds} s`);
  }
  assertEquals([...timeval(2 ** 33 + 7)], [7, 2, 0, 0]);
});

test("timeval_fields() reads two 64-bit numbers, wherever they lie", () => {
  const bytes = [1, 0, 0, 0, 1, 0, 0, 0, 0x90, 0xd0, 3, 0, 0, 0, 0, 0];
  const amid = new Uint8Array([0xee, 0xee, 0xee, ...bytes, 0xee]);
  assertEquals(timeval_fields(amid.subarray(3, 19)), {
    tv_sec: 2 ** 32 + 1,
    tv_usec: 250000,
  });
});

function itimerspec(value: bigint, interval: bigint): BigInt64Array {
  const spec = new BigInt64Array(ITIMERSPEC_WORDS).fill(-1n);
  itimerspec_set(spec, value, interval);
  return spec;
}

test("itimerspec_set() writes the interval, then the value", () => {
  assertEquals(
    [...new Uint8Array(itimerspec(258_000_000_259n, 1_000_000_002n).buffer)],
    [
      ...[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      ...[2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0],
    ],
  );
});

test("itimerspec_set() keeps nanoseconds in 0 to 999,999,999, of negative times too", () => {
  const expected: [value: bigint, sec: bigint, nsec: bigint][] = [
    [0n, 0n, 0n],
    [1n, 0n, 1n],
    [999_999_999n, 0n, 999_999_999n],
    [10n ** 9n, 1n, 0n],
    [10n ** 18n, 10n ** 9n, 0n],
    [2n ** 63n - 1n, 9223372036n, 854775807n],
    [-1n, -1n, 999_999_999n],
    [-7n, -1n, 999_999_993n],
    [-(10n ** 9n), -1n, 0n],
    [-1_500_000_000n, -2n, 500_000_000n],
  ];
  for (const [time, sec, nsec] of expected) {
    for (const [value, interval] of [[time, 5n], [5n, time]] as const) {
      const spec = itimerspec(value, interval);
      const fields = value === time ? [0n, 5n, sec, nsec] : [sec, nsec, 0n, 5n];
      assertEquals([...spec], fields, `${value}, ${interval}`);
      assertEquals(itimerspec_value(spec), value);
      assertEquals(itimerspec_interval(spec), interval);
    }
  }
});

test("itimerspec_value() and itimerspec_interval() read what the kernel wrote", () => {
  const spec = new BigInt64Array(
    new Uint8Array([
      ...[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      ...[2, 1, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0],
    ]).buffer,
  );
  assertEquals(itimerspec_interval(spec), 1_000_000_002n);
  assertEquals(itimerspec_value(spec), 258_000_000_259n);
});

/** The bytes amid others, so that offsets count. */
function amid(bytes: number[]): Uint8Array {
  return new Uint8Array([0xee, 0xee, 0xee, ...bytes, 0xee]).subarray(
    3,
    3 + bytes.length,
  );
}

test("linger_fields() reads two ints", () => {
  assertEquals(linger_fields(amid([1, 0, 0, 0, 0x2c, 1, 0, 0])), {
    l_onoff: 1,
    l_linger: 300,
  });
});

test("ucred_fields() reads pid, uid and gid, unsigned", () => {
  const bytes = [1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0];
  assertEquals(ucred_fields(amid(bytes)), {
    pid: 513,
    uid: 0xffffffff,
    gid: 65534,
  });
});

test("tcp_info_fields() splits the bit fields", () => {
  const bytes = Array(TCP_INFO_LEAST).fill(0);
  bytes[6] = 0xa7;
  bytes[7] = 0b101;
  const fields = tcp_info_fields(amid(bytes));
  assertEquals(fields.tcpi_snd_wscale, 7);
  assertEquals(fields.tcpi_rcv_wscale, 10);
  assertEquals(fields.tcpi_delivery_rate_app_limited, 1);
  assertEquals(fields.tcpi_fastopen_client_fail, 2);
});

test("tcp_info_fields() leaves out truncated fields, and skips unknown ones", () => {
  const fields = (length: number) => tcp_info_fields(new Uint8Array(length));
  assertEquals(Object.keys(fields(92)).at(-1), "tcpi_reordering");
  assertEquals(Object.keys(fields(95)).at(-1), "tcpi_reordering");
  assertEquals(Object.keys(fields(104)).at(-1), "tcpi_total_retrans");
  assertEquals(Object.keys(fields(111)).at(-1), "tcpi_total_retrans");
  assertEquals(Object.keys(fields(112)).at(-1), "tcpi_pacing_rate");
  assertEquals(Object.keys(fields(248)).at(-1), "tcpi_total_rto_time");
  assertEquals(fields(1024), fields(248));
});

test("tcp_info_fields() reads a rate without a limit as Infinity", () => {
  const bytes = new Uint8Array(248).fill(0xff, 104, 112);
  assertEquals(tcp_info_fields(bytes).tcpi_pacing_rate, Infinity);
});
