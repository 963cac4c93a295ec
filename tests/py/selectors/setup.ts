/**
 * The backends, and pairs of sockets, for the tests of selectors.
 *
 * @module
 */

import { selectors, socket } from "@iomux/py";

/** The three backends by name. */
export const backends = {
  SelectSelector: selectors.SelectSelector,
  PollSelector: selectors.PollSelector,
  EpollSelector: selectors.EpollSelector,
} as const;

/** The name of a backend. */
export type Backend = keyof typeof backends;

/** The names of all three. */
export const names = Object.keys(backends) as Backend[];

/** Two sockets that are connected to each other. */
export interface Pair extends Disposable {
  readonly rd: socket.Socket;
  readonly wr: socket.Socket;
}

/** Makes a pair, closed at the end of a `using` block. */
export function pair(): Pair {
  const [rd, wr] = socket.socketpair();
  return {
    rd,
    wr,
    [Symbol.dispose]() {
      rd.close();
      wr.close();
    },
  };
}

/** The file objects in what `select()` found. */
export function files<File extends selectors.FileDescriptorLike>(
  ready: ReadonlyArray<[selectors.SelectorKey<File>, number]>,
): File[] {
  return ready.map(([key]) => key.fileobj);
}
