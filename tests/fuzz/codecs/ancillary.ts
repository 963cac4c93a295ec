import { os, socket } from "@iomux/py";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytes, type Codec, codec, same, u16, u32 } from "./property.ts";

const { SOL_SOCKET, SCM_RIGHTS, SCM_CREDENTIALS, MSG_CTRUNC } = socket;
const HEAD = 16, ALIGNED = 8, CREDENTIALS = 12;

/** How many descriptors the kernel passes on to so much room: scm_detach_fds(). */
function fitting(room: number, sent: number): number {
  return Math.max(0, Math.min(sent, Math.floor((room - HEAD) / 4)));
}

export const codecs: readonly Codec[] = [
  codec(
    "CMSG_LEN and CMSG_SPACE are what cmsg(3) says",
    [socket.CMSG_LEN, socket.CMSG_SPACE],
    [fc.oneof(u16, fc.nat(0x7fffffff - 2 * HEAD))],
    (length) => {
      const space = socket.CMSG_SPACE(length);
      assertEquals(socket.CMSG_LEN(length), HEAD + length);
      assert(space % ALIGNED === 0);
      assert(space >= HEAD + length && space < HEAD + length + ALIGNED);
    },
  ),
  codec(
    "htons, ntohs, htonl and ntohl turn the bytes round",
    [socket.htons, socket.ntohs, socket.htonl, socket.ntohl],
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
    "ancillary data comes through the kernel, or as much of it as there is room for",
    [socket.send_fds, socket.recv_fds],
    [bytes(1, 40), fc.nat(5), fc.boolean(), fc.nat(100)],
    (data, count, with_credentials, room) => {
      const [a, b] = pair();
      b.setsockopt(SOL_SOCKET, socket.SO_PASSCRED, with_credentials);
      const rights = new Int32Array(count).fill(a.fileno());
      a.sendmsg([data], count === 0 ? [] : [[SOL_SOCKET, SCM_RIGHTS, rights]]);
      const [received, ancdata, flags] = b.recvmsg(64, room);
      assert(same(received, data));

      // The kernel writes the credentials first, and leaves out what does not fit.
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

/** Closes what the properties have used. */
export function close(): void {
  for (const sock of sockets ?? []) sock.close();
  sockets = null;
}
