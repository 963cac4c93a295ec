/**
 * Python's `select` module: wait until descriptors are ready.
 *
 * - {@linkcode select}: three lists, select(2). The simplest; each call passes all of them.
 * - {@linkcode poll}: a set of descriptors, poll(2). In milliseconds.
 * - {@linkcode epoll}: a set in the kernel, epoll(7). A call costs what is ready, not what
 *   is watched.
 *
 * @example
 * ```ts
 * import * as select from "@iomux/py/select";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen();
 * assertEquals(select.select([server], [], [], 0), [[], [], []]);
 * ```
 *
 * @module
 */

export * from "./constants.ts";
export { OSError as error } from "../exceptions.ts";
export type { FileDescriptorLike, HasFileno, Keywords } from "../arguments.ts";
export type { WaitOptions } from "../pending.ts";
export { select, selectAsync, type SelectOptions } from "./select.ts";
export {
  Poll,
  poll,
  type PollOptions,
  type PollRegisterOptions,
} from "./poll.ts";
export {
  Epoll,
  epoll,
  type EpollFunction,
  type EpollOptions,
  type EpollPollOptions,
  type EpollRegisterOptions,
} from "./epoll.ts";
