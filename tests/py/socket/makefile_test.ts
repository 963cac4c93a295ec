import {
  BlockingIOError,
  OSError,
  RuntimeError,
  socket,
  TimeoutError,
  ValueError,
} from "@iomux/py";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "../../descriptors.ts";
import { TextReader } from "../../../py/socket/makefile.ts";
import { drain, fill, turns } from "../async_twins.ts";
import "../../reactor.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A socket, and its peer with which to talk to it. */
function pair() {
  const [sock, peer] = socket.socketpair();
  return {
    sock,
    peer,
    say: (text: string) => peer.sendall(encoder.encode(text)),
    heard: () => decoder.decode(peer.recv(65536)),
    [Symbol.dispose]() {
      sock.close();
      peer.close();
    },
  };
}

test("Socket.makefile() reads text line by line, as its iterator does", () => {
  using one = pair();
  one.say("GET / HTTP/1.0\r\nHost: here\r\n\r\nbody\nend");
  one.peer.shutdown(socket.SHUT_WR);
  using file = one.sock.makefile();
  assertEquals(file.readline(), "GET / HTTP/1.0\n");
  assertEquals(file.readline(4), "Host");
  assertEquals([file.readline(), file.readline()], [": here\n", "\n"]);
  assertEquals([...file], ["body\n", "end"]);
  assertEquals([file.readline(), file.read(), file.read(5)], ["", "", ""]);
});

test("Socket.makefile() counts characters, and joins those split over two packets", () => {
  using one = pair();
  const file = one.sock.makefile("r", 1);
  one.say("a€😀b");
  one.peer.shutdown(socket.SHUT_WR);
  assertEquals([file.read(2), file.read(1), file.read(0)], ["a€", "😀", ""]);
  assertEquals(file.read(), "b");
});

// What io.TextIOWrapper makes of b"a\r\nb\rc\nd\r".
const newlines: [socket.Newline, string[]][] = [
  [null, ["a\n", "b\n", "c\n", "d\n"]],
  ["", ["a\r\n", "b\r", "c\n", "d\r"]],
  ["\n", ["a\r\n", "b\rc\n", "d\r"]],
  ["\r", ["a\r", "\nb\r", "c\nd\r"]],
  ["\r\n", ["a\r\n", "b\rc\nd\r"]],
];
for (const [newline, lines] of newlines) {
  for (const buffering of [-1, 1]) {
    const shown = `${JSON.stringify(newline)}, buffering ${buffering}`;
    test(`Socket.makefile() ends lines as Python does: newline ${shown}`, () => {
      using one = pair();
      one.say("a\r\nb\rc\nd\r");
      one.peer.shutdown(socket.SHUT_WR);
      using file = one.sock.makefile("r", { buffering, newline });
      assertEquals(file.readlines(), lines);
    });
  }
}

test("Socket.makefile('w') buffers text until flush(), and translates newlines", () => {
  using one = pair();
  using file = one.sock.makefile("w", { newline: "\r\n" });
  assertEquals(file.write("hé😀\n"), 4);
  one.peer.setblocking(false);
  assertThrows(() => one.peer.recv(1), OSError);
  file.writelines(["a\n", "b"]);
  file.flush();
  assertEquals(one.heard(), "hé😀\r\na\r\nb");
  file.write("last");
  file.close();
  assertEquals(one.heard(), "last");
  assert(file.closed);
  assertThrows(() => file.write("x"), ValueError, "closed file");
  assertThrows(() => file.flush(), ValueError, "closed file");
});

test("Socket.makefile('rw') reads and writes, and so does 'rwb'", () => {
  using one = pair();
  using text = one.sock.makefile("rw");
  one.say("ping\n");
  assertEquals(text.readline(), "ping\n");
  text.write("pong\n");
  text.flush();
  assertEquals(one.heard(), "pong\n");
  using bytes = one.sock.makefile("rwb", 0);
  one.say("ping\n");
  assertEquals(decoder.decode(bytes.readline()), "ping\n");
  bytes.write(encoder.encode("pong\n"));
  assertEquals(one.heard(), "pong\n");
});

test("Socket.makefile('rw') keeps the text that is received when it writes, unlike CPython", () => {
  using one = pair();
  using file = one.sock.makefile("rw");
  one.say("one\ntwo\n");
  assertEquals(file.readline(), "one\n");
  file.write("answer\n");
  file.flush();
  assertEquals(file.readline(), "two\n");
});

