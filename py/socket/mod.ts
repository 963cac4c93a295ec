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
 * client.connect(server.getsockname());
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

export * from "./constants.ts";
export type {
  BytesLike,
  FileDescriptorLike,
  HasFileno,
  Keywords,
} from "../arguments.ts";
export { OSError as error, TimeoutError as timeout } from "../exceptions.ts";
export type { CodecErrors, Newline, TextOptions } from "./codec.ts";
export type {
  BaseReader,
  BaseReaderWriter,
  BaseWriter,
  FileModes,
  FileOptions,
  Reader,
  ReaderWriter,
  Source,
  Target,
  TextReader,
  TextReaderWriter,
  TextWriter,
  Writer,
} from "./makefile.ts";
export {
  AddressFamily,
  type Enumeration,
  gaierror,
  getprotobyname,
  getservbyname,
  getservbyport,
  htonl,
  htons,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  type Member,
  MsgFlag,
  ntohl,
  ntohs,
  SocketKind,
} from "./names.ts";
export {
  type AddressInfo,
  type AddrInfoOptions,
  getaddrinfo,
  getaddrinfoAsync,
  getfqdn,
  getfqdnAsync,
  gethostbyaddr,
  gethostbyaddrAsync,
  gethostbyname,
  gethostbyname_ex,
  gethostbyname_exAsync,
  gethostbynameAsync,
  gethostname,
  getnameinfo,
  getnameinfoAsync,
  herror,
  type HostEntry,
  sethostname,
} from "./netdb.ts";
export {
  close,
  type ConnectionOptions,
  create_connection,
  create_connectionAsync,
  create_server,
  dup,
  fromfd,
  has_dualstack_ipv6,
  has_ipv6,
  type ServerOptions,
  socket,
  type SocketOptions,
  socketpair,
  type SocketPairOptions,
} from "./create.ts";
export { Socket, Socket as SocketType } from "./socket.ts";
export type { WaitOptions } from "../pending.ts";
export {
  type AlgOptions,
  type AncillaryData,
  type AncillaryDataLike,
  CMSG_LEN,
  CMSG_SPACE,
} from "./message.ts";
export type {
  Address,
  AddressLike,
  AddressOf,
  AlgAddress,
  CanAddress,
  Inet6Address,
  InetAddress,
  LinuxAddress,
  LinuxAddressLike,
  NetlinkAddress,
  PacketAddress,
  QrtrAddress,
  TipcAddress,
  UnixAddress,
  VsockAddress,
} from "./address.ts";
export {
  recv_fds,
  recv_fdsAsync,
  type RecvFdsOptions,
  send_fds,
  send_fdsAsync,
  type SendFdsOptions,
} from "./fds.ts";
export type { RecvIntoOptions } from "./receive.ts";
export type { SendfileOptions } from "./send.ts";
export { linger, tcp_info, type TcpInfo, timeval, ucred } from "./options.ts";
export { getdefaulttimeout, setdefaulttimeout } from "./handle.ts";
