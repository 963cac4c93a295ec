import { socket } from "@iomux/py";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  address_of,
  bound_udp,
  tcp_pair,
  test_ipv6,
  unix_pair,
} from "./setup.ts";

test("Socket is shown with its two addresses when it is connected", () => {
  using pair = tcp_pair();
  const { a } = pair, port = address_of(a)[1], peer = address_of(pair.b)[1];
  const expected =
    `<socket.socket fd=${a.fileno()}, family=AF_INET, type=SOCK_STREAM, ` +
    `proto=0, laddr=('127.0.0.1', ${port}), raddr=('127.0.0.1', ${peer})>`;
  assertEquals(String(a), expected);
  assertEquals(`${a}`, expected);
  assertEquals(Deno.inspect(a), expected);
  assertStringIncludes(Deno.inspect({ key: a }), expected);
});

test("Socket is shown without raddr when it is not connected", () => {
  using sock = bound_udp();
  assertEquals(
    String(sock),
    `<socket.socket fd=${sock.fileno()}, family=AF_INET, type=SOCK_DGRAM, ` +
      `proto=0, laddr=('127.0.0.1', ${address_of(sock)[1]})>`,
  );
  using fresh = socket.socket();
  assertEquals(
    String(fresh),
    `<socket.socket fd=${fresh.fileno()}, family=AF_INET, type=SOCK_STREAM, ` +
      `proto=0, laddr=('0.0.0.0', 0)>`,
  );
});

test_ipv6("Socket is shown with four parts to an IPv6 address", () => {
  using sock = socket.socket(
    socket.AF_INET6,
    socket.SOCK_DGRAM,
    socket.IPPROTO_UDP,
  );
  sock.bind(["::1", 0]);
  const [, port] = sock.getsockname();
  assertEquals(
    String(sock),
    `<socket.socket fd=${sock.fileno()}, family=AF_INET6, type=SOCK_DGRAM, ` +
      `proto=17, laddr=('::1', ${port}, 0, 0)>`,
  );
});

test("Socket is shown without addresses when it has no name, or is closed", () => {
  using pair = unix_pair(socket.SOCK_SEQPACKET);
  const { a } = pair;
  const end = "family=AF_UNIX, type=SOCK_SEQPACKET, proto=0>";
  assertEquals(String(a), `<socket.socket fd=${a.fileno()}, ${end}`);
  a.close();
  assertEquals(String(a), `<socket.socket [closed] fd=-1, ${end}`);
  assertEquals(Deno.inspect(a), `<socket.socket [closed] fd=-1, ${end}`);
});

test("Socket that was closed is shown without the next owner's addresses", () => {
  const closed = bound_udp();
  const fd = closed.fileno();
  closed.close();
  using next = bound_udp();
  assertEquals(next.fileno(), fd);
  assertEquals(
    String(closed),
    "<socket.socket [closed] fd=-1, family=AF_INET, type=SOCK_DGRAM, proto=0>",
  );
});

test("Socket is shown in one printable line, whatever its name", () => {
  const names = [
    "\0iomux \n\t\x1b[31m'\\\x7f",
    new Uint8Array([0, 0x69, 0x80, 0xff]),
  ];
  for (const name of names) {
    using sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
    sock.bind(name);
    // deno-lint-ignore no-control-regex -- none must be there
    assertMatch(String(sock), /^<socket\.socket [^\x00-\x1f\x7f]+>$/);
    assertMatch(String(sock), / laddr=/);
  }
});

test("Socket of another family or type is shown by its name or number", () => {
  const fd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach();
  using sock = socket.socket(9999, 77, 5, fd);
  assertEquals(
    String(sock),
    `<socket.socket fd=${fd}, family=9999, type=77, proto=5>`,
  );
});
