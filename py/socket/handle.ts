/** A socket's descriptor, and what the calls on it need to know. */
export interface Handle {
  /** The descriptor; -1 once it is closed or given up. */
  fd: number;
  /** The address family. */
  readonly family: number;
  /** The type. */
  readonly type: number;
  /** The protocol. */
  readonly proto: number;
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
