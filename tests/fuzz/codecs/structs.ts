/**
 * Properties of the structs of waits, messages, ancillary data and options.
 *
 * @module
 */

import { os, socket, ValueError } from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as msghdr from "../../../ffi/msghdr.ts";
import * as addrinfo from "../../../ffi/netdb.ts";
import * as structs from "../../../ffi/structs.ts";
import {
  any_bytes,
  bytes,
  type Codec,
  codec,
  i32,
  i64,
  inside,
  same,
  u16,
  u32,
  u64,
} from "./property.ts";

const SECOND = 1_000_000_000n;

const of_waits: readonly Codec[] = [
  codec(
    "pollfd entries hold a descriptor, events and what the kernel returned",
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
    "FD_SET adds a descriptor to an fd_set, and no other",
    [
      fc.uniqueArray(fc.oneof(fc.nat(130), fc.nat(5000)), {
        minLength: 1,
        maxLength: 20,
      }),
    ],
    (fds) => {
      const nfds = Math.max(...fds) + 1;
      const words = structs.fd_set_words(nfds);
      // Whole longs, and no more than needed.
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
    "timeval_set holds at least the given seconds",
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
    [i64, i64],
    (value, interval) => {
      const spec = new BigInt64Array(structs.ITIMERSPEC_WORDS).fill(-1n);
      structs.itimerspec_set(spec, value, interval);
      for (const [at, time] of [[0, interval], [2, value]] as const) {
        assert(spec[at + 1]! >= 0n && spec[at + 1]! < SECOND);
        assertEquals(spec[at]! * SECOND + spec[at + 1]!, time);
      }
      assertEquals(structs.itimerspec_value(spec), value);
      assertEquals(structs.itimerspec_interval(spec), interval);
    },
  ),
  codec(
    "statx has sizes and times of 64 bits, and devices from two halves",
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

const memory = fc.record({ address: u64, length: fc.nat(0xffffffff) });
const cmsgs = fc.array(fc.tuple(i32, i32, bytes(0, 40)), { maxLength: 6 });

/** Values of `cmsg_len`, which are mostly wrong. */
const lengths = fc.oneof(
  fc.constantFrom(0n, 15n, 16n, 17n, 23n, 24n, 2n ** 31n, 2n ** 63n),
  u64,
);

const of_messages: readonly Codec[] = [
  codec(
    "cmsgs_read returns the messages of cmsgs_write",
    [cmsgs],
    (messages) => {
      const control = msghdr.cmsgs_write(messages);
      let space = 0;
      for (const [, , { length }] of messages) {
        space += msghdr.cmsg_space(length);
        assert(msghdr.cmsg_len(length) <= msghdr.cmsg_space(length));
      }
      assertEquals(control.length, space);
      assertEquals(msghdr.cmsgs_read(control, control.length), messages);
    },
  ),
  codec(
    "cmsgs_read returns the first part of truncated messages",
    [cmsgs, fc.nat(400)],
    (messages, controllen) => {
      const control = msghdr.cmsgs_write(messages);
      const found = inside(
        control,
        (it) => msghdr.cmsgs_read(it, controllen),
      )!;
      found.forEach(([level, type, data], i) => {
        const [was_level, was_type, was_data] = messages[i]!;
        assertEquals([level, type], [was_level, was_type]);
        assertEquals(data, was_data.subarray(0, data.length));
      });
    },
  ),
  codec(
    "cmsgs_read reads any bytes, and none outside",
    [any_bytes, fc.nat(1000), fc.array(fc.tuple(fc.nat(10), lengths))],
    (control, controllen, wrong) => {
      const view = new DataView(control.buffer);
      for (const [word, length] of wrong) {
        const at = 8 * word;
        if (at + 8 <= control.length) view.setBigUint64(at, length, true);
      }
      const found = inside(
        control,
        (it) => msghdr.cmsgs_read(it, controllen),
      )!;
      let size = 0;
      for (const [, , { length }] of found) {
        size += msghdr.CMSGHDR_SIZE + length;
      }
      assert(size <= Math.min(controllen, control.length));
    },
  ),
  codec(
    "msghdr_set stores addresses and lengths",
    [memory, memory, memory],
    (name, iov, control) => {
      const words = new BigUint64Array(msghdr.MSGHDR_WORDS).fill(~0n);
      msghdr.msghdr_set(words, name, iov, control);
      assertEquals(
        [...words.subarray(0, 6)],
        [name, iov, control].flatMap((it) => [it.address, BigInt(it.length)]),
      );
      assertEquals(msghdr.msghdr_namelen(words), name.length);
      assertEquals(msghdr.msghdr_controllen(words), control.length);
      assertEquals(msghdr.msghdr_flags(words), 0);
    },
  ),
  codec(
    "msghdr_namelen, _controllen and _flags read their words, and no padding",
    [fc.bigUint64Array({ minLength: 7, maxLength: 7 })],
    (words) => {
      // socklen_t and int have 32 bits: the upper halves are padding.
      const low = (word: number) => Number(BigInt.asUintN(32, words[word]!));
      assertEquals(msghdr.msghdr_namelen(words), low(1));
      assertEquals(msghdr.msghdr_controllen(words), Number(words[5]));
      assertEquals(msghdr.msghdr_flags(words), low(6));
    },
  ),
  codec(
    "iovec_set writes one entry and no other, iovec_fields reads it",
    [fc.array(memory, { minLength: 1, maxLength: 8 }), fc.nat(7)],
    (parts, which) => {
      const iov = new BigUint64Array(msghdr.IOVEC_WORDS * parts.length);
      parts.forEach((part, i) => msghdr.iovec_set(iov, i, part));
      const index = which % parts.length;
      msghdr.iovec_set(iov, index, { address: 1n, length: 2 });
      parts[index] = { address: 1n, length: 2 };
      assertEquals(
        [...iov],
        parts.flatMap((it) => [it.address, BigInt(it.length)]),
      );
      parts.forEach((part, i) =>
        assertEquals(msghdr.iovec_fields(iov, i), { ...part })
      );
    },
  ),
  codec(
    "msghdr_iov reads the address and the number of the parts",
    [fc.array(u64, { minLength: 7, maxLength: 7 }), u64, fc.nat(1024)],
    (words, address, length) => {
      const struct = BigUint64Array.from(words);
      struct[2] = address;
      struct[3] = BigInt(length);
      assertEquals(msghdr.msghdr_iov(struct), { address, length });
    },
  ),
  codec("af_alg_iv is the vector behind its length", [any_bytes], (vector) => {
    const struct = msghdr.af_alg_iv(vector);
    const { buffer, byteLength } = struct;
    assertEquals(new DataView(buffer).getUint32(0, true), vector.length);
    assertEquals(byteLength, 4 + vector.length);
    assertEquals(struct.subarray(4), vector);
  }),
  codec(
    "addrinfo has what the hints say",
    [i32, i32, i32, i32],
    (flags, family, socktype, protocol) => {
      const hints = addrinfo.addrinfo_hints(flags, family, socktype, protocol);
      assertEquals(hints.length, addrinfo.ADDRINFO_SIZE);
      assertEquals(new DataView(hints.buffer).getInt32(0, true), flags);
      assertEquals(addrinfo.addrinfo_get(hints), {
        family,
        socktype,
        protocol,
        addrlen: 0,
        addr: 0n,
        canonname: 0n,
        next: 0n,
      });
    },
  ),
  codec(
    "addrinfo_get reads any bytes, and none outside",
    [any_bytes, u32],
    (struct, addrlen) => {
      if (struct.length >= addrinfo.ADDRINFO_SIZE) {
        new DataView(struct.buffer).setUint32(16, addrlen, true);
      }
      const found = inside(struct, addrinfo.addrinfo_get);
      assertEquals(found === null, struct.length < addrinfo.ADDRINFO_SIZE);
      if (found !== null) assertEquals(found.addrlen, addrlen);
    },
  ),
];

const { SOL_SOCKET, SCM_RIGHTS, SCM_CREDENTIALS, MSG_CTRUNC } = socket;
const HEAD = 16, ALIGNED = 8, CREDENTIALS = 12;

/** The number of descriptors that fit into `room` bytes: scm_detach_fds(). */
function fitting(room: number, sent: number): number {
  return Math.max(0, Math.min(sent, Math.floor((room - HEAD) / 4)));
}

const of_ancillary_data: readonly Codec[] = [
  codec(
    "CMSG_LEN and CMSG_SPACE are the values of cmsg(3)",
    [fc.oneof(u16, fc.nat(0x7fffffff - 2 * HEAD))],
    (length) => {
      const space = socket.CMSG_SPACE(length);
      assertEquals(socket.CMSG_LEN(length), HEAD + length);
      assert(space % ALIGNED === 0);
      assert(space >= HEAD + length && space < HEAD + length + ALIGNED);
    },
  ),
  codec(
    "htons, ntohs, htonl and ntohl swap the bytes",
    [u16, u32],
    (short, long) => {
      const view = new DataView(new ArrayBuffer(4));
      view.setUint16(0, short, true);
      assertEquals(socket.htons(short), view.getUint16(0, false));
      assertEquals(socket.ntohs(socket.htons(short)), short);
      view.setUint32(0, long, true);
      assertEquals(socket.htonl(long), view.getUint32(0, false));
      assertEquals(socket.ntohl(socket.htonl(long)), long);
    },
  ),
  codec(
    "recvmsg() receives ancillary data, or the part that fits",
    [bytes(1, 40), fc.nat(5), fc.boolean(), fc.nat(100)],
    (data, count, with_credentials, room) => {
      const [a, b] = pair();
      b.setsockopt(SOL_SOCKET, socket.SO_PASSCRED, with_credentials);
      const rights = new Int32Array(count).fill(a.fileno());
      a.sendmsg([data], count === 0 ? [] : [[SOL_SOCKET, SCM_RIGHTS, rights]]);
      const [received, ancdata, flags] = b.recvmsg(64, room);
      assert(same(received, data));

      // The kernel writes the credentials first, and truncates data that does not fit.
      let left = room, cut = false;
      const expected: [number, number, number][] = [];
      if (with_credentials) {
        const size = Math.min(CREDENTIALS, left - HEAD);
        cut = size < CREDENTIALS;
        if (size >= 0) expected.push([SOL_SOCKET, SCM_CREDENTIALS, size]);
        left -= Math.min(left, socket.CMSG_SPACE(CREDENTIALS));
      }
      const fds = fitting(left, count);
      if (fds > 0) expected.push([SOL_SOCKET, SCM_RIGHTS, 4 * fds]);
      if (fds < count) cut = true;
      const found = ancdata.map((
        [level, type, { length }],
      ) => [level, type, length]);
      for (const [, type, fds] of ancdata) {
        if (type !== SCM_RIGHTS) continue;
        for (const fd of new Int32Array(fds.buffer)) os.close(fd);
      }
      assertEquals([found, (flags & MSG_CTRUNC) !== 0], [expected, cut]);
    },
  ),
];

let sockets: [socket.Socket, socket.Socket] | null = null;

function pair(): [socket.Socket, socket.Socket] {
  return sockets ??= socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM);
}

/** Closes the sockets of the properties. */
export function close(): void {
  for (const sock of sockets ?? []) sock.close();
  sockets = null;
}

type Reader = (bytes: Uint8Array) => object;

/** Each struct: its reader, the public one, and the fewest bytes. */
const readers: readonly (readonly [Reader, Reader, number])[] = [
  [structs.linger_fields, socket.linger, structs.LINGER_SIZE],
  [structs.ucred_fields, socket.ucred, structs.UCRED_SIZE],
  [structs.timeval_fields, socket.timeval, structs.TIMEVAL_SIZE],
  [structs.tcp_info_fields, socket.tcp_info, structs.TCP_INFO_LEAST],
];

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
}

const of_options: readonly Codec[] = [
  codec(
    "linger and ucred have the words of the struct",
    [i32, i32, u32, u32],
    (l_onoff, l_linger, uid, gid) => {
      assertEquals(
        socket.linger(words(l_onoff, l_linger)),
        { l_onoff, l_linger },
      );
      assertEquals(
        socket.ucred(words(l_onoff, uid, gid)),
        { pid: l_onoff, uid, gid },
      );
    },
  ),
  codec("timeval has the words of the struct", [i64, i64], (sec, usec) => {
    assertEquals(
      socket.timeval(new BigInt64Array([sec, usec])),
      { tv_sec: Number(sec), tv_usec: Number(usec) },
    );
  }),
  codec(
    "tcp_info has the complete fields, and each is a number",
    [any_bytes],
    (struct) => {
      const fields = inside(struct, structs.tcp_info_fields)!;
      for (const value of Object.values(fields)) {
        assert(value >= 0 && (Number.isInteger(value) || value === Infinity));
      }
      // More bytes have no fewer fields, and the same values in them.
      const fewer = structs.tcp_info_fields(
        struct.subarray(0, struct.length >> 1),
      );
      assertEquals({ ...fields, ...fewer }, fields);
    },
  ),
  codec(
    "linger, ucred, timeval and tcp_info read any bytes, and none outside",
    [any_bytes],
    (struct) => {
      for (const [read, public_read, least] of readers) {
        inside(struct, read);
        const found = inside(struct, public_read);
        assertEquals(found === null, struct.length < least);
      }
    },
  ),
  codec(
    "linger, ucred, timeval and tcp_info refuse other values and too few bytes",
    [fc.anything({ withBigInt: true, withMap: true, withDate: true })],
    (value) => {
      for (const [, read] of readers) {
        assertThrows(() => read(value as Uint8Array), TypeError, "must be");
        assertThrows(() => read(new Uint8Array(7)), ValueError, "too few");
      }
    },
  ),
];

/** The properties of this file. */
export const codecs: readonly Codec[] = [
  ...of_waits,
  ...of_messages,
  ...of_ancillary_data,
  ...of_options,
];
