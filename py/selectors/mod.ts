/**
 * Python's `selectors` module: wait until file objects are ready, with data attached to
 * each.
 *
 * - {@linkcode SelectSelector}: on select(2).
 * - {@linkcode PollSelector}: on poll(2).
 * - {@linkcode EpollSelector}: on epoll(7). A call costs what is ready, not what is watched.
 * - {@linkcode DefaultSelector}: the last.
 *
 * @example An echo server
 * ```ts
 * import * as selectors from "@iomux/py/selectors";
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * using sel = selectors.DefaultSelector<socket.Socket, (sock: socket.Socket) => void>();
 *
 * function accept(server: socket.Socket): void {
 *   const [conn] = server.accept();
 *   conn.setblocking(false);
 *   sel.register(conn, selectors.EVENT_READ, read);
 * }
 *
 * function read(conn: socket.Socket): void {
 *   const data = conn.recv(1000);
 *   if (data.length > 0) {
 *     conn.send(data);
 *   } else {
 *     sel.unregister(conn);
 *     conn.close();
 *   }
 * }
 *
 * using server = socket.socket();
 * server.bind(["127.0.0.1", 0]);
 * server.listen(100);
 * server.setblocking(false);
 * sel.register(server, selectors.EVENT_READ, accept);
 *
 * const client = socket.socket();
 * client.connect(server.getsockname());
 * client.send(new TextEncoder().encode("hello"));
 * for (let round = 0; round < 2; round++) {
 *   for (const [key] of sel.select(5)) key.data(key.fileobj);
 * }
 * assertEquals(new TextDecoder().decode(client.recv(1000)), "hello");
 * client.close();
 * for (const [key] of sel.select(5)) key.data(key.fileobj);
 * assertEquals(sel.get_map()?.size, 1);
 * ```
 *
 * @module
 */

export type { FileDescriptorLike, HasFileno, Keywords } from "../arguments.ts";
export type { WaitOptions } from "../pending.ts";
export {
  BaseSelector,
  type DataArgument,
  type PlainData,
  type Selector,
  type SelectorConstructor,
  type SelectorOptions,
} from "./base.ts";
export {
  EVENT_READ,
  EVENT_WRITE,
  SelectorKey,
  type SelectorKeyConstructor,
  type SelectorMapping,
} from "./key.ts";
export { DefaultSelector, EpollSelector, PollSelector } from "./poll.ts";
export { SelectSelector } from "./select.ts";
