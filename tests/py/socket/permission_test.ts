import { socket } from "@iomux/py";
import { assertEquals } from "@std/assert";
import { test } from "../../descriptors.ts";
import { WATCHDOG } from "../../scripts.ts";
import { decode, program, test_ipv6, test_unless } from "./setup.ts";

const { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, AF_VSOCK } = socket;

const REACHING = [
  "connect",
  "connect_ex",
  "connect_exAsync",
  "connectAsync",
  "sendto",
  "sendtoAsync",
  "sendmsg",
  "sendmsgAsync",
  "create_connection",
  "create_connectionAsync",
];
const SERVING = ["bind", "create_server", "TCPServer", "UDPServer"];
const ALL = [...REACHING, ...SERVING];
const BY_NAME = ["create_connection", "create_connectionAsync"];
const LOOKING_UP = [
  "getaddrinfo",
  "getaddrinfoAsync",
  "gethostbyname",
  "gethostbynameAsync",
  "gethostbyname_ex",
  "gethostbyname_exAsync",
];
const LOOKING_BACK = [
  "gethostbyaddr",
  "gethostbyaddrAsync",
  "getfqdn",
  "getfqdnAsync",
];

/**
 * Calls of `fixtures/attempt.ts` with an address, and the host that each is refused for; `null`
 * where it is not refused, and `""` where no host can be named.
 */
type Row = [
  calls: string | string[],
  family: number,
  address: unknown,
  host: string | null,
];

/** Makes the calls in a program that is run with some flags. */
async function check(flags: string[], rows: Row[]): Promise<void> {
  const expected = rows.flatMap(([calls, family, address, host]) =>
    [calls].flat().map((call) => [[call, family, address], host] as const)
  );
  const args = [JSON.stringify(expected.map(([attempt]) => attempt))];
  const { stdout, stderr } = await program("attempt.ts", flags, args).output();
  assertEquals(decode(stderr), "");
  const found: string[] = JSON.parse(decode(stdout));
  assertEquals(
    found.map((outcome, i) => [expected[i]![0], outcome]),
    expected.map(([attempt, host]) => [attempt, outcome_of(host)]),
  );
}

function outcome_of(host: string | null): string {
  if (host === null) return "allowed";
  const what = host === "" ? "" : ` to "${host}"`;
  return `NotCapable: Requires net access${what}, which --deny-net refuses`;
}

/** A row for each of some hosts. */
function each(hosts: string[], row: (host: string) => Row): Row[] {
  return hosts.map(row);
}

/** A test of what is denied under some flags. */
function denies(
  name: string,
  flags: string[],
  rows: Row[],
  register: typeof test | typeof test_ipv6 = test,
): void {
  register(
    `${flags.join(" ") || "Without --deny-net, Deno"} ${name}`,
    () => check(flags, rows),
  );
}

/** Whether this machine has sockets of a kind. */
function has(family: number, type: number, proto = 0): boolean {
  try {
    socket.socket(family, type, proto).close();
    return true;
  } catch {
    return false;
  }
}

const SPELLINGS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433"];

denies("refuses no call", [], [[ALL, AF_INET, ["127.0.0.1", 9], null]]);

denies(
  "refuses every call that takes an address, but for AF_UNIX",
  ["--deny-net"],
  [
    [ALL, AF_INET, ["127.0.0.1", 9], "127.0.0.1:9"],
    [ALL, AF_INET, ["localhost", 9], "localhost:9"],
    ["source_address", AF_INET, ["127.0.0.1", 0], "127.0.0.1:0"],
    [["bind", "create_server", "TCPServer"], AF_INET, ["", 0], "0.0.0.0:0"],
    [["sendmsg", "sendto"], AF_INET, ["<broadcast>", 9], "255.255.255.255:9"],
    [["connect", "sendto"], AF_UNIX, "\0iomux-nowhere", null],
    ["bind", AF_UNIX, "", null],
  ],
);

denies("refuses the address in every spelling", ["--deny-net=127.0.0.1"], [
  ...each(
    [...SPELLINGS, "localhost", "0177.0.0.1"],
    (host) => [ALL, AF_INET, [host, 9], "127.0.0.1:9"],
  ),
  ...each(
    ["0x7f000001", "017700000001", "１２７.0.0.1"],
    (host) => ["connect", AF_INET, [host, 9], "127.0.0.1:9"],
  ),
  ...each(SPELLINGS, (host) => [
    ["getnameinfo", "gethostbyaddr"],
    AF_INET,
    [host, 9],
    "127.0.0.1",
  ]),
  ["source_address", AF_INET, ["127.0.0.1", 0], "127.0.0.1:0"],
  // To the kernel, connect() to 0.0.0.0 reaches the loopback.
  [REACHING, AF_INET, ["0.0.0.0", 9], "127.0.0.1:9"],
  ["connect", AF_INET, ["", 9], "127.0.0.1:9"],
  ["connect_ex", AF_INET, ["0", 9], "127.0.0.1:9"],
  [ALL, AF_INET, ["127.0.0.2", 9], null],
  [SERVING, AF_INET, ["", 0], null],
  ["bind", AF_INET, ["0.0.0.0", 0], null],
  ["listen", AF_INET, null, null],
]);

