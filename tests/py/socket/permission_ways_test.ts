import { socket } from "@iomux/py";
import { assertEquals } from "@std/assert";
import { test } from "../../descriptors.ts";
import { type Attempt, refused } from "./denial.ts";
import { decode, program, test_ipv6, test_unless } from "./setup.ts";

const { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, AF_VSOCK } = socket;

const REACHING = [
  "connect",
  "connect_ex",
  "connectAsync",
  "sendto",
  "sendtoAsync",
  "sendmsg",
  "sendmsgAsync",
  "create_connection",
  "create_connectionAsync",
];
const SERVING = ["bind", "create_server", "TCPServer", "UDPServer"];
const LOOKING_UP = [
  "getaddrinfo",
  "getaddrinfoAsync",
  "gethostbyname",
  "gethostbynameAsync",
  "gethostbyname_ex",
];

/** Each of these calls with the same family and address, refused for the same host. */
function each(
  calls: string[],
  family: number,
  address: unknown,
  host: string | null,
): [Attempt, string | null][] {
  return calls.map((call) => [[call, family, address], host]);
}

test("--deny-net with an address refuses it to every call, in every spelling", async () => {
  const all = [...REACHING, ...SERVING];
  await refused(["--deny-net=127.0.0.1"], [
    ...["127.0.0.1", "localhost", "127.1", "0x7f.1", "0177.0.0.1", "2130706433"]
      .flatMap((host) => each(all, AF_INET, [host, 9], "127.0.0.1:9")),
    ...each(REACHING, AF_INET, ["0.0.0.0", 9], "127.0.0.1:9"),
    ...each(all, AF_INET, ["127.0.0.2", 9], null),
    ...each(SERVING, AF_INET, ["", 0], null),
  ]);
});

test("--deny-net with an address and a port refuses that port to every call", async () => {
  await refused(["--deny-net=127.0.0.1:9"], [
    ...each(
      [...REACHING, ...SERVING],
      AF_INET,
      ["127.0.0.1", 9],
      "127.0.0.1:9",
    ),
    ...each(REACHING, AF_INET, ["127.0.0.1", 7], null),
    ...each(SERVING, AF_INET, ["127.0.0.1", 0], null),
  ]);
});

test("--deny-net with a name refuses it to every call, with a final dot and in capitals too", async () => {
  const all = [...REACHING, ...SERVING];
  await refused(["--deny-net=localhost"], [
    ...["localhost", "LocalHost", "localhost."]
      .flatMap((host) => each(all, AF_INET, [host, 9], `${host}:9`)),
    ...each(all, AF_INET, ["127.0.0.1", 9], null),
  ]);
});

test("--deny-net refuses to listen without an address, which is to listen on every interface", async () => {
  await refused(["--deny-net=0.0.0.0"], [
    [["listen", AF_INET, null], "0.0.0.0:0"],
    [["bound_listen", AF_INET, ["127.0.0.1", 0]], null],
  ]);
  await refused(["--deny-net=127.0.0.1"], [
    [["listen", AF_INET, null], null],
  ]);
});

test("--deny-net refuses the source address of a connection", async () => {
  await refused(["--deny-net=127.0.0.1"], [
    [["source_address", AF_INET, ["127.0.0.1", 0]], "127.0.0.1:0"],
  ]);
});

test("--deny-net refuses to look a name up: a name server is in the network", async () => {
  await refused(["--deny-net"], [
    ...[
      "nowhere.invalid",
      "localhost",
      "a b.invalid",
      "_x.invalid",
      "ü.invalid",
    ]
      .flatMap((host) =>
        each(
          LOOKING_UP,
          AF_INET,
          [host, null],
          host === "ü.invalid" ? "xn--tda.invalid" : host,
        )
      ),
    [["getaddrinfo", AF_INET, ["nowhere.invalid", 80]], "nowhere.invalid:80"],
    ...each(["gethostbyaddr", "getfqdn"], AF_INET, ["127.0.0.1"], "127.0.0.1"),
    ...each(["gethostbyaddr"], AF_INET, ["x.invalid"], "x.invalid"),
    ...each(["gethostbyaddr"], AF_INET6, ["::1"], "[::1]"),
    [["getnameinfo", AF_INET, ["127.0.0.1", 9]], "127.0.0.1"],
    [["getnameinfoAsync", AF_INET, ["127.0.0.1", 9]], "127.0.0.1"],
  ]);
});

