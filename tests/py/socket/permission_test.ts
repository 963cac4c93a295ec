import { socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { type Attempt, refused } from "./denial.ts";
import { test_ipv6 } from "./setup.ts";

const { AF_INET, AF_INET6, AF_UNIX } = socket;

const METHODS = [
  "connect",
  "connect_ex",
  "connectAsync",
  "bind",
  "sendto",
  "sendmsg",
  "create_connection",
  "create_server",
  "TCPServer",
  "UDPServer",
];

test("Socket asks for no net permission when none is denied", async () => {
  await refused(
    [],
    METHODS.map((method) => [[method, AF_INET, ["127.0.0.1", 9]], null]),
  );
});

test("every call that takes an address raises NotCapable under --deny-net", async () => {
  await refused(["--deny-net"], [
    ...METHODS.map((method): [Attempt, string] => [
      [method, AF_INET, ["127.0.0.1", 9]],
      "127.0.0.1:9",
    ]),
    ...METHODS.map((method): [Attempt, string] => [
      [method, AF_INET, ["localhost", 9]],
      "localhost:9",
    ]),
    [["source_address", AF_INET, ["127.0.0.1", 0]], "127.0.0.1:0"],
    [["bind", AF_INET, ["", 0]], "0.0.0.0:0"],
    [["create_server", AF_INET, ["", 0]], "0.0.0.0:0"],
    [["TCPServer", AF_INET, ["", 0]], "0.0.0.0:0"],
    [["sendmsg", AF_INET, ["<broadcast>", 9]], "255.255.255.255:9"],
    [["sendto", AF_INET, ["<broadcast>", 9]], "255.255.255.255:9"],
  ]);
});

test("Socket.connect() refuses a denied name before it asks a name server", async () => {
  // Asked, the resolver would say gaierror.
  await refused(["--deny-net=nowhere.invalid"], [
    [["connect", AF_INET, ["nowhere.invalid", 9]], "nowhere.invalid:9"],
  ]);
});

test("Socket of AF_UNIX is not subject to --deny-net", async () => {
  await refused(["--deny-net"], [
    [["connect", AF_UNIX, "\0iomux-nobody"], null],
    [["bind", AF_UNIX, ""], null],
    [["sendto", AF_UNIX, "\0iomux-nobody"], null],
  ]);
});

test("Socket.connect() under --deny-net with an address refuses that address, however it is written", async () => {
  await refused(["--deny-net=127.0.0.1"], [
    [["connect", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["localhost", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["127.1", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["0x7f000001", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["017700000001", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["１２７.0.0.1", 9]], "127.0.0.1:9"],
    [["sendto", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["127.0.0.2", 9]], null],
    [["bind", AF_INET, ["127.0.0.2", 0]], null],
  ]);
});

test("Socket.connect() to 0.0.0.0 is refused where the loopback is denied, bind() is not", async () => {
  await refused(["--deny-net=127.0.0.1"], [
    [["connect", AF_INET, ["0.0.0.0", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["", 9]], "127.0.0.1:9"],
    [["connect_ex", AF_INET, ["0", 9]], "127.0.0.1:9"],
    [["sendto", AF_INET, ["0.0.0.0", 9]], "127.0.0.1:9"],
    [["bind", AF_INET, ["0.0.0.0", 0]], null],
  ]);
});

test("Socket.connect() under --deny-net with a port refuses that port alone", async () => {
  await refused(["--deny-net=127.0.0.1:9"], [
    [["connect", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
    [["sendto", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["0.0.0.0", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["127.0.0.1", 10]], null],
    [["bind", AF_INET, ["127.0.0.1", 0]], null],
  ]);
});

test("Socket.connect() under --deny-net with a name refuses that name, in any spelling, and not its address", async () => {
  await refused(["--deny-net=localhost"], [
    [["connect", AF_INET, ["localhost", 9]], "localhost:9"],
    [["connect", AF_INET, ["LOCALHOST", 9]], "LOCALHOST:9"],
    [["connect", AF_INET, ["ＬＯＣＡＬＨＯＳＴ", 9]], "localhost:9"],
    [["sendto", AF_INET, ["localhost", 9]], "localhost:9"],
    [["bind", AF_INET, ["localhost", 0]], "localhost:0"],
    // As with Deno.connect(): to deny an address, deny the address, not a name of it.
    [["connect", AF_INET, ["127.0.0.1", 9]], null],
  ]);
});

test("Socket.connect() under --deny-net with a range refuses its addresses", async () => {
  await refused(["--deny-net=127.0.0.0/8"], [
    [["connect", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
    [["connect", AF_INET, ["127.9.9.9", 9]], "127.9.9.9:9"],
  ]);
});

test_ipv6(
  "Socket.connect() over IPv6 is refused by address, by name and as a whole",
  async () => {
    const to_loopback: Attempt[] = [
      ["connect", AF_INET6, ["::1", 9, 0, 0]],
      ["connect", AF_INET6, ["0:0::1", 9]],
      ["sendto", AF_INET6, ["::1", 9]],
      ["connect", AF_INET6, ["::", 9]],
      ["connect", AF_INET6, ["", 9]],
    ];
    await refused(["--deny-net=[::1]"], [
      ...to_loopback.map((one): [Attempt, string] => [one, "[::1]:9"]),
      [["bind", AF_INET6, ["::", 0]], null],
      [["connect", AF_INET, ["127.0.0.1", 9]], null],
    ]);
    await refused(["--deny-net"], [
      [["connect", AF_INET6, ["::1", 9]], "[::1]:9"],
      [["bind", AF_INET6, ["", 0]], "[::]:0"],
    ]);
  },
);

test_ipv6(
  "Socket.connect() over IPv6 does not reach a denied IPv4 address",
  async () => {
    await refused(["--deny-net=127.0.0.1"], [
      [["connect", AF_INET6, ["::ffff:127.0.0.1", 9]], "[::ffff:127.0.0.1]:9"],
      [["sendto", AF_INET6, ["::ffff:7f00:1", 9]], "[::ffff:127.0.0.1]:9"],
      [["bind", AF_INET6, ["::ffff:127.0.0.1", 0]], "[::ffff:127.0.0.1]:0"],
      // To the kernel it is 0.0.0.0, and that the loopback.
      [["connect", AF_INET6, ["::ffff:0.0.0.0", 9]], "127.0.0.1:9"],
      [["connect", AF_INET6, ["::ffff:127.0.0.2", 9]], null],
    ]);
  },
);
