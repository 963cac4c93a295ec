/**
 * The constants of Python's `select` module, with Linux's values.
 *
 * @module
 */

/** There is data to read. */
export const POLLIN = 1;
/** There is urgent data to read. */
export const POLLPRI = 2;
/** Writing will not block. */
export const POLLOUT = 4;
/** An error: read SO_ERROR. Reported whether asked for or not. */
export const POLLERR = 8;
/** The other end hung up. Reported whether asked for or not. */
export const POLLHUP = 16;
/** The descriptor is not open. Reported whether asked for or not. */
export const POLLNVAL = 32;
/** As POLLIN. */
export const POLLRDNORM = 64;
/** There is priority band data to read. */
export const POLLRDBAND = 128;
/** As POLLOUT. */
export const POLLWRNORM = 256;
/** Priority data may be written. */
export const POLLWRBAND = 512;
/** A message; Linux does not use it. */
export const POLLMSG = 1024;
/** The peer closed its end, or shut its writing down. */
export const POLLRDHUP = 8192;
/** Bytes that a pipe takes in one piece once it is writable, by POSIX 512 or more. */
export const PIPE_BUF = 4096;
/** There is data to read. */
export const EPOLLIN = 1;
/** There is urgent data to read. */
export const EPOLLPRI = 2;
/** Writing will not block. */
export const EPOLLOUT = 4;
/** An error: read SO_ERROR. Reported whether asked for or not. */
export const EPOLLERR = 8;
/** The other end hung up. Reported whether asked for or not. */
export const EPOLLHUP = 16;
/** As EPOLLIN. */
export const EPOLLRDNORM = 64;
/** There is priority band data to read. */
export const EPOLLRDBAND = 128;
/** As EPOLLOUT. */
export const EPOLLWRNORM = 256;
/** Priority data may be written. */
export const EPOLLWRBAND = 512;
/** A message; Linux does not use it. */
export const EPOLLMSG = 1024;
/** The peer closed its end, or shut its writing down. */
export const EPOLLRDHUP = 8192;
/** Close the epoll descriptor on exec: always so here (PEP 446). */
export const EPOLL_CLOEXEC = 524288;
/** Wake one of the epoll objects that watch this descriptor, not all. */
export const EPOLLEXCLUSIVE = 268435456;
/** Keep the system awake while the event is handled. */
export const EPOLLWAKEUP = 536870912;
/** Disable the registration after one event, until it is modified. */
export const EPOLLONESHOT = 1073741824;
/** Edge-triggered: report a change once, so drain until BlockingIOError. */
export const EPOLLET = 2147483648;
