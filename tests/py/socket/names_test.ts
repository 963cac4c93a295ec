import { OSError, OverflowError, socket, ValueError } from "@iomux/py";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import { libc } from "../../../ffi/libc.ts";
import { decode, program, replaced } from "./setup.ts";

const {
  AF_INET,
  AF_INET6,
  AI_NUMERICHOST,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_STREAM,
} = socket;

function throws_gai(call: () => unknown, code: string): socket.gaierror {
  const error = assertThrows(call, socket.gaierror);
  const number = (socket as unknown as Record<string, number>)[code]!;
  assertEquals([error.code, error.errno], [code, number]);
  assertEquals(error.message, `[Errno ${number}] ${error.strerror}`);
  return error;
}

/** A test that needs the services file to know "http". */
function test_services(name: string, fn: () => void): void {
  let services = "";
  try {
    services = Deno.readTextFileSync("/etc/services");
  } catch {
    // Slim systems lack the file.
  }
  if (/^http\s+80\/tcp/m.test(services)) test(name, fn);
  else Deno.test.ignore(`${name} (ignored: no http in /etc/services)`, fn);
}

test("getaddrinfo() returns one answer for each type, in the order of socket()'s arguments", () => {
  const found = socket.getaddrinfo("127.0.0.1", 80);
  const address: socket.InetAddress = ["127.0.0.1", 80];
  assertEquals(found.slice(0, 2), [
    [AF_INET, SOCK_STREAM, IPPROTO_TCP, "", address],
    [AF_INET, SOCK_DGRAM, IPPROTO_UDP, "", address],
  ]);
  for (const [family, type, proto] of found.slice(0, 2)) {
    using sock = socket.socket(family, type, proto);
    assertEquals([sock.family, sock.type, sock.proto], [family, type, proto]);
  }
});

test("getaddrinfo() takes null for the loopback, and with AI_PASSIVE for every interface", () => {
  const found = (flags: number) =>
    socket.getaddrinfo(null, 80, AF_INET, SOCK_STREAM, 0, flags)
      .map((one) => one[4]);
  assertEquals(found(0), [["127.0.0.1", 80]]);
  assertEquals(found(socket.AI_PASSIVE), [["0.0.0.0", 80]]);
  throws_gai(() => socket.getaddrinfo(null, null), "EAI_NONAME");
});

test("getaddrinfo() filters by family, type and protocol, and reads hosts, ports and scopes", () => {
  const { AI_NUMERICHOST, getaddrinfo } = socket;
  const tcp = [AF_INET, SOCK_STREAM, IPPROTO_TCP, ""] as const;
  const cases = [
    [
      getaddrinfo("127.0.0.1", 80, AF_INET, SOCK_DGRAM),
      [AF_INET, SOCK_DGRAM, IPPROTO_UDP, "", ["127.0.0.1", 80]],
    ],
    [
      getaddrinfo("127.0.0.1", 80, 0, 0, IPPROTO_TCP),
      [...tcp, ["127.0.0.1", 80]],
    ],
    [
      getaddrinfo("::1", 80, AF_INET6, SOCK_STREAM),
      [AF_INET6, SOCK_STREAM, IPPROTO_TCP, "", ["::1", 80, 0, 0]],
    ],
    [
      getaddrinfo("fe80::1%7", 80, 0, SOCK_STREAM, 0, AI_NUMERICHOST),
      [AF_INET6, SOCK_STREAM, IPPROTO_TCP, "", ["fe80::1", 80, 0, 7]],
    ],
    ...[[null, 0], [0, 0], [8080, 8080], ["8080", 8080]].map((
      [port, number],
    ) => [
      getaddrinfo("127.0.0.1", port!, 0, SOCK_STREAM),
      [...tcp, ["127.0.0.1", number]],
    ]),
  ];
  for (const [found, expected] of cases) {
    assertEquals<unknown>(found, [expected]);
  }
  const [local] = getaddrinfo("localhost", 80, AF_INET, SOCK_STREAM);
  assertEquals(local![4], ["127.0.0.1", 80]);
});

test_services("getaddrinfo() takes a service by name", () => {
  assertEquals(
    socket.getaddrinfo("127.0.0.1", "http", 0, SOCK_STREAM)[0]![4],
    ["127.0.0.1", 80],
  );
});

test("getaddrinfo() with AI_CANONNAME names the host in the first answer", () => {
  const found = socket.getaddrinfo(
    "127.0.0.1",
    80,
    0,
    0,
    0,
    socket.AI_CANONNAME | socket.AI_NUMERICHOST,
  );
  const names = found.map((one) => one[3]);
  assertEquals(names[0], "127.0.0.1");
  assert(names.slice(1).every((name) => name === ""));
});

