/**
 * The programs of examples/ports: one driver talks to each port and to its Python original,
 * and both must answer and print the same.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { socket } from "@iomux/py";
import * as struct from "@iomux/py/struct";
import { python3, ran, type Server, started, WATCHDOG } from "../scripts.ts";
import { numbers, Peer } from "../servers/peer.ts";

const folder = new URL("../../examples/ports/", import.meta.url).pathname;
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (data: Uint8Array) => new TextDecoder().decode(data);

type Language = "TypeScript" | "Python";

function command(language: Language, name: string, args: readonly string[]) {
  return language === "Python"
    ? ["python3", "-u", `${folder}${name}.py`, ...args]
    : [Deno.execPath(), "run", "--allow-ffi", `${folder}${name}.ts`, ...args];
}

/** Starts a server of either language on a free port. */
function server(
  language: Language,
  name: string,
  ...args: string[]
): Promise<Server> {
  const [program, ...rest] = command(language, name, args);
  return started(`${name} in ${language}`, program!, rest);
}

/** Runs a program of either language to its end, and returns its output. */
async function printed(
  language: Language,
  name: string,
  ...args: string[]
): Promise<string> {
  const [program, ...rest] = command(language, name, args);
  const { code, output, errors } = await ran(program!, rest);
  assertEquals([code, errors], [0, ""], `${name} in ${language}`);
  return output;
}

/** The output lines of a server, without the first one, which has the port. */
function lines(server: Server): string[] {
  return server.output().trimEnd().split("\n").slice(1);
}

/** Drives a program in both languages at the same time. */
function port(
  name: string,
  expected: unknown,
  drive: (language: Language) => Promise<unknown>,
): void {
  const missing = python3 ? "" : " (not the original: no python3 here)";
  Deno.test(`${name}.ts answers and prints the same as ${name}.py${missing}`, async () => {
    const languages: Language[] = ["TypeScript"];
    if (python3) languages.push("Python");
    const found = await Promise.all(languages.map(drive));
    for (const [i, one] of found.entries()) {
      assertEquals(one, expected, languages[i]);
    }
  });
}

function udp(): socket.Socket<socket.InetAddress> {
  const sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.bind(["127.0.0.1", 0]);
  sock.settimeout(WATCHDOG / 1000);
  return sock;
}

port("port_scan", [
  "open refused open: 2 of 3 ports are open on 127.0.0.1",
  "refused: no port is open on 127.0.0.1",
], async (language) => {
  using one = socket.create_server(["127.0.0.1", 0]);
  using two = socket.create_server(["127.0.0.1", 0]);
  using closed = socket.socket();
  closed.bind(["127.0.0.1", 0]);
  const [first, second, third] = [one, closed, two].map((sock) =>
    String(sock.getsockname()[1])
  );
  const runs = [[first!, second!, third!], [second!]];
  return await Promise.all(runs.map(async (ports) => {
    const output = await printed(language, "port_scan", "127.0.0.1", ...ports);
    const rows = output.trimEnd().split("\n");
    const states = ports.map((port) => {
      const row = rows.find((row) => row.trim().startsWith(`${port}/tcp  `))!;
      return row.includes("  ECONNREFUSED  ")
        ? "refused"
        : row.split(/ +/).at(-2);
    });
    assertEquals(rows.length, ports.length + 1);
    return `${states.join(" ")}: ${rows.at(-1)}`;
  }));
});

/** A record of a response; its name points back to the question. */
function record(kind: number, data: Uint8Array): number[] {
  return [...struct.pack("!HHHIH", 0xc00c, kind, 1, 60, data.length), ...data];
}

