import {
  ConnectionRefusedError,
  FileNotFoundError,
  OSError,
  socket,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import {
  decode,
  encode,
  raises_errno,
  raises_plain,
  throws_errno,
  unix_pair,
} from "./setup.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } = socket;

/** A folder for sockets, gone at the end of a `using` block. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "iomux" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function unix(type = SOCK_STREAM as number): socket.Socket {
  return socket.socket(AF_UNIX, type);
}

let names = 0;
function abstract_name(): string {
  return `\0iomux-${Deno.pid}-${names++}`;
}

test("Socket.bind() creates a path for connect(), for streams and seqpackets", () => {
  using folder = new Folder();
  for (const type of [SOCK_STREAM, SOCK_SEQPACKET]) {
    const path = `${folder.path}/socket ${type} é`;
    using server = unix(type);
    server.bind(path);
    server.listen();
    assert(Deno.lstatSync(path).isSocket);
    assertEquals(server.getsockname(), path);
    using client = unix(type);
    client.connect(path);
    assertEquals(client.getpeername(), path);
    const [conn, address] = server.accept();
    // The client has no name of its own.
    assertEquals([address, client.getsockname(), conn.getpeername()], [
      "",
      "",
      "",
    ]);
    client.send(encode("hello"));
    assertEquals(decode(conn.recv(16)), "hello");
    conn.close();
  }
});

test("Socket.sendto() and recvfrom() carry datagrams between paths", () => {
  using folder = new Folder();
  using server = unix(SOCK_DGRAM);
  using client = unix(SOCK_DGRAM);
  server.bind(`${folder.path}/server`);
  client.bind(`${folder.path}/client`);
  client.sendto(encode("ping"), `${folder.path}/server`);
  const [data, from] = server.recvfrom(100);
  assertEquals([decode(data), from], ["ping", `${folder.path}/client`]);
  server.sendto(encode("pong"), from as string);
  assertEquals(decode(client.recv(100)), "pong");
});

test("Socket.recvfrom() of an unnamed sender returns no name", () => {
  using server = unix(SOCK_DGRAM);
  using client = unix(SOCK_DGRAM);
  server.bind(abstract_name());
  client.sendto(encode("x"), server.getsockname() as string);
  assertEquals(server.recvfrom(16), [encode("x"), null]);
});

test("Socket.send() of seqpackets keeps message boundaries", () => {
  using pair = unix_pair(SOCK_SEQPACKET);
  pair.a.send(encode("one"));
  pair.a.send(encode("two"));
  assertEquals(decode(pair.b.recv(100)), "one");
  assertEquals(decode(pair.b.recv(1)), "t");
  pair.a.close();
  assertEquals(pair.b.recv(100).length, 0);
});

test("Socket.bind(), connect() and getsockname() keep names as they are, and those that are not UTF-8 as bytes", () => {
  using folder = new Folder();
  const name = abstract_name();
  const names = [
    name,
    // The length and the NULs inside distinguish them.
    name + "\0",
    name + "\0x",
    // A byte order mark.
    abstract_name() + "\ufeffx",
    new Uint8Array([...encode(`${folder.path}/`), 0xff, 0xfe]),
    new Uint8Array([...encode(abstract_name()), 0x80]),
  ];
  using stack = new DisposableStack();
  for (const one of names) {
    const server = stack.use(unix());
    server.bind(one);
    server.listen();
    assertEquals(server.getsockname(), one);
    using client = unix();
    client.connect(typeof one === "string" ? encode(one) : one);
    assertEquals(client.getpeername(), one);
  }
  using again = unix();
  throws_errno(() => again.bind(name), OSError, "EADDRINUSE");
});

test('Socket.bind("") lets the kernel choose an abstract name', () => {
  using server = unix();
  server.bind("");
  const name = server.getsockname() as string;
  assert(/^\0[0-9a-f]{5}$/.test(name), JSON.stringify(name));
  server.listen();
  using client = unix();
  client.connect(name);
});

test("Socket.bind() takes 107 bytes of a path and 108 of an abstract name", () => {
  using folder = new Folder();
  const fill = (start: string, length: number) => start.padEnd(length, "x");
  for (
    const name of [
      fill(`${folder.path}/`, 107),
      fill(abstract_name(), 107),
      fill(abstract_name(), 108),
    ]
  ) {
    using server = unix();
    server.bind(name);
    assertEquals(server.getsockname(), name);
  }
  for (
    const name of [
      fill(`${folder.path}/`, 108),
      // 54 characters, 107 bytes and 1.
      fill(`${folder.path}/`, 53) + "é".repeat(28),
      fill(abstract_name(), 109),
      fill("/", 5000),
    ]
  ) {
    using server = unix();
    for (const call of [server.bind, server.connect]) {
      raises_plain(OSError, {
        "AF_UNIX path too long": () => call.call(server, name),
      });
    }
    assertEquals(server.getsockname(), "");
  }
});

test("Socket.bind() raises ValueError for a path with a NUL inside", () => {
  using folder = new Folder();
  using server = unix();
  for (const name of [`${folder.path}/a\0b`, encode(`${folder.path}/a\0`)]) {
    assertThrows(() => server.bind(name), ValueError, "null byte");
    assertThrows(() => server.connect(name), ValueError, "null byte");
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

test("Socket.bind() raises TypeError for an address that is not a name", () => {
  using server = unix();
  for (
    const wrong of [
      ["127.0.0.1", 1],
      5,
      null,
      undefined,
      {},
      new Uint16Array(2),
    ]
  ) {
    assertThrows(
      () => server.bind(wrong as unknown as string),
      TypeError,
      "AF_UNIX address must be a string or bytes",
    );
  }
});

test("Socket.bind() raises OSError EADDRINUSE for an existing file, FileNotFoundError for a missing folder", () => {
  using folder = new Folder();
  using first = unix();
  first.bind(`${folder.path}/taken`);
  using second = unix();
  const taken = () => second.bind(`${folder.path}/taken`);
  throws_errno(taken, OSError, "EADDRINUSE");
  raises_errno(FileNotFoundError, {
    ENOENT: () => second.bind(`${folder.path}/none/x`),
  });
  // The file outlives the socket, as in Python.
  first.close();
  throws_errno(taken, OSError, "EADDRINUSE");
});

test("Socket.connect() raises FileNotFoundError, ConnectionRefusedError or OSError EPROTOTYPE", () => {
  using folder = new Folder();
  using client = unix();
  raises_errno(FileNotFoundError, {
    ENOENT: () => client.connect(`${folder.path}/nothing`),
  });
  using quiet = unix();
  quiet.bind(`${folder.path}/quiet`);
  raises_errno(ConnectionRefusedError, {
    ECONNREFUSED: () => client.connect(`${folder.path}/quiet`),
  });
  using datagrams = unix(SOCK_DGRAM);
  raises_errno(OSError, {
    EPROTOTYPE: () => datagrams.connect(`${folder.path}/quiet`),
  });
});