test("Socket.makefile('rb') and 'wb' take bytes, and keep the rest for the next call", () => {
  using one = pair();
  using reader = one.sock.makefile({ mode: "rb" });
  using writer = one.sock.makefile("wb");
  one.say("one\ntwo\nthree");
  one.peer.shutdown(socket.SHUT_WR);
  assertEquals(decoder.decode(reader.read(2)), "on");
  assertEquals(reader.readlines(3).map((line) => decoder.decode(line)), [
    "e\n",
    "two\n",
  ]);
  assertEquals(decoder.decode(reader.read()), "three");
  writer.writelines([new Uint8Array([65]), new Uint8Array([66])]);
  writer.flush();
  assertEquals(one.heard(), "AB");
  assertThrows(() => writer.write("text" as never), TypeError, "encode it");
});

test("readlines() of a socket's file stops once the lines have more than its hint, as in Python", () => {
  for (const hint of [3, 4, 5]) {
    using one = pair();
    one.say("😀b\n" + "c\n".repeat(4));
    one.peer.shutdown(socket.SHUT_WR);
    using file = one.sock.makefile();
    const lines = ["😀b\n", "c\n", "c\n"].slice(0, hint === 5 ? 3 : 2);
    assertEquals(file.readlines(hint), lines);
  }
  using one = pair();
  one.say("aa\nbb\ncc\n");
  using file = one.sock.makefile("rb");
  const lines = file.readlines(3).map((line) => decoder.decode(line));
  assertEquals(lines, ["aa\n", "bb\n"]);
});

test("A text file reads a long line in parts without a search of the whole for each", () => {
  const PARTS = 300, SIZE = 100;
  let searched = 0;
  const { indexOf, codePointAt } = String.prototype,
    { test } = RegExp.prototype;
  for (const newline of [null, "", "\n", "\r\n"] as const) {
    for (const limit of [-1, PARTS * SIZE]) {
      using one = pair();
      const part = "x".repeat(SIZE);
      let left = PARTS;
      const recv = () => encoder.encode(left-- > 0 ? part : "");
      const source = { fileno: () => -1, recv, recvAsync: one.sock.recvAsync };
      const file = new TextReader(source, SIZE, { newline });
      searched = 0;
      String.prototype.indexOf = function (...given) {
        searched += this.length;
        return indexOf.apply(this, given);
      };
      String.prototype.codePointAt = function (at) {
        searched++;
        return codePointAt.call(this, at);
      };
      RegExp.prototype.test = function (text) {
        searched += text.length;
        return test.call(this, text);
      };
      try {
        assertEquals(file.readline(limit).length, PARTS * SIZE);
      } finally {
        Object.assign(String.prototype, { indexOf, codePointAt });
        RegExp.prototype.test = test;
      }
      assert(searched < 10 * PARTS * SIZE, `${newline}: ${searched}`);
    }
  }
});

test("Socket.makefile() honours encoding and errors", () => {
  using one = pair();
  one.peer.sendall(new Uint8Array([0x80, 0xe9, 10]));
  using latin = one.sock.makefile("r", { encoding: "Latin-1" });
  assertEquals(latin.readline(), "\x80é\n");
  const broken = new Uint8Array([97, 0xff, 98, 10]);
  const read = (encoding: string, errors?: socket.CodecErrors) => {
    one.peer.sendall(broken);
    return one.sock.makefile("r", { encoding, errors }).readline();
  };
  for (const encoding of ["utf-8", "ascii"]) {
    const what = encoding === "ascii" ? "byte 0xff" : "these bytes";
    assertThrows(() => read(encoding), ValueError, `can't decode ${what}`);
    assertEquals(read(encoding, "replace"), "a\ufffdb\n");
    assertEquals(read(encoding, "ignore"), "ab\n");
  }
  const write = (encoding: string, errors?: socket.CodecErrors) => {
    using file = one.sock.makefile("w", { encoding, errors });
    file.write("a€\ud800b");
    file.close();
    return one.heard();
  };
  for (const encoding of ["utf-8", "latin1", "ascii"]) {
    const what = encoding === "utf-8" ? "\\ud800" : "\u20ac";
    const message = `can't encode character "${what}"`;
    assertThrows(() => write(encoding), ValueError, message);
  }
  assertEquals(write("ascii", "replace"), "a??b");
  assertEquals(write("utf-8", "ignore"), "a€b");
});