test("--deny-net lets an address be parsed and printed: no name server is asked", async () => {
  await refused(["--deny-net"], [
    ...["127.0.0.1", "127.1", "0x7f.1"]
      .flatMap((host) => each(LOOKING_UP, AF_INET, [host, null], null)),
    [["getaddrinfo", AF_INET6, ["fe80::1%lo", 9]], null],
    [["getaddrinfo", AF_INET, [null, 9]], null],
    [["numeric_getnameinfo", AF_INET, ["127.0.0.1", 9]], null],
  ]);
});

test("--deny-net with a name refuses to look that name up, and no other", async () => {
  await refused(["--deny-net=nowhere.invalid,elsewhere.invalid:443"], [
    ...each(LOOKING_UP, AF_INET, ["nowhere.invalid", null], "nowhere.invalid"),
    ...each(
      LOOKING_UP,
      AF_INET,
      ["NOWHERE.invalid.", null],
      "NOWHERE.invalid.",
    ),
    ...each(LOOKING_UP, AF_INET, ["localhost", null], null),
    [
      ["getaddrinfo", AF_INET, ["elsewhere.invalid", 443]],
      "elsewhere.invalid:443",
    ],
    [
      ["create_connection", AF_INET, ["elsewhere.invalid", "443"]],
      "elsewhere.invalid:443",
    ],
  ]);
});

test("--deny-net refuses families without hosts, and allows families local to the machine", async () => {
  const HOST = 2, ETH_P_ALL = 3;
  await refused(["--deny-net"], [
    [["raw_bind", AF_PACKET, ["lo", ETH_P_ALL]], ""],
    [["raw_sendto", AF_PACKET, ["lo", ETH_P_ALL]], ""],
    [["raw_open", AF_INET, null], ""],
    [["raw_open", AF_INET6, null], ""],
    [["raw_bind", AF_NETLINK, [0, 0]], null],
    [["bind", AF_UNIX, ""], null],
    ...each(has_vsock() ? ["connect", "bind"] : [], AF_VSOCK, [HOST, 9], ""),
  ]);
  await refused(["--deny-net=192.0.2.1"], [
    [["raw_bind", AF_PACKET, ["lo", ETH_P_ALL]], null],
    [["raw_open", AF_INET, null], null],
  ]);
});

test("--deny-net with a host refuses names that Deno cannot compare: libc may read them as that host", async () => {
  // glibc takes "\\097" in a name for an "a".
  const names = ["ex\\097mple.com", "e xample.com", "e%78ample.com"];
  const calls = [...REACHING, ...LOOKING_UP, "gethostbyaddr", "getfqdn"];
  for (const flags of [["--allow-net", "--deny-net=example.com"]]) {
    await refused(flags, [
      ...names.flatMap((name) =>
        [...REACHING, "bind", "create_server"].flatMap((call) =>
          each([call], AF_INET, [name, 9], `${name}:9`)
        )
      ),
      ...names.flatMap((name) =>
        each(calls.slice(REACHING.length), AF_INET, [name, null], name)
      ),
    ]);
  }
});

