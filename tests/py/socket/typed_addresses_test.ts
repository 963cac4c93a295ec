import { socket } from "@iomux/py";
import { assertEquals } from "@std/assert";
import { test } from "../../descriptors.ts";

// What these tests assert first of all is that they compile: no address is cast.

/** Compiles if the two types are the same. */
function same<A, B>(
  _same: [A] extends [B] ? [B] extends [A] ? true : never : never,
) {}

test("An address destructures without a cast", () => {
  using server = socket.socket(socket.AF_INET, socket.SOCK_STREAM);
  const a = ["localhost", 0];
  server.bind(a);
  server.listen();
  const [host, port] = server.getsockname();
  using client = socket.create_connection([host, port]);
  const [conn, [peer, number]] = server.accept();
  using _ = conn;
  assertEquals([peer, number], client.getsockname());
  same<typeof port, number>(true);
  same<typeof conn, socket.Socket<socket.InetAddress>>(true);
});

test("A datagram's sender destructures without a cast", () => {
  using udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  udp.bind(["127.0.0.1", 0]);
  udp.sendto(new Uint8Array([1]), udp.getsockname());
  const [data, [host]] = udp.recvfrom(1024);
  assertEquals([host, ...data], ["127.0.0.1", 1]);
});

test("A socket's type follows from its family", () => {
  using inet = socket.socket();
  same<typeof inet, socket.Socket<socket.InetAddress>>(true);
  using inet6 = socket.socket(socket.AF_INET6);
  same<typeof inet6, socket.Socket<socket.Inet6Address>>(true);
  using by_keyword = socket.socket({ family: socket.AF_INET6 });
  same<typeof by_keyword, socket.Socket<socket.Inet6Address>>(true);
  using datagrams = socket.socket({ type: socket.SOCK_DGRAM });
  same<typeof datagrams, socket.Socket<socket.InetAddress>>(true);
  using mixed = socket.socket(socket.AF_UNIX, { type: socket.SOCK_DGRAM });
  same<typeof mixed, socket.Socket<socket.UnixAddress>>(true);
  const family: number = socket.AF_INET;
  using any = socket.socket(family);
  same<typeof any, socket.Socket<socket.Address>>(true);
  using found = socket.socket({ fileno: socket.dup(inet.fileno()) });
  same<typeof found, socket.Socket<socket.Address>>(true);
  using said = socket.fromfd(inet.fileno(), socket.AF_INET, socket.SOCK_STREAM);
  same<typeof said, socket.Socket<socket.InetAddress>>(true);
  const [a, b] = socket.socketpair();
  same<typeof a, socket.Socket<socket.UnixAddress>>(true);
  a.close();
  b.close();
  using server = socket.create_server(["localhost", 0]);
  same<typeof server, socket.Socket<socket.InetAddress>>(true);
  const ipv6 = () =>
    socket.create_server(["::1", 0], { family: socket.AF_INET6 });
  same<ReturnType<typeof ipv6>, socket.Socket<socket.Inet6Address>>(true);
  const copy = inet.dup();
  same<typeof copy, typeof inet>(true);
  copy.close();
});

test("A Socket of any family is assignable to one of a given family", () => {
  const sockets: socket.Socket[] = [];
  sockets.push(socket.socket(), socket.socket(socket.AF_INET6));
  assertEquals(sockets.map(({ family }) => family), [
    socket.AF_INET,
    socket.AF_INET6,
  ]);
  for (const sock of sockets) sock.close();
});
