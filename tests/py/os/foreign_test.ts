import { assertEquals } from "@std/assert";
import { closeSync, constants, openSync } from "node:fs";
import { os, select, selectors, socket } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { ran } from "../../scripts.ts";
import { encode } from "./setup.ts";

const { EPOLLIN, POLLIN } = select;
const { EVENT_READ } = selectors;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int inotify_init1(int flags)
  inotify_init1: { parameters: ["i32"], result: "i32" },
  // int inotify_add_watch(int fd, const char *pathname, uint32_t mask)
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
});

/** A descriptor that was not made by `os`, which becomes readable. */
interface Case extends Disposable {
  readonly fd: number;
  act(): void;
}

/** Each way to wait: whether it finds a descriptor readable at once. */
const ways: Record<string, (fd: number) => boolean> = {
  "select.select": (fd) => select.select([fd], [], [], 0)[0].length > 0,
  "select.poll"(fd) {
    const poller = select.poll();
    poller.register(fd, POLLIN);
    return poller.poll(0).some(([, events]) => (events & POLLIN) !== 0);
  },
  "select.epoll"(fd) {
    using epoll = select.epoll();
    epoll.register(fd, EPOLLIN);
    return epoll.poll(0).some(([, events]) => (events & EPOLLIN) !== 0);
  },
  "selectors.SelectSelector": (fd) => found(selectors.SelectSelector(), fd),
  "selectors.PollSelector": (fd) => found(selectors.PollSelector(), fd),
  "selectors.EpollSelector": (fd) => found(selectors.EpollSelector(), fd),
};

function found(made: selectors.BaseSelector, fd: number): boolean {
  using selector = made;
  selector.register(fd, EVENT_READ);
  return selector.select(0).length > 0;
}

/** Shows that each way waits for a descriptor until something is done, and then finds it. */
function check(made: Case): void {
  using it = made;
  for (const [name, readable] of Object.entries(ways)) {
    assertEquals(readable(it.fd), false, name);
  }
  it.act();
  assertEquals(select.select([it.fd], [], [], 10)[0], [it.fd]);
  for (const [name, readable] of Object.entries(ways)) {
    assertEquals(readable(it.fd), true, name);
  }
}

test("all ways to wait take a FIFO that node:fs opened", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/fifo`;
  assertEquals((await ran("mkfifo", [path])).code, 0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  check({
    fd: reader,
    act: () => void os.write(writer, encode("x")),
    [Symbol.dispose]() {
      for (const fd of [reader, writer]) closeSync(fd);
      Deno.removeSync(folder, { recursive: true });
    },
  });
});

test("all ways to wait take an inotify descriptor", () => {
  const IN_CREATE = 0x100;
  const folder = Deno.makeTempDirSync();
  const fd = libc.inotify_init1(os.O_CLOEXEC);
  assertEquals(libc.inotify_add_watch(fd, encode(`${folder}\0`), IN_CREATE), 1);
  check({
    fd,
    act: () => Deno.writeTextFileSync(`${folder}/news`, ""),
    [Symbol.dispose]() {
      os.close(fd);
      Deno.removeSync(folder, { recursive: true });
    },
  });
});

test("all ways to wait take a descriptor that came over a UNIX socket", () => {
  const [ours, theirs] = socket.socketpair();
  const [r, w] = os.pipe();
  socket.send_fds(ours, [new Uint8Array(1)], [r]);
  const [, [fd]] = socket.recv_fds(theirs, 1, 1);
  for (const s of [ours, theirs]) s.close();
  os.close(r);
  check({
    fd: fd!,
    act: () => void os.write(w, encode("x")),
    [Symbol.dispose]() {
      for (const open of [fd!, w]) os.close(open);
    },
  });
});

test("all ways to wait take standard input's number, whatever it is connected to", () => {
  const kept = os.dup(0);
  const [r, w] = os.pipe();
  os.dup2(r, 0);
  os.close(r);
  check({
    fd: 0,
    act: () => void os.write(w, encode("x")),
    [Symbol.dispose]() {
      os.dup2(kept, 0);
      for (const open of [kept, w]) os.close(open);
    },
  });
});

test("all ways to wait take an epoll object's descriptor, and a listening UNIX socket's", () => {
  const server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  server.bind("");
  server.listen();
  const epoll = select.epoll();
  epoll.register(server, EPOLLIN);
  const client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  const act = () => client.connect(server.getsockname() as Uint8Array);
  check({
    fd: epoll.fileno(),
    act,
    [Symbol.dispose]: () => epoll.close(),
  });
  for (const readable of Object.values(ways)) {
    assertEquals(readable(server.fileno()), true);
  }
  for (const s of [client, server]) s.close();
});