/** The answers of a name server: flags, count, and records or other bytes. */
const zone: Record<string, [flags: number, count: number, rest: number[]]> = {
  "one.test": [0x8180, 2, [
    ...record(5, new Uint8Array([3, ...encode("www"), 0xc0, 12])),
    ...record(1, new Uint8Array([192, 0, 2, 1])),
  ]],
  "six.test": [0x8180, 2, [
    ...record(28, socket.inet_pton(socket.AF_INET6, "2001:db8::1")),
    ...record(16, encode("\x05it's\0")),
  ]],
  "none.test": [0x8183, 0, []],
  "odd.test": [0x8189, 0, []],
  "short.test": [0x8180, 1, [0xc0]],
  "loop.test": [0x8180, 1, record(5, new Uint8Array([0xc0, 42]))],
};

async function answer_names(
  sock: socket.Socket<socket.InetAddress>,
  signal: AbortSignal,
): Promise<void> {
  let queries = 0;
  while (true) {
    const [query, client] = await sock.recvfromAsync(512, 0, { signal });
    queries++;
    if (queries === 1) continue; // The first query is lost
    const [number] = struct.unpack_from("!H", query);
    const question = query.subarray(12);
    const labels: string[] = [];
    for (let at = 0; question[at]! > 0; at += 1 + question[at]!) {
      labels.push(decode(question.subarray(at + 1, at + 1 + question[at]!)));
    }
    const [flags, count, rest] = zone[labels.join(".")]!;
    const send = (id: number, flags: number) => {
      const header = struct.pack("!HHHHHH", id, flags, 1, count, 0, 0);
      sock.sendto(new Uint8Array([...header, ...question, ...rest]), client);
    };
    send(number ^ 1, 0x8182); // of another query: a server failure
    send(number, 0x0182); // not a response
    send(number, flags);
  }
}

port(
  "dns_lookup",
  `one.test:
    one.test is www.one.test (60 s)
    one.test 192.0.2.1 (60 s)
six.test:
    six.test 2001:db8::1 (60 s)
    six.test type 16: b"\\x05it's\\x00" (60 s)
none.test:
    no such name
odd.test:
    error 9
short.test:
    malformed
loop.test:
    malformed
gone.test:
    no answer
`,
  async (language) => {
    using sock = udp();
    const [host, number] = sock.getsockname();
    const stop = new AbortController();
    const served = answer_names(sock, stop.signal).catch((error) => {
      if (error !== stop.signal.reason) throw error;
    });
    const names = Object.keys(zone);
    const args = [host, String(number), ...names];
    const answered = await printed(language, "dns_lookup", ...args);
    stop.abort();
    await served;
    sock.close();
    const gone = [host, String(number), "gone.test"];
    const refused = await printed(language, "dns_lookup", ...gone);
    return (answered + refused).replace(/malformed: b.*/g, "malformed");
  },
);

const READ = 1, WRITE = 2;

/** Fetches a file by TFTP; may lose the second block, and sends each ACK twice. */
async function fetched(
  { port }: Server,
  name: string,
  loses = false,
): Promise<{ content: Uint8Array; again: number }> {
  using client = udp();
  const parts: Uint8Array[] = [];
  let again = 0, lost = !loses;
  client.sendto(tftp(READ, `${name}\0octet\0`), ["127.0.0.1", port]);
  while (true) {
    const [packet, from] = await client.recvfromAsync(1024);
    const [code, block] = struct.unpack_from("!HH", packet);
    assertEquals(code, 3);
    if (block === 2 && !lost) {
      lost = true;
      continue;
    }
    if (block <= parts.length) again++;
    else parts.push(packet.slice(4));
    for (let i = 0; i < 2; i++) {
      client.sendto(struct.pack("!HH", 4, block), from);
    }
    if (packet.length < 4 + 512) break;
  }
  const content = new Uint8Array(
    await new Blob(parts as BlobPart[]).arrayBuffer(),
  );
  return { content, again };
}

function tftp(code: number, text: string): Uint8Array {
  return new Uint8Array([...struct.pack("!H", code), ...encode(text)]);
}

