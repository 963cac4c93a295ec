import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as structs from "../../../ffi/structs.ts";
import { type Codec, codec, i32, i64, u16, u32 } from "./property.ts";

const SECOND = 1_000_000_000n;

export const codecs: readonly Codec[] = [
  codec(
    "pollfd entries hold a descriptor, events and what the kernel returned",
    [
      structs.pollfd_set,
      structs.pollfd_fd,
      structs.pollfd_events,
      structs.pollfd_revents,
    ],
    [fc.array(fc.tuple(i32, u16, u16), { minLength: 1, maxLength: 9 })],
    (entries) => {
      const pollfds = new Int32Array(structs.POLLFD_WORDS * entries.length)
        .fill(-1);
      const kernel = new DataView(pollfds.buffer);
      entries.forEach(([fd, events], i) =>
        structs.pollfd_set(pollfds, i, fd, events)
      );
      entries.forEach(([fd, events, revents], i) => {
        assertEquals(kernel.getInt32(8 * i, true), fd);
        assertEquals(kernel.getUint16(8 * i + 4, true), events);
        assertEquals(structs.pollfd_revents(pollfds, i), 0);
        kernel.setUint16(8 * i + 6, revents, true);
        assertEquals(structs.pollfd_fd(pollfds, i), fd);
        assertEquals(structs.pollfd_events(pollfds, i), events);
        assertEquals(structs.pollfd_revents(pollfds, i), revents);
      });
    },
  ),
  codec(
    "epoll_event entries hold events and a descriptor, on either architecture",
    [
      structs.epoll_event_set,
      structs.epoll_event_events,
      structs.epoll_event_fd,
      structs.epoll_event_layout,
    ],
    [
      fc.array(fc.tuple(u32, i32), { minLength: 1, maxLength: 9 }),
      fc.constantFrom("x86_64", "aarch64"),
    ],
    (entries, arch) => {
      const layout = structs.epoll_event_layout(arch);
      const events = new Int32Array(layout.words * entries.length);
      const kernel = new DataView(events.buffer);
      const [size, data] = arch === "x86_64" ? [12, 4] : [16, 8];
      entries.forEach(([mask, fd], i) =>
        structs.epoll_event_set(events, i, mask, fd, layout)
      );
      entries.forEach(([mask, fd], i) => {
        assertEquals(kernel.getUint32(size * i, true), mask);
        assertEquals(kernel.getInt32(size * i + data, true), fd);
        assertEquals(structs.epoll_event_events(events, i, layout), mask);
        assertEquals(structs.epoll_event_fd(events, i, layout), fd);
      });
    },
  ),
  codec(
    "fd_set has the descriptors that were put in, and no others",
    [structs.fd_set_words, structs.FD_SET, structs.FD_ISSET],
    [
      fc.uniqueArray(fc.oneof(fc.nat(130), fc.nat(5000)), {
        minLength: 1,
        maxLength: 20,
      }),
    ],
    (fds) => {
      const nfds = Math.max(...fds) + 1;
      const words = structs.fd_set_words(nfds);
      // Whole longs, and not one more than needed.
      assertEquals(words * 4, Math.ceil(nfds / 64) * 8);
      const set = new Int32Array(words);
      for (const fd of fds) structs.FD_SET(fd, set);
      const kernel = new Uint8Array(set.buffer);
      let bits = 0;
      for (const byte of kernel) {
        for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
      }
      assertEquals(bits, fds.length);
      for (const fd of fds) {
        assert(structs.FD_ISSET(fd, set));
        assert((kernel[fd >> 3]! & 1 << (fd & 7)) !== 0);
      }
      assert(!structs.FD_ISSET(32 * words, set));
    },
  ),
  codec(
    "timeval holds seconds, never fewer than asked for",
    [structs.timeval_set, structs.timeval_fields],
    [
      fc.oneof(
        fc.double({ min: 0, max: 2 ** 63 / 1e9, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
      ),
    ],
    (seconds) => {
      const words = new Uint32Array(structs.TIMEVAL_WORDS).fill(~0);
      structs.timeval_set(words, seconds);
      const [sec, usec] = new BigInt64Array(words.buffer) as unknown as [
        bigint,
        bigint,
      ];
      assert(usec >= 0n && usec < 1_000_000n);
      const whole = Math.floor(seconds);
      const late = Number(sec - BigInt(whole)) * 1e6 + Number(usec) -
        (seconds - whole) * 1e6;
      assert(late >= 0 && late <= 1, `${late} µs more than ${seconds} s`);
      assertEquals(
        structs.timeval_fields(new Uint8Array(words.buffer)),
        { tv_sec: Number(sec), tv_usec: Number(usec) },
      );
    },
  ),
  codec(
    "itimerspec holds nanoseconds of either sign",
    [
      structs.itimerspec_set,
      structs.itimerspec_value,
      structs.itimerspec_interval,
    ],
    [i64, i64],
    (value, interval) => {
      const spec = new BigInt64Array(structs.ITIMERSPEC_WORDS).fill(-1n);
      structs.itimerspec_set(spec, value, interval);
      assert(spec[1]! >= 0n && spec[1]! < SECOND);
      assert(spec[3]! >= 0n && spec[3]! < SECOND);
      assertEquals(structs.itimerspec_value(spec), value);
      assertEquals(structs.itimerspec_interval(spec), interval);
    },
  ),
  codec(
    "statx has sizes and times of 64 bits, and devices from two halves",
    [structs.statx_fields],
    [u16, i64, i64, u32, u16, u16],
    (mode, size, tv_sec, tv_nsec, major, minor) => {
      const struct = new Uint8Array(structs.STATX_SIZE);
      const kernel = new DataView(struct.buffer);
      kernel.setUint16(28, mode, true);
      kernel.setBigInt64(40, size, true);
      kernel.setBigInt64(112, tv_sec, true);
      kernel.setUint32(120, tv_nsec, true);
      kernel.setUint32(136, major & 0xfff, true);
      kernel.setUint32(140, minor & 0xff, true);
      const fields = structs.statx_fields(struct);
      assertEquals(fields.mode, mode);
      assertEquals(fields.size, BigInt.asUintN(64, size));
      assertEquals(fields.mtime, tv_sec * SECOND + BigInt(tv_nsec));
      assertEquals(fields.dev, (major & 0xfff) * 256 + (minor & 0xff));
    },
  ),
];
