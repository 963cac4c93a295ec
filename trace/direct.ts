/**
 * The calls of a busy loop, each from a function of its own.
 *
 * @module
 */

import { untraced } from "../ffi/libc.ts";

/**
 * Each function makes one call. V8 calls libc directly only from a place that always calls the
 * same function; from one place for all functions, a call takes 3 us more.
 */
export const direct: Partial<typeof untraced> = {
  select: (a, b, c, d, e) => untraced.select(a, b, c, d, e),
  poll: (a, b, c) => untraced.poll(a, b, c),
  epoll_ctl: (a, b, c, d) => untraced.epoll_ctl(a, b, c, d),
  epoll_wait: (a, b, c, d) => untraced.epoll_wait(a, b, c, d),
  accept4: (a, b, c, d) => untraced.accept4(a, b, c, d),
  recv: (a, b, c, d) => untraced.recv(a, b, c, d),
  recvfrom: (a, b, c, d, e, f) => untraced.recvfrom(a, b, c, d, e, f),
  sendto: (a, b, c, d, e, f) => untraced.sendto(a, b, c, d, e, f),
  ioctl: (a, b, c) => untraced.ioctl(a, b, c),
  read: (a, b, c) => untraced.read(a, b, c),
  write: (a, b, c) => untraced.write(a, b, c),
  close: (a) => untraced.close(a),
};
