/**
 * Python's `socket` module: TCP, UDP and UNIX sockets on libc.
 *
 * @example
 * ```ts
 * import * as socket from "@iomux/py/socket";
 * import { assertEquals } from "@std/assert";
 *
 * using server = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
 * server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
 * server.bind(["127.0.0.1", 0]);
 * server.listen(5);
 *
 * using client = socket.socket();
 * client.connect(server.getsockname() as [string, number]);
 * const [conn, address] = server.accept();
 * assertEquals(address, client.getsockname());
 *
 * client.sendall(new TextEncoder().encode("hello"));
 * assertEquals(new TextDecoder().decode(conn.recv(1024)), "hello");
 * conn.close();
 * ```
 *
 * @module
 */

export * from "./constants/mod.ts";
export type { BytesLike } from "../arguments.ts";
export { OSError as error, TimeoutError as timeout } from "../exceptions.ts";
export type { FileDescriptorLike, HasFileno } from "../fileno.ts";
export { gaierror } from "./gaierror.ts";
export { close, fromfd, socket, socketpair } from "./create.ts";
export { Socket } from "./socket.ts";
export type { Transfer } from "./transfer.ts";
export type { Endpoint } from "./endpoint.ts";
export type {
  Address,
  AddressLike,
  Inet6Address,
  InetAddress,
} from "./address.ts";
export { getdefaulttimeout, setdefaulttimeout } from "./timeout.ts";
export {
  type AddressInfo,
  getaddrinfo,
  gethostbyname,
  gethostname,
} from "./names.ts";
export { inet_aton, inet_ntoa, inet_ntop, inet_pton } from "./inet.ts";
export { htonl, htons, ntohl, ntohs } from "./byteorder.ts";