test("a name that Deno cannot compare is not looked up where Deno does not say what is denied", async () => {
  // Without --allow-net it does not. A look-up would open the FIFO, and wait.
  const folder = Deno.makeTempDirSync();
  try {
    const aliases = `${folder}/aliases`;
    new Deno.Command("mkfifo", { args: [aliases] }).outputSync();
    const { stdout, stderr } = await program("attempt.ts", [], [
      JSON.stringify([["gethostbyname", AF_INET, ["ex\\097mple"]]]),
    ], {
      env: { NO_COLOR: "1", HOSTALIASES: aliases },
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals([decode(stdout), decode(stderr)], ['["allowed"]\n', ""]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

test("--deny-net refuses the name of an address in every spelling", async () => {
  await refused(["--deny-net=127.0.0.1"], [
    ...["127.0.0.1", "127.1", "0x7f.1", "2130706433"].flatMap((host) =>
      each(["getnameinfo", "gethostbyaddr"], AF_INET, [host, 9], "127.0.0.1")
    ),
  ]);
});

test("--deny-net refuses sockets of the network's own packets, AF_INET's SOCK_PACKET too", async () => {
  await refused(["--deny-net"], [[["packet_open", AF_INET, null], ""]]);
  // Beside --allow-net, Deno tells that something is denied, and a packet names any host.
  await refused(["--allow-net", "--deny-net=192.0.2.1"], [
    [["packet_open", AF_INET, null], ""],
    [["raw_open", AF_INET, null], ""],
    [["raw_open", AF_PACKET, null], ""],
  ]);
});

test("--deny-net refuses to listen by the descriptor's true family, whatever fromfd() was given", async () => {
  await refused(["--deny-net=0.0.0.0"], [
    [["listen_as", AF_INET, null], "0.0.0.0:0"],
  ]);
});

test_unless(
  has_raw() ? null : "raw packets need CAP_NET_RAW",
  "--deny-net refuses the destination in a raw packet's header",
  async () => {
    const calls = [
      "raw_header_sendto",
      "raw_header_sendmsg",
      "raw_header_connected",
    ];
    await refused(["--deny-net=127.0.0.1"], [
      ...each(calls, AF_INET, ["127.0.0.1"], "127.0.0.1:0"),
      ...each(calls, AF_INET, ["127.0.0.3"], null),
    ]);
  },
);

test("--deny-net is not weakened by properties of Object.prototype", async () => {
  await refused(["--deny-net"], [
    [["polluted_getaddrinfo", AF_INET, ["localhost", 9]], "localhost:9"],
    [["polluted_connect", AF_INET, ["127.0.0.1", 9]], "127.0.0.1:9"],
  ]);
});

test("--deny-net answered at a prompt counts, though the host was allowed before", async () => {
  await refused([], [
    [["denied_later", AF_INET, ["192.0.2.1", 9]], "192.0.2.1:9"],
  ]);
});

test_ipv6(
  "--deny-net refuses an IPv4 address that IPv6 stands for, of any runtime",
  async () => {
    await refused([], [
      [["mapped_on_older", AF_INET6, ["::ffff:127.0.0.1", 9]], "127.0.0.1:9"],
    ]);
  },
);

function has_raw(): boolean {
  try {
    socket.socket(AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).close();
    return true;
  } catch {
    return false;
  }
}

function has_vsock(): boolean {
  try {
    socket.socket(AF_VSOCK, socket.SOCK_STREAM).close();
    return true;
  } catch {
    return false;
  }
}

test_ipv6(
  "--deny-net refuses an IPv4 address that IPv6 stands for, and a scope changes nothing",
  async () => {
    const by_name = ["create_connection", "create_connectionAsync"];
    const reaching = REACHING.filter((call) => !by_name.includes(call));
    await refused(["--deny-net=127.0.0.1"], [
      ...each(
        [...reaching, "bind"],
        AF_INET6,
        ["::ffff:127.0.0.1", 9],
        "[::ffff:127.0.0.1]:9",
      ),
      ...each(
        by_name,
        AF_INET6,
        ["::ffff:7f00:1", 9],
        "[::ffff:127.0.0.1]:9",
      ),
    ]);
    await refused(["--deny-net=[fe80::1]"], [
      ...each(reaching, AF_INET6, ["fe80::1%lo", 9], "[fe80::1]:9"),
      ...each(reaching, AF_INET6, ["fe80::1", 9, 0, 1], "[fe80::1]:9"),
      ...each(by_name, AF_INET6, ["fe80::1%lo", 9], "[fe80::1]:9"),
      [["connect", AF_INET6, ["fe80::2%lo", 9]], null],
    ]);
  },
);
