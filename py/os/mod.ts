/**
 * The part of Python's `os` module that deals in descriptors: pipes, event counters,
 * timers, processes, terminals and files in memory, all to be waited on beside sockets.
 *
 * A descriptor here is a number, as in Python: who made it closes it with
 * {@linkcode close}, and nothing else does. New ones are closed on exec (PEP 446), unless
 * the flags of `pipe2`, `eventfd` or `memfd_create` say otherwise. Calls interrupted by a
 * signal go on (PEP 475).
 *
 * @example A timer beside a socket
 * ```ts
 * import * as os from "@iomux/py/os";
 * import * as selectors from "@iomux/py/selectors";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * const timer = os.timerfd_create(os.CLOCK_MONOTONIC);
 * os.timerfd_settime(timer, { initial: 0.01, interval: 0.01 });
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen();
 *
 * using sel = selectors.DefaultSelector();
 * sel.register(timer, selectors.EVENT_READ, "tick");
 * sel.register(server, selectors.EVENT_READ, "client");
 * assertEquals(sel.select(5).map(([key]) => key.data), ["tick"]);
 * os.close(timer);
 * ```
 *
 * @module
 */

export * from "./constants.ts";
export type { BytesLike, FileDescriptorLike, HasFileno } from "../arguments.ts";
export { OSError as error } from "../exceptions.ts";
export {
  close,
  dup,
  dup2,
  type Dup2Options,
  get_blocking,
  get_inheritable,
  set_blocking,
  set_inheritable,
  strerror,
} from "./descriptor.ts";
export {
  fdatasync,
  fsync,
  ftruncate,
  lseek,
  read,
  readAsync,
  readv,
  sendfile,
  write,
  writeAsync,
  writev,
} from "./transfer.ts";
export {
  eventfd,
  eventfd_read,
  eventfd_write,
  type FlagsOptions,
  memfd_create,
  pidfd_open,
  pipe,
  pipe2,
} from "./create.ts";
export { open, type OpenOptions } from "./open.ts";
export {
  timerfd_create,
  timerfd_gettime,
  timerfd_gettime_ns,
  timerfd_settime,
  timerfd_settime_ns,
  type TimerSetting,
  type TimerSettingNs,
} from "./timerfd.ts";
export { fstat, type StatResult } from "./stat.ts";
export { isatty, openpty, ttyname } from "./terminal.ts";
