import { os, socket } from "@iomux/py";
import { type Any, type Calls, dice, signal, wait } from "../pools.ts";
import { check, check_fresh, check_marked, MARK, message } from "../tags.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The number of messages that were received and compared. */
export const tagged = { received: 0 };
let number = 0;

const SIZES = [1, 7, 8, 63, 64, 511, 512, 513, 4096, 8191, 30_000];
// Bytes around the room of a call, as many as a message that is too long for it.
const MARGIN = 64;

/** Splits a buffer into parts for sendmsg() and recvmsg_into(). */
function parts(whole: Bytes): Bytes[] {
  const first = dice.below(whole.length + 1);
  const second = first + dice.below(whole.length - first + 1);
  return [
    whole.subarray(0, first),
    whole.subarray(first, second),
    whole.subarray(second),
  ];
}

const SEND: readonly ((to: socket.Socket, data: Bytes) => unknown)[] = [
  (to, data) => to.send(data),
  (to, data) => to.sendall(data),
  (to, data) => to.sendmsg(parts(data)),
  (to, data) => os.write(to.fileno(), data),
  (to, data) => os.writev(to.fileno(), parts(data)),
];

/** Sends a message, and receives it with less room than needed, enough, or more. */
function exchange(
  receive: (from: socket.Socket, room: number, sent: Bytes) => void,
): void {
  const { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET } = socket;
  const type = dice.pick([SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]);
  const [here, there] = socket.socketpair(socket.AF_UNIX, type);
  using from = here;
  using to = there;
  const sent = message(++number, dice.pick(SIZES));
  dice.pick(SEND)(to, sent);
  const room = Math.max(
    1,
    sent.length + dice.pick([-8, -1, 0, 0, 0, 1, 8, 70_000]),
  );
  receive(from, room, sent);
  tagged.received++;
  if (type !== SOCK_STREAM || room >= sent.length) return;
  // A stream still has the rest, and nothing else.
  check(from.recv(sent.length), sent.slice(room));
}

/** Compares the bytes that a call returns. */
const returned = (
  call: (from: socket.Socket, room: number) => Bytes,
) =>
() =>
  exchange((from, room, sent) =>
    check(call(from, room), sent.subarray(0, room))
  );

/** Compares the bytes that a call writes into the caller's memory, with marks around them. */
const written = (
  call: (from: socket.Socket, view: Bytes, room: number) => number,
) =>
() =>
  exchange((from, room, sent) => {
    const memory = new Uint8Array(MARGIN + room + MARGIN).fill(MARK);
    // The room is the view's length, or an argument beside a longer view.
    const said = dice.chance(0.5);
    const view = memory.subarray(MARGIN, said ? undefined : -MARGIN);
    const count = call(from, view, said ? room : 0);
    const expected = sent.subarray(0, room);
    check(memory.subarray(MARGIN, MARGIN + count), expected);
    check_marked(memory.subarray(0, MARGIN));
    check_marked(memory.subarray(MARGIN + expected.length));
  });

/** Compares the result of a wait, which starts before the message is sent. */
function awaited(
  receive: (from: socket.Socket, room: number) => Promise<Bytes>,
): void {
  const [from, to] = socket.socketpair();
  const sent = message(++number, dice.pick(SIZES));
  const room = Math.max(1, sent.length + dice.pick([-1, 0, 1]));
  const compared = async () => {
    try {
      check(await receive(from, room), sent.subarray(0, room));
      tagged.received++;
    } finally {
      from.close();
      to.close();
    }
  };
  wait(compared());
  dice.pick(SEND)(to, sent);
}

/** Receives a datagram from an address with its number: an address may be stale, too. */
function addressed(): void {
  using to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  using from = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);
  const sent = message(++number, dice.pick(SIZES));
  const own = `\0${Deno.pid} ${number} ${"x".repeat(dice.below(80))}`;
  to.bind(`\0${Deno.pid} to`);
  from.bind(own);
  from.sendto(sent, to.getsockname() as string);
  const memory = new Uint8Array(sent.length);
  const [bytes, address] = dice.pick<() => [Bytes, Any]>([
    () => to.recvfrom(sent.length),
    () => {
      const [count, address] = to.recvfrom_into(memory);
      return [memory.subarray(0, count), address];
    },
    () => {
      const [data, , , address] = to.recvmsg(sent.length);
      return [data, address];
    },
  ])();
  check(bytes, sent);
  if (address !== own) throw `received from ${String(address)}, not ${own}`;
  tagged.received++;
}

/** Has TCP discard bytes by MSG_TRUNC: the result must have no bytes of another message. */
function discarded(): void {
  using server = socket.create_server(["127.0.0.1", 0]);
  using to = socket.socket();
  to.connect_ex(server.getsockname() as Any);
  using from = server.accept()[0];
  const sent = message(++number, dice.pick(SIZES));
  to.send(sent);
  const room = dice.pick([8, 512, sent.length]);
  dice.pick([
    () => check_fresh(from.recv(room, socket.MSG_TRUNC)),
    () => check_fresh(from.recvfrom(room, socket.MSG_TRUNC)),
    () => check_fresh(from.recvmsg(room, 0, socket.MSG_TRUNC)),
  ])();
  tagged.received++;
}

/** Receives messages with numbers on sockets that no other call uses. */
export const tagged_calls: Calls = {
  "a number by recv": returned((from, room) => from.recv(room)),
  "a number by recvfrom": returned((from, room) => from.recvfrom(room)[0]),
  "a number by recvmsg": returned((from, room) =>
    from.recvmsg(room, dice.pick([0, 64]))[0]
  ),
  "a number by recv_fds": returned((from, room) =>
    socket.recv_fds(from, room, 1)[0]
  ),
  "a number by os.read": returned((from, room) => os.read(from.fileno(), room)),
  "a number by makefile": returned((from, room) => {
    using file = from.makefile("rb", dice.pick([0, -1, 16]));
    return file.read(Math.min(room, from.recv(room, socket.MSG_PEEK).length));
  }),
  "a number by recv with MSG_PEEK": returned((from, room) => {
    const seen = from.recv(room, socket.MSG_PEEK);
    check(from.recv(room), seen);
    return seen;
  }),
  "a number by recv_into": written((from, view, room) =>
    from.recv_into(view, room)
  ),
  "a number by recvfrom_into": written((from, view, room) =>
    from.recvfrom_into(view, room)[0]
  ),
  "a number by recvmsg_into": written((from, view, room) =>
    from.recvmsg_into(parts(room === 0 ? view : view.subarray(0, room)))[0]
  ),
  "a number from an address": addressed,
  "a number that TCP throws away": discarded,
  "a number by os.readv": written((from, view, room) =>
    os.readv(
      from.fileno(),
      parts(room === 0 ? view : view.subarray(0, room)),
    )
  ),
  "a number by recvAsync": () =>
    awaited((from, room) => from.recvAsync(room, 0, signal())),
  "a number by recv_intoAsync": () =>
    awaited(async (from, room) => {
      const memory = new Uint8Array(room + MARGIN).fill(MARK);
      const count = await from.recv_intoAsync(memory, room, 0, signal());
      check_marked(memory.subarray(count));
      return memory.subarray(0, count);
    }),
  "a number by readable": () =>
    awaited(async (from, room) => {
      const reader = from.readable.getReader({ mode: "byob" });
      const { value } = await reader.read(new Uint8Array(room));
      return value as Bytes;
    }),
};