test("Socket.makefile() refuses other modes, encodings and newlines", () => {
  using one = pair();
  const { sock } = one;
  const wrong: [() => unknown, string][] = [
    [() => sock.makefile("a" as never), "invalid mode"],
    [() => sock.makefile("r", 0), "unbuffered streams must be binary"],
    [() => sock.makefile({ encoding: "ebcdic" }), "unknown encoding"],
    [() => sock.makefile({ errors: "x" as never }), "unknown error handler"],
    [() => sock.makefile({ newline: "x" as never }), "illegal newline"],
  ];
  for (const [call, message] of wrong) {
    assertThrows(call, ValueError, message);
  }
  assertThrows(() => sock.makefile({ modes: "r" } as never), TypeError);
  assertThrows(() => sock.makefile(5 as never), TypeError);
  for (
    const call of [
      () => sock.makefile({ encoding: 5 as never }),
      () => sock.makefile("w").write(5 as never),
    ]
  ) assertThrows(call, TypeError, "must be a string, not 5");
});

test("Socket.makefile('wb') keeps a copy of what its buffer has room for, and no more", () => {
  using one = pair();
  using file = one.sock.makefile("wb", 4);
  // A Buffer's slice() shares its memory.
  const data = Buffer.from("abcd");
  file.write(data);
  one.peer.setblocking(false);
  assertThrows(() => one.peer.recv(9), BlockingIOError);
  // The caller overwrites its own bytes.
  data.fill(0);
  file.write(encoder.encode("e"));
  assertEquals(one.heard(), "abcde");
});

test("Socket.makefile() returns a file that loses no bytes to a time-out or EAGAIN, and does not own the descriptor", () => {
  using one = pair();
  const file = one.sock.makefile();
  for (const timeout of [0.001, 0]) {
    one.sock.settimeout(timeout);
    one.say("ha");
    const expected = timeout === 0 ? BlockingIOError : TimeoutError;
    for (let i = 0; i < 2; i++) assertThrows(() => file.readline(), expected);
    one.say("lf\n");
    assertEquals(file.readline(), "half\n");
  }
  assertEquals(file.fileno(), one.sock.fileno());
  file.close();
  one.say("after");
  assertEquals(decoder.decode(one.sock.recv(64)), "after");
  const other = one.sock.makefile();
  one.sock.close();
  assertThrows(() => other.readline(), OSError, "Bad file descriptor");
});

test("read() of a text file that has failed to wait leaves the characters to a shorter read()", () => {
  using one = pair();
  using file = one.sock.makefile();
  one.sock.setblocking(false);
  one.say("héllo");
  assertThrows(() => file.read(9), BlockingIOError);
  assertEquals(file.read(2), "hé");
  assertEquals(file.read(3), "llo");
});

test("close() of a socket's file closes it even if its flush() fails", () => {
  for (const mode of ["wb", "rwb"] as const) {
    using one = pair();
    const file = one.sock.makefile(mode);
    file.write(encoder.encode("lost"));
    one.sock.close();
    assertThrows(() => file.close(), OSError, "Bad file descriptor");
    assertThrows(() => file.write(encoder.encode("late")), ValueError);
    file.close();
  }
});

test("Socket.makefile() returns a file whose Async twins let the event loop run", async () => {
  using one = pair();
  using file = one.sock.makefile("rw");
  const line = file.readlineAsync();
  one.say("first\nsecond\nthird");
  assertEquals(await line, "first\n");
  const controller = new AbortController();
  const lines = file.readAsync(20, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => lines, Error, "enough");
  one.peer.shutdown(socket.SHUT_WR);
  const rest: string[] = [];
  for await (const line of file) rest.push(line);
  assertEquals(rest, ["second\n", "third"]);
  assertEquals(await file.readlinesAsync(), []);
  assertEquals(await file.writeAsync("answer"), 6);
  await file.writelinesAsync(["\n", "end"]);
  await file.flushAsync();
  assertEquals(one.heard(), "answer\nend");
});

