import {
  BlockingIOError,
  ConnectionRefusedError,
  OSError,
  OverflowError,
  PermissionError,
  select,
  socket,
  TimeoutError,
} from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import {
  address_of,
  bound_udp,
  decode,
  encode,
  raises_errno,
  raises_plain,
  test_ipv6,
  throws_errno,
  throws_plain,
} from "./setup.ts";

test("Socket.sendto() and recvfrom() carry a datagram and its address", () => {
  using server = bound_udp();
  using client = bound_udp();
  assertEquals(client.sendto(encode("ping"), address_of(server)), 4);
  const [data, address] = server.recvfrom(1024);
  assertEquals([decode(data), address], ["ping", client.getsockname()]);
  server.sendto(encode("pong"), address);
  const buffer = new Uint8Array(16);
  assertEquals(client.recvfrom_into(buffer), [4, server.getsockname()]);
  assertEquals(decode(buffer.subarray(0, 4)), "pong");
});

test("Socket.sendto() takes flags before the address", () => {
  using server = bound_udp();
  using client = bound_udp();
  const to = address_of(server);
  assertEquals(client.sendto(encode("a"), 0, to), 1);
  assertEquals(client.sendto(encode("b"), socket.MSG_DONTWAIT, to), 1);
  assertEquals(decode(server.recv(9)) + decode(server.recv(9)), "ab");
  for (
    const call of [
      () => client.sendto(encode("x"), 0 as unknown as string),
      () => client.sendto(encode("x"), null as unknown as string),
      () => client.sendto(encode("x"), "0" as unknown as number, to),
      () => client.sendto("x" as unknown as Uint8Array, to),
    ]
  ) {
    assertThrows(call, TypeError);
  }
  raises(OverflowError, {
    flags: () => client.sendto(encode("x"), 2 ** 31, to),
    port: () => client.sendto(encode("x"), ["127.0.0.1", 65536]),
  });
});

test_ipv6("Socket.recvfrom() of IPv6 has four parts to an address", () => {
  using server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
  using client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
  server.bind(["::1", 0]);
  client.bind(["::1", 0]);
  client.sendto(encode("x"), server.getsockname());
  const [, address] = server.recvfrom(16);
  assertEquals(address, client.getsockname());
  assertEquals(address.length, 4);
});

test("Socket.recv() returns one datagram at a time, an empty one too, up to bufsize bytes", () => {
  using server = bound_udp();
  using client = bound_udp();
  client.connect(address_of(server));
  for (const text of ["one", "", "three"]) client.send(encode(text));
  assertEquals(decode(server.recv(100)), "one");
  assertEquals(server.recv(100).length, 0);
  assertEquals(decode(server.recv(100)), "three");
  // The rest beyond bufsize is dropped.
  for (const text of ["too long", "next"]) client.send(encode(text));
  assertEquals(decode(server.recv(3)), "too");
  const peeked = server.recvfrom(100, socket.MSG_PEEK);
  assertEquals(peeked, [encode("next"), address_of(client)]);
  assertEquals(server.recvfrom(100), peeked);
  server.settimeout(0.01);
  throws_plain(() => server.recvfrom(1), TimeoutError, "timed out");
  server.setblocking(false);
  throws_errno(() => server.recvfrom(1), BlockingIOError, "EAGAIN");
});

test("Socket.recv() with MSG_TRUNC returns at most bufsize, recv_into() the true length", () => {
  using server = bound_udp();
  using client = bound_udp();
  const to = address_of(server), { MSG_PEEK, MSG_TRUNC } = socket;
  // Bytes of another datagram, which must not appear behind the result.
  client.sendto(new Uint8Array(2000).fill(0x73), to);
  server.recv(4000);
  for (const length of [10, 600, 1000]) {
    const data = new Uint8Array(length).fill(0x61);
    for (let i = 0; i < 2; i++) client.sendto(data, to);
    const [first] = server.recvfrom(2, MSG_TRUNC | MSG_PEEK);
    assertEquals(decode(first), "aa");
    assertEquals(decode(server.recv(2, MSG_TRUNC)), "aa");
    const into = new Uint8Array(4);
    assertEquals(server.recv_into(into.subarray(0, 2), 0, MSG_TRUNC), length);
    assertEquals(into, encode("aa\0\0"));
  }
});

test("Socket.connect() of UDP filters other senders, and reports a refusal", () => {
  using server = bound_udp();
  using client = bound_udp();
  using stranger = bound_udp();
  client.connect(address_of(server));
  assertEquals(client.getpeername(), server.getsockname());
  stranger.sendto(encode("strange"), address_of(client));
  server.sendto(encode("known"), address_of(client));
  assertEquals(decode(client.recv(100)), "known");
  server.close();
  client.send(encode("anybody?"));
  select.select([client], [], [], 30);
  throws_errno(() => client.recv(1), ConnectionRefusedError, "ECONNREFUSED");
});

test("Socket.send() of UDP raises OSError EDESTADDRREQ or EMSGSIZE", () => {
  using server = bound_udp();
  using client = bound_udp();
  throws_errno(() => client.send(encode("x")), OSError, "EDESTADDRREQ");
  throws_errno(() => client.sendall(encode("x")), OSError, "EDESTADDRREQ");
  raises_errno(OSError, {
    EMSGSIZE: () => client.sendto(new Uint8Array(70_000), address_of(server)),
  });
  client.sendto(new Uint8Array(65_507), address_of(server));
  assertEquals(server.recv(2 ** 20).length, 65_507);
});

test("Socket.sendto() to the broadcast address needs SO_BROADCAST", () => {
  using sock = bound_udp();
  raises_errno(PermissionError, {
    EACCES: () => sock.sendto(encode("x"), ["127.255.255.255", 9]),
  });
  sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1);
  assertEquals(sock.sendto(encode("x"), ["127.255.255.255", 9]), 1);
});

test_ipv6(
  "Socket.sendto() to the broadcast address is of AF_INET alone",
  () => {
    using sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM);
    raises_plain(OSError, {
      "address family mismatched": [
        () => sock.sendto(encode("x"), ["<broadcast>", 9]),
        () => sock.sendto(encode("x"), ["255.255.255.255", 9]),
      ],
    });
  },
);

test("Socket.sendto() of a connected stream ignores or refuses the address", () => {
  const [a, b] = socket.socketpair();
  throws_errno(() => a.sendto(encode("x"), "/nowhere"), OSError, "EISCONN");
  a.close();
  b.close();
});

test("Socket.setsockopt() joins a multicast group, and its datagrams arrive", () => {
  using receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  receiver.bind(["", 0]);
  const group = socket.inet_aton("224.0.0.251");
  const loopback = socket.inet_aton("127.0.0.1");
  const mreq = new Uint8Array([...group, ...loopback]);
  const { IP_ADD_MEMBERSHIP, IP_MULTICAST_IF, IPPROTO_IP } = socket;
  receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, mreq);
  using sender = bound_udp();
  sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, loopback);
  sender.sendto(encode("all"), ["224.0.0.251", address_of(receiver)[1]]);
  receiver.settimeout(30);
  assertEquals(receiver.recvfrom(16), [encode("all"), sender.getsockname()]);
});
