import { os } from "@iomux/py";
import {
  type Any,
  bits,
  buffer,
  type Calls,
  dice,
  fd,
  fds,
  integer,
  no_fd,
  or,
  own,
  sock,
} from "../pools.ts";

/** A descriptor of the pool, or a value that is not a descriptor. */
const ours = () => dice.chance(0.85) ? fd() : no_fd();
const file = () => dice.pick([sock, ours, memory])();
const size = () => or(() => dice.pick([0, 1, 8, 9, 4096, 65_536, 2 ** 64]));
const offset = () =>
  or(() => dice.pick([0, 1, -1, 4096, 2 ** 40, 2 ** 53, -(2 ** 53)]));
const time = () =>
  or(() => dice.pick<Any>([0, 1, 0.5, -1, 1e-9, 1e9, 2 ** 33, NaN, 1e300]));
const nanoseconds = () =>
  or(() => dice.pick<Any>([0, 1n, 10n ** 9n, -1n, 2n ** 63n - 1n, 2n ** 63n]));

/** Where sendfile() may write: not into a file, which 2^40 bytes would fill. */
function sink(): Any {
  const [r, w] = os.pipe();
  own([r, w]);
  return dice.chance(0.5) ? w : sock().fileno();
}

/** A pipe with nothing in it. */
function empty(): number {
  const [r, w] = os.pipe();
  own([r, w]);
  return r;
}

function settings(of: () => Any): Any {
  return or(() => ({
    flags: or(() => dice.pick([0, 0, 1, 2, 3])),
    initial: dice.chance(0.9) ? of() : undefined,
    interval: dice.chance(0.5) ? of() : undefined,
  }), 0.9);
}

/** The calls of `os`. */
export const os_calls: Calls = {
  "os.close": () => {
    if (dice.chance(0.5)) return os.close(no_fd());
    return os.close(fds.splice(dice.below(fds.length), 1)[0]!);
  },
  "os.dup": () => own(os.dup(ours())),
  // The second must be ours: what was open there is closed.
  "os.dup2": () => {
    const to = ours();
    const made = os.dup2(ours(), to, or(() => dice.chance(0.5), 0.9));
    if (!fds.includes(made)) fds.push(made);
    os.set_blocking(made, false);
  },
  "os.get_blocking": () => os.get_blocking(ours()),
  "os.set_blocking": () => {
    const one = ours();
    os.set_blocking(one, or(() => dice.chance(0.5)));
    os.set_blocking(one, false);
  },
  "os.get_inheritable": () => os.get_inheritable(ours()),
  "os.set_inheritable": () =>
    os.set_inheritable(ours(), or(() => dice.chance(0.5))),
  "os.strerror": () => os.strerror(or(() => dice.below(200))),
  "os.readv": () =>
    os.readv(ours(), or(() => [new Uint8Array(3), new Uint8Array(9)])),
  "os.writev": () => os.writev(ours(), or(() => [buffer(), buffer()])),
  "os.fstat": () => os.fstat(file()),
  // Nothing is made, and what has no writer does not wait.
  "os.open": () =>
    own(os.open(
      or(() => dice.pick(["/dev/null", "/dev/zero", ".", "/proc/self/fd/0"])),
      or(() => dice.pick([0, 1, 2, os.O_PATH, os.O_DIRECTORY])),
      or(() => 0o600),
      or(() => ({ dir_fd: or(() => dice.pick([null, ours()])) })),
    )),
  "os.read": () => {
    const n = size();
    // A file in memory may be 2^40 bytes long, and 2 GiB of it would come at once.
    return os.read(n > 0x100000 ? empty() : ours(), n);
  },
  "os.write": () => os.write(ours(), buffer()),
  "os.sendfile": () =>
    os.sendfile(
      dice.chance(0.85) ? sink() : no_fd(),
      dice.pick([ours, memory])(),
      or(() => dice.pick([null, 0, 5, 2 ** 40])),
      or(() => dice.pick([0, 1, 65_536, 2 ** 31, 2 ** 40])),
    ),
  "os.lseek": () =>
    os.lseek(dice.pick([ours, memory])(), offset(), or(() => dice.below(6))),
  "os.ftruncate": () => os.ftruncate(dice.pick([ours, memory])(), size()),
  "os.fsync": () => os.fsync(file()),
  "os.fdatasync": () => os.fdatasync(file()),
  "os.pipe": () => own(os.pipe()),
  "os.pipe2": () =>
    own(os.pipe2(or(() => dice.pick([0, 2048, 524288, 526336, bits()])))),
  "os.eventfd": () =>
    own(os.eventfd(integer(), or(() => dice.pick([0, 1, 2048, bits()])))),
  "os.eventfd_read": () =>
    os.eventfd_read(dice.chance(0.5) ? counter() : dice.pick([fd, no_fd])()),
  "os.eventfd_write": () =>
    os.eventfd_write(
      dice.chance(0.5) ? counter() : dice.pick([fd, no_fd])(),
      or(() => dice.pick<Any>([0, 1, 2 ** 40, 2n ** 64n - 2n, 2n ** 64n])),
    ),
  "os.pidfd_open": () =>
    own(os.pidfd_open(or(() => Deno.pid), or(() => dice.pick([0, 2048])))),
  "os.memfd_create": () =>
    own(os.memfd_create(
      or(() => "fuzz"),
      or(() => dice.pick([0, 1, 2, 3, os.MFD_HUGETLB, bits()])),
    )),
  "os.timerfd_create": () =>
    own(os.timerfd_create(
      or(() => dice.pick([0, 1, 7, 99])),
      or(() => ({ flags: or(() => dice.pick([0, 2048, bits()])) })),
    )),
  "os.timerfd_settime": () =>
    os.timerfd_settime(dice.chance(0.5) ? timer() : ours(), settings(time)),
  "os.timerfd_settime_ns": () =>
    os.timerfd_settime_ns(
      dice.chance(0.5) ? timer() : ours(),
      settings(nanoseconds),
    ),
  "os.timerfd_gettime": () =>
    os.timerfd_gettime(dice.chance(0.5) ? timer() : ours()),
  "os.timerfd_gettime_ns": () =>
    os.timerfd_gettime_ns(dice.chance(0.5) ? timer() : ours()),
  "os.openpty": () => own(os.openpty()),
  "os.isatty": () => os.isatty(ours()),
  "os.ttyname": () => os.ttyname(dice.chance(0.5) ? terminal() : ours()),
};

/** A file in memory, with something in it. */
function memory(): number {
  const made = os.memfd_create("fuzz");
  own(made);
  os.write(made, new Uint8Array(100));
  os.lseek(made, 0);
  return made;
}

function counter(): number {
  const made = os.eventfd(1);
  own(made);
  return made;
}

function timer(): number {
  const made = os.timerfd_create(os.CLOCK_MONOTONIC);
  own(made);
  return made;
}

function terminal(): number {
  const [master, slave] = os.openpty();
  own([master, slave]);
  return slave;
}