port("tftp_server", {
  hello: "Hello, world!\n",
  empty: 0,
  numbers: true,
  again: 0,
  refused: [
    "1 no such file",
    "2 read only",
    "4 expected a request",
    "4 malformed request",
    "4 malformed request",
    "4 malformed request",
  ],
  lines: [
    "sending 'hello.txt'",
    "sent 14 bytes",
    "sending 'empty.txt'",
    "sent 0 bytes",
    "sending 'numbers.bin'",
    "sent 2560 bytes",
    "no file 'it\\'s \"none\"'",
    "malformed: b'\\x00\\x01x\\x00mail\\x00'",
    "malformed: b'\\x00\\x01\\xc3\\xa9\\x00octet\\x00'",
    "malformed: b'\\x00'",
  ],
}, async (language) => {
  // It sends nothing again because the machine is busy.
  const patient = String(WATCHDOG / 1000);
  await using tftpd = await server(language, "tftp_server", "0", patient);
  const hello = await fetched(tftpd, "hello.txt");
  await tftpd.printed("sent 14 bytes");
  const empty = await fetched(tftpd, "empty.txt");
  await tftpd.printed("sent 0 bytes");
  const long = await fetched(tftpd, "numbers.bin");
  await tftpd.printed("sent 2560 bytes");
  await using impatient = await server(language, "tftp_server", "0");
  const lossy = await fetched(impatient, "numbers.bin", true);
  using client = udp();
  const refused: string[] = [];
  const requests = [
    tftp(READ, 'it\'s "none"\0octet\0'),
    tftp(WRITE, "hello.txt\0octet\0"),
    tftp(5, "hello.txt\0octet\0"),
    tftp(READ, "x\0mail\0"),
    tftp(READ, "é\0octet\0"),
    new Uint8Array(1),
  ];
  for (const request of requests) {
    client.sendto(request, ["127.0.0.1", tftpd.port]);
    const answer = await client.recvAsync(1024);
    const [code, number] = struct.unpack_from("!HH", answer);
    assertEquals(code, 5);
    refused.push(`${number} ${decode(answer.subarray(4, -1))}`);
  }
  await tftpd.printed("malformed: b'\\x00'\n");
  return {
    hello: decode(hello.content),
    empty: empty.content.length,
    numbers: [long, lossy].every(({ content }) =>
      content.length === 2560 && content.every((byte, i) => byte === i % 256)
    ),
    again: long.again,
    refused,
    lines: lines(tftpd),
  };
});

port(
  "syslog_receiver",
  [
    "127.0.0.1 user.notice #1: hello",
    "127.0.0.1 user.notice #2: two\nlines",
    "127.0.0.1 kern.emerg #1: \ufeff你好",
    "127.0.0.1 malformed: b'no priority'",
    "127.0.0.1 malformed: b'<192>\\xff'",
    "127.0.0.1 malformed: b''",
    "127.0.0.1 local7.debug #1: not � UTF-8",
  ].join("\n"),
  async (language) => {
    await using syslogd = await server(language, "syslog_receiver", "0");
    using client = udp();
    const messages = [
      encode("<13>hello\r\n"),
      encode("<13>two\nlines\0"),
      encode("<0>\ufeff你好"),
      encode("no priority"),
      new Uint8Array([...encode("<192>"), 0xff]),
      new Uint8Array(0),
      new Uint8Array([...encode("<191>not "), 0xff, ...encode(" UTF-8")]),
    ];
    for (const message of messages) {
      client.sendto(message, ["127.0.0.1", syslogd.port]);
    }
    await syslogd.printed("UTF-8\n");
    return lines(syslogd).join("\n");
  },
);