denies("refuses that port alone", ["--deny-net=127.0.0.1:9"], [
  [ALL, AF_INET, ["127.0.0.1", 9], "127.0.0.1:9"],
  ["connect", AF_INET, ["0.0.0.0", 9], "127.0.0.1:9"],
  [REACHING, AF_INET, ["127.0.0.1", 7], null],
  [SERVING, AF_INET, ["127.0.0.1", 0], null],
]);

denies("refuses the addresses of the range", ["--deny-net=127.0.0.0/8"], [
  ["connect", AF_INET, ["127.0.0.1", 9], "127.0.0.1:9"],
  ["connect", AF_INET, ["127.9.9.9", 9], "127.9.9.9:9"],
]);

denies(
  "refuses the name in every spelling, and not its address",
  ["--deny-net=localhost"],
  [
    ...each(
      ["localhost", "LocalHost", "LOCALHOST", "localhost."],
      (host) => [ALL, AF_INET, [host, 9], `${host}:9`],
    ),
    ["connect", AF_INET, ["ＬＯＣＡＬＨＯＳＴ", 9], "localhost:9"],
    ["bind", AF_INET, ["localhost", 0], "localhost:0"],
    // As with Deno.connect(): to deny an address, deny the address, not its name.
    [ALL, AF_INET, ["127.0.0.1", 9], null],
  ],
);

denies(
  "refuses to listen on every interface, which listen() without bind() does",
  ["--deny-net=0.0.0.0"],
  [
    ["listen", AF_INET, null, "0.0.0.0:0"],
    // The descriptor's family counts, whatever fromfd() was given.
    ["listen_as", AF_INET, null, "0.0.0.0:0"],
    ["bound_listen", AF_INET, ["127.0.0.1", 0], null],
  ],
);

denies(
  "refuses to look a name up, since a name server is in the network, and parses addresses",
  ["--deny-net"],
  [
    ...each(
      ["nowhere.invalid", "localhost", "a b.invalid", "_x.invalid"],
      (host) => [LOOKING_UP, AF_INET, [host, null], host],
    ),
    [LOOKING_UP, AF_INET, ["ü.invalid", null], "xn--tda.invalid"],
    ["getaddrinfo", AF_INET, ["nowhere.invalid", 80], "nowhere.invalid:80"],
    [LOOKING_BACK, AF_INET, ["127.0.0.1"], "127.0.0.1"],
    [LOOKING_BACK, AF_INET, ["x.invalid"], "x.invalid"],
    [LOOKING_BACK, AF_INET6, ["::1"], "[::1]"],
    ["getnameinfo", AF_INET, ["127.0.0.1", 9], "127.0.0.1"],
    ["getnameinfoAsync", AF_INET, ["127.0.0.1", 9], "127.0.0.1"],
    ...each(
      ["127.0.0.1", "127.1", "0x7f.1"],
      (host) => [LOOKING_UP, AF_INET, [host, null], null],
    ),
    ["getaddrinfo", AF_INET6, ["fe80::1%lo", 9], null],
    ["getaddrinfo", AF_INET, [null, 9], null],
    ["numeric_getnameinfo", AF_INET, ["127.0.0.1", 9], null],
  ],
);

denies(
  "refuses to look that name up, before a name server is asked, and no other",
  ["--deny-net=nowhere.invalid,elsewhere.invalid:443"],
  [
    // The resolver would raise gaierror.
    ["connect", AF_INET, ["nowhere.invalid", 9], "nowhere.invalid:9"],
    [LOOKING_UP, AF_INET, ["nowhere.invalid", null], "nowhere.invalid"],
    [LOOKING_UP, AF_INET, ["NOWHERE.invalid.", null], "NOWHERE.invalid."],
    [LOOKING_UP, AF_INET, ["localhost", null], null],
    [
      "getaddrinfo",
      AF_INET,
      ["elsewhere.invalid", 443],
      "elsewhere.invalid:443",
    ],
    [
      "create_connection",
      AF_INET,
      ["elsewhere.invalid", "443"],
      "elsewhere.invalid:443",
    ],
  ],
);

const HOST = 2, ETH_P_ALL = 3;
denies(
  "refuses families without hosts, and allows families local to the machine",
  ["--deny-net"],
  [
    [["raw_bind", "raw_sendto"], AF_PACKET, ["lo", ETH_P_ALL], ""],
    ["raw_open", AF_INET, null, ""],
    ["raw_open", AF_INET6, null, ""],
    // AF_INET's SOCK_PACKET.
    ["packet_open", AF_INET, null, ""],
    ["raw_bind", AF_NETLINK, [0, 0], null],
    [
      has(AF_VSOCK, socket.SOCK_STREAM) ? ["connect", "bind"] : [],
      AF_VSOCK,
      [HOST, 9],
      "",
    ],
  ],
);

denies("allows packets of every host", ["--deny-net=192.0.2.1"], [
  ["raw_bind", AF_PACKET, ["lo", ETH_P_ALL], null],
  ["raw_open", AF_INET, null, null],
]);

