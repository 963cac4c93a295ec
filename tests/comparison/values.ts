/**
 * The values of programs: random numbers of a seed, and tables of arguments.
 *
 * @module
 */

/**
 * An argument: JSON as it is, or an object with one key.
 *
 * - `$`: the object with this name; `fd`: its descriptor as a number; `address` and `port`: its own
 *   address; `fileno`: an object whose `fileno()` returns this value; `file`: a file on it
 * - `constant`: `socket.AF_INET`; `flags`: several constants, joined by `|`; `number`: a number
 *   that JSON lacks
 * - `hex`, `pattern` (first byte and length): bytes; `buffer`: zeros for a call to fill; `rights`:
 *   descriptors as `SCM_RIGHTS` has them
 * - `path`, `abstract`, `long` (its length): names of AF_UNIX
 * - `tuple`: a list that is a tuple in Python
 */
export type Argument =
  | null
  | boolean
  | number
  | string
  | readonly Argument[]
  | { readonly [kind: string]: Argument };

/** Random numbers of a seed: mulberry32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  // Arrow functions, so that callers can destructure a Dice.

  /** A whole number from 0 to `end` - 1. */
  readonly below = (end: number): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * end);
  };

  readonly chance = (percent: number): boolean => this.below(100) < percent;

  readonly of = <T>(items: readonly T[]): T => items[this.below(items.length)]!;
}

/** A table, written as JSON: rows of several values are shorter than a formatted array. */
function table(json: string): readonly Argument[] {
  return JSON.parse(`[${json}]`);
}

function numbers(text: string): number[] {
  return text.split(" ").map(Number);
}

/** Values that no call expects. */
export const hostile: readonly Argument[] = table(`
  null, true, false, -1, 0, 1.5, -0.5, 70000, "text", "", [], [1, 2],
  {"hex": ""}, {"hex": "00ff"}, {"tuple": [1]},
  {"number": "2**31"}, {"number": "-2**31-1"}, {"number": "2**32"},
  {"number": "2**63"}, {"number": "2**64"}, {"number": "-2**63"},
  {"number": "-2**64"}, {"number": "nan"}, {"number": "inf"}, {"number": "-inf"}
`);

/** Sizes of receive calls, around the limits of the package's buffers. */
export const sizes: readonly number[] = numbers(
  "0 1 2 3 5 8 40 100 512 513 4096 65536 262144 262145",
);

/** Flags of a send or receive call; the fourth is MSG_WAITALL | MSG_DONTWAIT. */
export const message_flags: readonly Argument[] = table(`
  {"constant": "socket.MSG_PEEK"}, {"constant": "socket.MSG_DONTWAIT"},
  {"constant": "socket.MSG_TRUNC"}, 320, {"constant": "socket.MSG_OOB"},
  {"constant": "socket.MSG_NOSIGNAL"}, {"constant": "socket.MSG_MORE"},
  {"constant": "socket.MSG_EOR"}
`);

/** Addresses that no socket has, or that are invalid, by family. */
export const odd_names = {
  AF_INET: table(String.raw`
    {"tuple": ["127.0.0.1", 1]}, {"tuple": ["127.0.0.1", -1]},
    {"tuple": ["127.0.0.1", 65536]}, {"tuple": ["", 65536]},
    {"tuple": ["127.0.0.1", "80"]}, {"tuple": ["127.0.0.1"]},
    {"tuple": ["127.0.0.1", 1, 2]}, {"tuple": ["1.2.3.4.5", 1]},
    {"tuple": ["127.0.0.1\u0000", 1]},
    {"tuple": [{"hex": "3132372e302e302e31"}, 1]},
    {"tuple": ["<broadcast>", 9]}, {"tuple": ["255.255.255.255", 9]},
    {"tuple": ["0177.0.0.1", 1]}, {"tuple": [null, 1]}
  `),
  AF_INET6: table(`
    {"tuple": ["::1", 1]}, {"tuple": ["::1", 65536]},
    {"tuple": ["fe80::1%lo", 1]}, {"tuple": ["::1", 1, 1048575]},
    {"tuple": ["::1", 1, 1048576]}, {"tuple": ["::1", 1, -1]},
    {"tuple": ["::1", 1, 0, {"number": "2**32"}]},
    {"tuple": ["::1", 1, 0, 0, 0]}, {"tuple": ["::ffff:127.0.0.1", 1]},
    {"tuple": ["<broadcast>", 9]}
  `),
  AF_UNIX: table(String.raw`
    {"path": "/none"}, {"path": "/a\u0000b"}, {"abstract": "none"},
    {"long": 106}, {"long": 107}, {"long": 108}, {"long": 109},
    {"hex": "2f746d702f6e6f6e65ff"}, {"hex": ""}, ""
  `),
};