test("getaddrinfo() raises gaierror with the number and its EAI_ name", () => {
  const { AI_NUMERICHOST, AI_NUMERICSERV } = socket;
  const numeric = (host: string) => () =>
    socket.getaddrinfo(host, 80, 0, 0, 0, AI_NUMERICHOST);
  for (const host of ["localhost", "256.0.0.1", "1.2.3.4.5", "::1::", ""]) {
    const error = throws_gai(numeric(host), "EAI_NONAME");
    assertInstanceOf(error, OSError);
    assertEquals([error.name, error.syscall], ["gaierror", "getaddrinfo"]);
    assertEquals(error.strerror, "Name or service not known");
  }
  const with_port = (port: string, flags = 0) => () =>
    socket.getaddrinfo("127.0.0.1", port, 0, SOCK_STREAM, 0, flags);
  throws_gai(with_port("no-such-service"), "EAI_SERVICE");
  throws_gai(with_port("http", AI_NUMERICSERV), "EAI_NONAME");
  throws_gai(() => socket.getaddrinfo("127.0.0.1", 80, 9999), "EAI_FAMILY");
  throws_gai(
    () => socket.getaddrinfo("127.0.0.1", 80, 0, 9999),
    "EAI_SOCKTYPE",
  );
  throws_gai(
    () => socket.getaddrinfo("127.0.0.1", 80, 0, 0, 0, 2 ** 30),
    "EAI_BADFLAGS",
  );
  throws_gai(
    () => socket.getaddrinfo("::1", 80, AF_INET, 0, 0, AI_NUMERICHOST),
    "EAI_ADDRFAMILY",
  );
});

test("getaddrinfo() raises TypeError, ValueError or OverflowError for other arguments", () => {
  for (const wrong of [undefined, 5, {}, new Uint8Array(4)]) {
    raises(TypeError, {
      host: () => socket.getaddrinfo(wrong as unknown as string, 80),
    });
  }
  for (const wrong of [1.5, NaN, {}, 80n, Symbol()]) {
    raises(TypeError, {
      port: () => socket.getaddrinfo("127.0.0.1", wrong as number),
    });
  }
  const { getaddrinfo } = socket;
  assertThrows(() => getaddrinfo("127.0.0.1\0.x", 80), ValueError, "null");
  assertThrows(() => getaddrinfo("127.0.0.1", "80\0"), ValueError, "null");
  assertThrows(() => getaddrinfo("127.0.0.1", 80, 2 ** 31), OverflowError);
  assertThrows(() => getaddrinfo("127.0.0.1", 80, 0, 0, 0, 0.5), TypeError);
});

test("getaddrinfo() encodes a host outside ASCII as IDNA", () => {
  // Full-width digits are digits: RFC 3490 maps them.
  const found = socket.getaddrinfo(
    "１２７.0.0.1",
    80,
    0,
    SOCK_STREAM,
    0,
    socket.AI_NUMERICHOST,
  );
  assertEquals(found[0]![4], ["127.0.0.1", 80]);
  throws_gai(
    () =>
      socket.getaddrinfo("bücher.example", 80, 0, 0, 0, socket.AI_NUMERICHOST),
    "EAI_NONAME",
  );
  for (const host of ["ü@127.0.0.1", "127.0.0.1/ü", "\ud800", "ü ü", "ü%41"]) {
    assertThrows(() => socket.getaddrinfo(host, 80), ValueError, "IDNA");
  }
});

test("getaddrinfo() can be called many times", () => {
  // The kernel's list is freed each time: 20,000 would be 4 MB at least.
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < 20_000; i++) {
    socket.getaddrinfo("127.0.0.1", i, 0, SOCK_STREAM);
  }
  assert(Deno.memoryUsage().rss - before < 100_000_000);
});

test("gethostbyname() returns an IPv4 address", () => {
  assertEquals(socket.gethostbyname("127.0.0.1"), "127.0.0.1");
  assertEquals(socket.gethostbyname("localhost"), "127.0.0.1");
  assertEquals(socket.gethostbyname("127.1"), "127.0.0.1");
  assertEquals(socket.gethostbyname(""), "0.0.0.0");
  assertEquals(socket.gethostbyname("<broadcast>"), "255.255.255.255");
  assertEquals(socket.gethostbyname("255.255.255.255"), "255.255.255.255");
});

test("gethostbyname() raises TypeError, ValueError or gaierror", () => {
  const wrong = 5 as unknown as string;
  assertThrows(() => socket.gethostbyname(wrong), TypeError, "hostname");
  assertThrows(() => socket.gethostbyname("a\0b"), ValueError, "null");
  assertThrows(() => socket.gethostbyname("::1"), socket.gaierror);
});

test("gethostname() returns the kernel's name of the machine", () => {
  const { stdout } = new Deno.Command("uname", { args: ["-n"] }).outputSync();
  assertEquals(socket.gethostname(), new TextDecoder().decode(stdout).trim());
});