// Beside --allow-net, Deno tells that something is denied, and a packet names any host.
denies("refuses packets", ["--allow-net", "--deny-net=192.0.2.1"], [
  ["packet_open", AF_INET, null, ""],
  ["raw_open", AF_INET, null, ""],
  ["raw_open", AF_PACKET, null, ""],
]);

denies(
  "refuses names that Deno cannot compare: libc may read them as that host",
  ["--allow-net", "--deny-net=example.com"],
  // glibc takes "\\097" in a name for an "a".
  ["ex\\097mple.com", "e xample.com", "e%78ample.com"].flatMap((
    name,
  ): Row[] => [
    [[...REACHING, "bind", "create_server"], AF_INET, [name, 9], `${name}:9`],
    [[...LOOKING_UP, "gethostbyaddr", "getfqdn"], AF_INET, [name, null], name],
  ]),
);

test("socket.gethostbyname() looks up no name that Deno cannot compare where Deno does not say what is denied", async () => {
  // Without --allow-net, Deno does not say. A look-up would open the FIFO, and wait.
  const folder = Deno.makeTempDirSync();
  try {
    const aliases = `${folder}/aliases`;
    new Deno.Command("mkfifo", { args: [aliases] }).outputSync();
    const { stdout, stderr } = await program("attempt.ts", [], [
      JSON.stringify([["gethostbyname", AF_INET, ["ex\\097mple"]]]),
    ], {
      env: { NO_COLOR: "1", HOSTALIASES: aliases },
      signal: AbortSignal.timeout(WATCHDOG),
    }).output();
    assertEquals([decode(stdout), decode(stderr)], ['["allowed"]\n', ""]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

test_unless(
  has(AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    ? null
    : "raw packets need CAP_NET_RAW",
  "--deny-net=127.0.0.1 refuses the destination in a raw packet's header",
  () => {
    const calls = ["sendto", "sendmsg", "alone", "connected"]
      .map((call) => `raw_header_${call}`);
    return check(["--deny-net=127.0.0.1"], [
      [calls, AF_INET, ["127.0.0.1"], "127.0.0.1:0"],
      [calls, AF_INET, ["127.0.0.3"], null],
    ]);
  },
);

denies("is not weakened by properties of Object.prototype", ["--deny-net"], [
  ["polluted_getaddrinfo", AF_INET, ["localhost", 9], "localhost:9"],
  ["polluted_connect", AF_INET, ["127.0.0.1", 9], "127.0.0.1:9"],
]);

denies("refuses a host that was allowed, once a prompt denies it", [], [
  // An address that needs no route: the first datagram must leave.
  ["denied_later", AF_INET, ["127.0.0.2", 9], "127.0.0.2:9"],
]);

denies(
  "refuses an IPv6 address that stands for a denied one, on an older runtime",
  [],
  [["mapped_on_older", AF_INET6, ["::ffff:127.0.0.1", 9], "127.0.0.1:9"]],
  test_ipv6,
);

denies("refuses the address of IPv6 in every spelling", ["--deny-net=[::1]"], [
  ["connect", AF_INET6, ["::1", 9, 0, 0], "[::1]:9"],
  ...each(
    ["0:0::1", "::", ""],
    (host) => ["connect", AF_INET6, [host, 9], "[::1]:9"],
  ),
  ["sendto", AF_INET6, ["::1", 9], "[::1]:9"],
  ["bind", AF_INET6, ["::", 0], null],
  ["connect", AF_INET, ["127.0.0.1", 9], null],
], test_ipv6);

denies("refuses every address of IPv6", ["--deny-net"], [
  ["connect", AF_INET6, ["::1", 9], "[::1]:9"],
  ["bind", AF_INET6, ["", 0], "[::]:0"],
], test_ipv6);

const reaching = REACHING.filter((call) => !BY_NAME.includes(call));
const MAPPED = "[::ffff:127.0.0.1]";
denies(
  "refuses the IPv6 address that stands for it",
  ["--deny-net=127.0.0.1"],
  [
    [[...reaching, "bind"], AF_INET6, ["::ffff:127.0.0.1", 9], `${MAPPED}:9`],
    [[...BY_NAME, "sendto"], AF_INET6, ["::ffff:7f00:1", 9], `${MAPPED}:9`],
    ["bind", AF_INET6, ["::ffff:127.0.0.1", 0], `${MAPPED}:0`],
    // The kernel takes it for 0.0.0.0, which reaches the loopback.
    ["connect", AF_INET6, ["::ffff:0.0.0.0", 9], "127.0.0.1:9"],
    ["connect", AF_INET6, ["::ffff:127.0.0.2", 9], null],
  ],
  test_ipv6,
);

denies("refuses the address with any scope", ["--deny-net=[fe80::1]"], [
  [REACHING, AF_INET6, ["fe80::1%lo", 9], "[fe80::1]:9"],
  [reaching, AF_INET6, ["fe80::1", 9, 0, 1], "[fe80::1]:9"],
  ["connect", AF_INET6, ["fe80::2%lo", 9], null],
], test_ipv6);