test("readlineAsync() of a file waits for the twin before it, whose bytes may hold its line", async () => {
  for (const mode of ["r", "rb"] as const) {
    using one = pair();
    using file = one.sock.makefile(mode);
    const controller = new AbortController();
    const begun = [
      file.readlineAsync(),
      file.readlineAsync(-1, controller),
      file.readlineAsync(-1, new AbortController()),
      file.readlineAsync(),
    ];
    controller.abort(new Error("enough"));
    await assertRejects(() => begun[1]!, Error, "enough");
    await assertRejects(
      () => file.readlineAsync(-1, controller),
      Error,
      "enough",
    );
    one.say("first\nsecond\nthird\nrest");
    one.peer.shutdown(socket.SHUT_WR);
    const lines = await Promise.all(begun.toSpliced(1, 1));
    assertEquals(
      lines.map((line) =>
        typeof line === "string" ? line : decoder.decode(line)
      ),
      ["first\n", "second\n", "third\n"],
    );
    assertEquals((await file.readAsync()).length, 4);
  }
});

test("A file raises RuntimeError for a read beside a pending twin, which gets its line", async () => {
  for (const mode of ["r", "rb"] as const) {
    using one = pair();
    using file = one.sock.makefile(mode);
    const line = file.readlineAsync();
    one.say("hal");
    await turns();
    one.say("f\nx\ny\n");
    for (
      const call of [
        () => file.readline(),
        () => file.read(1),
        () => file.readlines(1),
        () => [...file],
      ]
    ) assertThrows(call, RuntimeError, "await");
    one.say("z\n");
    one.peer.shutdown(socket.SHUT_WR);
    assertEquals((await line).length, 5);
    assertEquals([...file].map(({ length }) => length), [2, 2, 2]);
  }
});

test("readlineAsync() of a file fails after the twin before it has failed", async () => {
  using one = pair();
  using file = one.sock.makefile();
  const begun = [file.readlineAsync(), file.readlineAsync()];
  one.sock.close();
  for (const line of begun) {
    await assertRejects(() => line, OSError, "Bad file descriptor");
  }
});

test("writelinesAsync() of a file waits for room, until it is aborted", async () => {
  using one = pair();
  using file = one.sock.makefile("wb", 0);
  const lines = [encoder.encode("a"), encoder.encode("b")];
  fill(one.sock);
  const written = file.writelinesAsync(lines);
  await turns();
  drain(one.peer);
  await written;
  assertEquals(one.heard(), "ab");
  fill(one.sock);
  const controller = new AbortController();
  const aborted = file.writelinesAsync(lines, controller);
  controller.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
});

test("Socket.makefile() gives each method that waits a twin", () => {
  using one = pair();
  for (const mode of ["r", "w", "rw", "rb", "wb", "rwb"] as const) {
    using file = one.sock.makefile(mode);
    const names: string[] = [];
    for (let from: object = file; from !== Object.prototype;) {
      from = Object.getPrototypeOf(from);
      names.push(...Object.getOwnPropertyNames(from));
    }
    const waits = names.filter((name) => /^(read|write|flush)/.test(name));
    assert(waits.length > 1);
    assertEquals(
      waits.filter((name) => name.endsWith("Async")).sort(),
      waits.filter((name) => !name.endsWith("Async"))
        .map((name) => `${name}Async`).sort(),
    );
  }
});

test("Socket.makefile() returns a file whose Async twins reject with the error that the call throws", async () => {
  using one = pair();
  const file = one.sock.makefile();
  for (const name of ["read", "readline", "readlines"] as const) {
    assertThrows(() => file[name](0.5), TypeError, "must be an integer");
    await assertRejects(() => file[`${name}Async`](0.5), TypeError);
  }
  file.close();
  for (const name of ["read", "readline", "readlines"] as const) {
    assertThrows(() => file[name](), ValueError, "closed file");
    await assertRejects(() => file[`${name}Async`](), ValueError);
  }
});

test("Socket.makefile() without a buffer reads what is there, and does not wait for more", () => {
  using one = pair();
  one.sock.settimeout(1);
  using file = one.sock.makefile("rb", 0);
  one.say("ab");
  // A wait for more would end with a TimeoutError.
  assertEquals(decoder.decode(file.read(9)), "ab");
});