test("getaddrinfo() leaves the check of the port to the resolver", () => {
  for (const port of [2 ** 31, 2 ** 64, -1, -(2 ** 64)]) {
    try {
      const [found] = socket.getaddrinfo("127.0.0.1", port, {
        type: SOCK_STREAM,
      });
      assertInstanceOf(found, Array);
    } catch (error) {
      // glibc cuts some to 16 bits, and refuses others.
      assertInstanceOf(error, socket.gaierror);
    }
  }
});

test("getaddrinfoAsync() returns what getaddrinfo() returns", async () => {
  for (const host of ["127.0.0.1", "::1", "localhost", null]) {
    assertEquals(
      await socket.getaddrinfoAsync(host, 80, 0, SOCK_STREAM),
      socket.getaddrinfo(host, 80, 0, SOCK_STREAM),
    );
  }
});

test("getaddrinfoAsync() resolves many names at once", async () => {
  const hosts = Array.from({ length: 200 }, (_, i) => `127.0.0.${i}`);
  const found = await Promise.all(
    hosts.map((host) => socket.getaddrinfoAsync(host, 80, 0, SOCK_STREAM)),
  );
  assertEquals(
    found.map(([first]) => first?.[4]),
    hosts.map((host): socket.InetAddress => [host, 80]),
  );
});

test("getaddrinfoAsync() rejects with the resolver's error, and for wrong arguments", async () => {
  const error = await assertRejects(
    () => socket.getaddrinfoAsync("no number", 80, 0, 0, 0, AI_NUMERICHOST),
    socket.gaierror,
  );
  assertEquals(error.errno, socket.EAI_NONAME);
  const wrong = 1 as unknown as string;
  await assertRejects(() => socket.getaddrinfoAsync(wrong, 80), TypeError);
});

test("getaddrinfoAsync() rejects with the signal's reason", async () => {
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  const after = new AbortController();
  const options = [aborted, { signal: after.signal }];
  const errors = options.map((options) =>
    assertRejects(() =>
      socket.getaddrinfoAsync("127.0.0.1", 80, 0, 0, 0, 0, options)
    )
  );
  after.abort(reason);
  for (const error of await Promise.all(errors)) assert(error === reason);
});

test("getaddrinfoAsync() lets timers run", async () => {
  let ticked = false;
  setTimeout(() => ticked = true, 0);
  while (!ticked) await socket.getaddrinfoAsync("127.0.0.1", 80);
});

test("getaddrinfoAsync() of unanswered names delays no other twin", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/aliases`;
  try {
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
    const { stdout, stderr } = await program(
      "unanswered.ts",
      ["--allow-read", "--allow-write", "--allow-env"],
      [],
      {
        env: {
          NO_COLOR: "1",
          HOSTALIASES: path,
          RES_OPTIONS: "timeout:1 attempts:1",
        },
      },
    ).output();
    assertEquals(decode(stderr), "");
    assertEquals(decode(stdout).split("\n"), [
      "received 1",
      "read",
      "127.0.0.1 found",
      'Set(1) { "aborted" }',
      "received 1",
      "read",
      "localhost found",
      "",
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

test("gethostbynameAsync() and getnameinfoAsync() return what their calls return", async () => {
  for (const host of ["127.0.0.1", "localhost", ""]) {
    assertEquals(
      await socket.gethostbynameAsync(host),
      socket.gethostbyname(host),
    );
  }
  const { NI_NUMERICHOST, NI_NUMERICSERV } = socket;
  // No name server is asked: /etc/hosts has 127.0.0.1, and may lack ::1.
  for (
    const [address, least] of [
      [["127.0.0.1", 80], 0],
      [["::1", 22, 0, 0], NI_NUMERICHOST],
    ] as const
  ) {
    for (const flags of [least, NI_NUMERICHOST | NI_NUMERICSERV]) {
      assertEquals(
        await socket.getnameinfoAsync(address, flags),
        socket.getnameinfo(address, flags),
      );
    }
  }
  const signal = AbortSignal.abort();
  for (
    const call of [
      () => socket.gethostbynameAsync("localhost", { signal }),
      () => socket.gethostbynameAsync("127.0.0.1", { signal }),
      () => socket.getnameinfoAsync(["127.0.0.1", 80], 0, { signal }),
    ]
  ) await assertRejects(call, DOMException);
  await assertRejects(
    () => socket.getnameinfoAsync(["localhost", 80], 0),
    socket.gaierror,
  );
  const failed = () => Promise.resolve(socket.EAI_AGAIN);
  using _ = replaced(libc, "getnameinfo_parked", () => failed);
  const error = await assertRejects(
    () => socket.getnameinfoAsync(["127.0.0.1", 80], 0),
    socket.gaierror,
  );
  assertEquals(error.errno, socket.EAI_AGAIN);
});