port("key_value", {
  ann: [
    "(empty)",
    "OK",
    "a b",
    "two words",
    "OK was 1",
    "ERROR no such name",
    "(none)",
    "ERROR no name",
    `ERROR what is 'IT\\'S"\\x01�'?`,
  ],
  bob: "OK",
  over: true,
  lines: ["a client left", "lost a client: Connection reset by peer"],
}, async (language) => {
  await using store = await server(language, "key_value", "0");
  using ann = new Peer(store), bob = new Peer(store);
  const ask = async (peer: Peer, line: string | Uint8Array) => {
    await peer.send(line);
    const answer = await peer.line();
    assert(answer.endsWith("\r\n"));
    return answer.trimEnd();
  };
  const answers = [await ask(ann, "KEYS\r\n")];
  await ann.send("set b two ");
  await ann.acknowledged();
  const answer = await ask(bob, "SET a 1\r\n"); // while a line of the other is unfinished
  answers.push(await ask(ann, "words\r\n"));
  const rest = ["KEYS", "GET b", "DEL a", "DEL a", "GET a", "SET  1"];
  for (const line of rest) answers.push(await ask(ann, `${line}\r\n`));
  const odd = [...encode("it's\"\x01"), 0xff, 13, 10]; // not UTF-8
  answers.push(await ask(ann, new Uint8Array(odd)));
  await ann.send("QUIT\r\n");
  const over = (await ann.rest()).length === 0;
  // With its newline, which Python writes apart: another thread's line may come between the two.
  await store.printed("a client left\n");
  bob.reset();
  await store.printed("lost a client: Connection reset by peer\n");
  return { ann: answers, bob: answer, over, lines: lines(store) };
});

port("forward", {
  there: true,
  back: true,
  cut: 0,
  refused: 0,
  lines: [
    "forwarding 127.0.0.1",
    "closing after both ends",
    "forwarding 127.0.0.1",
    "closing after ConnectionResetError",
    "forwarding 127.0.0.1",
    "closing after ConnectionError",
  ],
}, async (language) => {
  const target = socket.create_server(["127.0.0.1", 0]);
  target.settimeout(WATCHDOG / 1000);
  const [host, number] = target.getsockname();
  const args = ["0", host, String(number)];
  await using forward = await server(language, "forward", ...args);

  const sent = numbers(1_000_000);
  using client = new Peer(forward);
  const [conn] = await target.acceptAsync();
  conn.settimeout(WATCHDOG / 1000);
  const sending = client.send(sent).then(() => client.half_close());
  const there = await all(conn);
  await sending;
  const answering = conn.sendallAsync(sent).then(() => conn.close());
  const back = await client.rest();
  await answering;
  await forward.printed("closing after both ends");

  const leaver = new Peer(forward);
  const [left] = await target.acceptAsync();
  left.settimeout(WATCHDOG / 1000);
  await leaver.send("x");
  await left.recvAsync(1);
  leaver.reset();
  const cut = (await all(left)).length;
  left.close();
  await forward.printed("ConnectionResetError");

  target.close();
  using late = new Peer(forward);
  const refused = (await late.rest()).length;
  await forward.printed("closing after ConnectionError");
  return {
    there: same(there, sent),
    back: same(back, sent),
    cut,
    refused,
    lines: lines(forward),
  };
});

/** Receives to the end. */
async function all(sock: socket.Socket): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let data; (data = await sock.recvAsync(65536)).length > 0;) {
    parts.push(data.slice());
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

Deno.test("each port and its original say in one line which arguments they take", async () => {
  const names = [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith(".ts"))
    .map(({ name }) => name.slice(0, -".ts".length));
  assert(names.length > 5);
  const languages: Language[] = python3
    ? ["TypeScript", "Python"]
    : ["TypeScript"];
  for (const language of languages) {
    for (const name of names) {
      const [program, ...rest] = command(language, name, []);
      const { code, output, errors } = await ran(program!, rest);
      assertEquals([code, output], [1, ""], `${name} in ${language}`);
      const suffix = language === "Python" ? "py" : "ts";
      assert(errors.startsWith(`usage: ${name}.${suffix} `), errors);
      assertEquals(errors.trimEnd().split("\n").length, 1);
    }
  }
});