/** Options, each with its level. */
export const options: readonly (readonly [level: string, name: string])[] = [
  "SOL_SOCKET SO_REUSEADDR SO_KEEPALIVE SO_TYPE SO_ERROR SO_LINGER " +
  "SO_BROADCAST SO_ACCEPTCONN SO_DOMAIN SO_PROTOCOL SO_OOBINLINE " +
  "SO_PRIORITY SO_BINDTODEVICE SO_RCVLOWAT",
  "IPPROTO_TCP TCP_SYNCNT TCP_KEEPIDLE TCP_USER_TIMEOUT",
  "IPPROTO_IP IP_TTL IP_TOS",
  "IPPROTO_IPV6 IPV6_V6ONLY IPV6_UNICAST_HOPS",
].flatMap((line) => {
  const [level, ...names] = line.split(" ");
  return names.map((name) => [level!, name] as const);
});

/** The last arguments of setsockopt(). */
export const option_values = table(`
  [1], [0], [true], [5], [-1], [{"hex": "01000000"}],
  [{"hex": "0100000000000000"}], [{"hex": ""}], [{"hex": "01"}],
  [null, 4], [null, 0], [null], [1, 4], ["1"], [1.5], [{"number": "2**31"}]
`) as readonly (readonly Argument[])[];

/** Wrong descriptors. Select(2) of CPython takes 1000, which is above all open ones, but not 5000. */
export const odd_files: readonly Argument[] = table(`
  -1, 1000, 5000, {"number": "2**31"}, {"number": "2**64"}, {"fileno": -1},
  {"fileno": "text"}, {"fileno": null}, 1.5, "text", null
`);

/** Masks of poll() and of epoll. */
export const poll_masks: readonly number[] = numbers(
  "0 1 2 4 5 7 8192 65535 65536 -1 8 31",
);
export const epoll_masks: readonly Argument[] = table(`
  0, 1, 4, 5, 7, {"constant": "select.EPOLLET"},
  {"constant": "select.EPOLLONESHOT"}, {"constant": "select.EPOLLRDHUP"},
  {"constant": "select.EPOLLEXCLUSIVE"}, 1073741829, -2147483643,
  {"number": "2**32"}, {"number": "2**64"}, -1
`);

/** Arguments of select.epoll(), and flags of os.eventfd(). */
export const epoll_arguments = table(`
  [1], [0], [-1], [-2], [10, 0], [10, {"constant": "select.EPOLL_CLOEXEC"}],
  [1, 7]
`) as readonly (readonly Argument[])[];
export const eventfd_flags: readonly Argument[] = table(`
  {"constant": "os.EFD_NONBLOCK"}, 0, {"constant": "os.EFD_SEMAPHORE"}
`);

/** Invalid or very long time-outs, by method. A wait that CPython accepts must end at once. */
export const odd_timeouts = {
  settimeout: table(`
    {"number": "nan"}, {"number": "inf"}, {"number": "-inf"},
    {"number": "1e10"}, {"number": "1e300"}
  `),
  select: table(`
    -1, -0.5, {"number": "nan"}, {"number": "1e10"}, {"number": "-inf"}, "1",
    -0.0000000001
  `),
  poll: table(`
    {"number": "1e10"}, {"number": "nan"}, "1", {"number": "1e300"},
    {"number": "2**31"}, {"number": "2**64"}, {"number": "inf"}
  `),
  epoll: table(`
    {"number": "1e10"}, {"number": "nan"}, "1", {"number": "1e300"},
    {"number": "inf"}, {"number": "2**64"}
  `),
  selector: table(`
    -1, {"number": "-inf"}, {"number": "-1e300"}, {"number": "-1e10"},
    {"number": "nan"}, "1", -0.5, {"number": "-2**64"}
  `),
};

/** The last arguments of put() and get(): they never wait for long. */
export const queue_limits = table(`
  [false], [true, 0], [true, 0.001], [true, -1], [true, 0.0005], [false, -1]
`) as readonly (readonly Argument[])[];

/** Flags of open(), besides the mode of access and O_CREAT. */
export const open_flags: readonly string[] =
  ("O_EXCL O_TRUNC O_APPEND O_DIRECTORY O_NOFOLLOW O_PATH O_TMPFILE O_NONBLOCK " +
    "O_SYNC O_DIRECT").split(" ");

/** Arguments of getaddrinfo() and getnameinfo(), most of them odd. */
export const odd_hosts: readonly Argument[] = table(`
  "127.1", "0x7f.1", "1.2.3.4.5", "", null, {"hex": "3132372e302e302e31"},
  "fe80::1%lo"
`);
export const odd_ports: readonly Argument[] = table(`
  null, "80", "http", "", -1, 65536, {"number": "2**31"}, {"number": "2**63"},
  {"number": "2**64"}, {"number": "-2**64"}, {"hex": "3830"}, 1.5
`);
export const types: readonly Argument[] = table(`
  {"constant": "socket.SOCK_DGRAM"}, {"constant": "socket.SOCK_STREAM"}, 0
`);
export const more_of_address = table(`
  [], [], [0], [0, 0], [1048576], [-1]
`) as readonly (readonly Argument[])[];
