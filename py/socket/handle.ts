import { int } from "../arguments.ts";

/** What a socket is: all clients of a listener share one, which is 24 bytes less for each. */
export interface Kind {
  /** The address family. */
  readonly family: number;
  /** The type. */
  readonly type: number;
  /** The protocol. */
  readonly proto: number;
}

/** A socket's descriptor, and what the calls on it need to know. */
export interface Handle {
  /** The descriptor; -1 once it is closed or given up. */
  fd: number;
  /** What it is. */
  readonly kind: Kind;
  /** The time-out in seconds: 0 if the socket is non-blocking, `null` if it blocks. */
  timeout: number | null;
  /** Whether a twin has made the descriptor of a socket that blocks non-blocking. */
  unblocked: boolean;
  /**
   * Whether the last `recvAsync()` got less than it asked for: then there is nothing more
   * as yet, and the next one begins to wait without a look.
   */
  drained: boolean;
}

let last: Kind = { family: 0, type: 0, proto: 0 };

/**
 * The kind of a socket: the last one, if it is the same.
 *
 * @throws {TypeError} If one of them is not a whole number.
 * @throws {OverflowError} If one of them does not fit a C int.
 */
export function kind_of(family: number, type: number, proto: number): Kind {
  const same = family === last.family && type === last.type &&
    proto === last.proto;
  if (same) return last;
  return last = {
    family: int(family, "family"),
    type: int(type, "type"),
    proto: int(proto, "proto"),
  };
}
