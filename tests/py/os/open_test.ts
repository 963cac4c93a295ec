import {
  errno,
  FileExistsError,
  FileNotFoundError,
  os,
  OSError,
  select,
  ValueError,
} from "@iomux/py";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { raises } from "../raises.ts";
import { test } from "../../descriptors.ts";
import { failing, replaced } from "../socket/setup.ts";
import { decode, encode, Fd, not_integers } from "./setup.ts";

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = os;

/** A folder of its own for a test. */
function folder(): { path: string } & Disposable {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Asserts that a call raises the error of an errno, with the path. */
function fails(fn: () => unknown, number: number, filename: string): void {
  const error = assertThrows(fn, OSError);
  assertEquals([error.errno, error.filename], [number, filename]);
  assertEquals(
    error.message,
    `[Errno ${number}] ${os.strerror(number)}: '${filename}'`,
  );
}

test("os.open() creates, writes, truncates and reads a file", () => {
  using at = folder();
  const path = `${at.path}/file`;
  {
    using file = new Fd(os.open(path, O_WRONLY | O_CREAT | O_EXCL));
    os.write(file.fd, encode("hello"));
  }
  {
    using file = new Fd(os.open(path, O_RDWR | os.O_APPEND | O_CREAT));
    os.write(file.fd, encode(", world"));
    os.lseek(file.fd, 0, os.SEEK_SET);
    assertEquals(decode(os.read(file.fd, 100)), "hello, world");
  }
  os.close(os.open(path, O_WRONLY | O_TRUNC));
  assertEquals(Deno.statSync(path).size, 0);
});

test("os.open() applies the umask to a new file's mode", () => {
  using at = folder();
  const before = Deno.umask(0o022);
  try {
    os.close(os.open(`${at.path}/a`, O_WRONLY | O_CREAT));
    os.close(os.open(`${at.path}/b`, O_WRONLY | O_CREAT, 0o620));
    os.close(os.open(`${at.path}/c`, O_WRONLY | O_CREAT, { mode: 0o640 }));
    assertEquals(
      ["a", "b", "c"].map((name) =>
        Deno.statSync(`${at.path}/${name}`).mode! & 0o777
      ),
      [0o755, 0o600, 0o640],
    );
  } finally {
    Deno.umask(before);
  }
});

test("os.open() returns the lowest free descriptor, closed on exec", () => {
  using at = folder();
  const [lowest, other] = os.pipe();
  os.close(lowest);
  using made = new Fd(os.open(`${at.path}/file`, O_WRONLY | O_CREAT));
  assertEquals(made.fd, lowest);
  assert(!os.get_inheritable(made.fd));
  made.close();
  using found = new Fd(os.open(`${at.path}/file`, O_RDONLY));
  assertEquals(found.fd, lowest);
  assert(!os.get_inheritable(found.fd));
  os.close(other);
});

test("os.open() starts at dir_fd, and keeps an absolute path as it is", () => {
  using at = folder();
  Deno.mkdirSync(`${at.path}/d`);
  Deno.writeTextFileSync(`${at.path}/d/file`, "here");
  using dir = new Fd(os.open(`${at.path}/d`, os.O_PATH | os.O_DIRECTORY));
  for (const path of ["file", "../d/file", `${at.path}/d/file`]) {
    using file = new Fd(os.open(path, O_RDONLY, { dir_fd: dir.fd }));
    assertEquals(decode(os.read(file.fd, 9)), "here");
  }
  using made = new Fd(os.open("new", O_WRONLY | O_CREAT, { dir_fd: dir.fd }));
  os.write(made.fd, encode("1"));
  assertEquals(Deno.readTextFileSync(`${at.path}/d/new`), "1");
  fails(() => os.open("no", O_RDONLY, { dir_fd: dir.fd }), errno.ENOENT, "no");
  const file = made.fd;
  fails(() => os.open("x", O_RDONLY, { dir_fd: file }), errno.ENOTDIR, "x");
  made.close();
  const error = assertThrows(
    () => os.open("x", O_RDONLY, { dir_fd: file }),
    OSError,
  );
  assertEquals(error.errno, errno.EBADF);
});

test("os.open() raises the class of errno, with the path", () => {
  using at = folder();
  Deno.mkdirSync(`${at.path}/d`);
  Deno.writeTextFileSync(`${at.path}/file`, "");
  Deno.symlinkSync("file", `${at.path}/link`);
  Deno.symlinkSync("loop", `${at.path}/loop`);
  const rows: [path: string, flags: number, number: number][] = [
    ["none", O_RDONLY, errno.ENOENT],
    ["none/file", O_WRONLY | O_CREAT, errno.ENOENT],
    ["file", O_WRONLY | O_CREAT | O_EXCL, errno.EEXIST],
    ["d", O_WRONLY, errno.EISDIR],
    ["d", O_RDONLY | O_CREAT, errno.EISDIR],
    ["d/", O_WRONLY | O_CREAT, errno.EISDIR],
    ["new/", O_WRONLY | O_CREAT, errno.EISDIR],
    ["file/", O_RDONLY, errno.ENOTDIR],
    ["file", O_RDONLY | os.O_DIRECTORY, errno.ENOTDIR],
    ["link", O_RDONLY | os.O_NOFOLLOW, errno.ELOOP],
    ["link", O_WRONLY | O_CREAT | O_EXCL, errno.EEXIST],
    ["loop", O_RDONLY, errno.ELOOP],
    ["x".repeat(256), O_RDONLY, errno.ENAMETOOLONG],
    // Flags that exclude each other are checked first.
    ["none/file", O_WRONLY | O_CREAT | os.O_TMPFILE, errno.EINVAL],
    ["d", O_RDONLY | os.O_TMPFILE, errno.EINVAL],
  ];
  for (const [path, flags, number] of rows) {
    fails(
      () => os.open(`${at.path}/${path}`, flags),
      number,
      `${at.path}/${path}`,
    );
  }
  fails(() => os.open("", O_RDONLY), errno.ENOENT, "");
  fails(() => os.open("", O_WRONLY | O_CREAT), errno.ENOENT, "");
  const [r, w] = os.pipe();
  fails(() => os.open("", O_CREAT, { dir_fd: r }), errno.ENOENT, "");
  os.close(r);
  os.close(w);
  fails(() => os.open("", O_CREAT, { dir_fd: r }), errno.ENOENT, "");
  assertInstanceOf(assertThrows(() => os.open("", 0)), FileNotFoundError);
  const again = () => os.open(`${at.path}/file`, O_CREAT | O_EXCL);
  assertInstanceOf(assertThrows(again), FileExistsError);
});

test("os.open() creates the file behind a dangling symbolic link", () => {
  using at = folder();
  Deno.mkdirSync(`${at.path}/d`);
  Deno.symlinkSync("d/second", `${at.path}/first`);
  Deno.symlinkSync("file", `${at.path}/d/second`);
  const fd = os.open(`${at.path}/first`, O_WRONLY | O_CREAT);
  os.write(fd, encode("1"));
  os.close(fd);
  assertEquals(Deno.readTextFileSync(`${at.path}/d/file`), "1");
});

test("os.open() opens devices, FIFOs, terminals, and descriptors by their paths", () => {
  using null_device = new Fd(os.open("/dev/null", O_RDWR));
  assertEquals(os.write(null_device.fd, encode("gone")), 4);
  assertEquals(os.read(null_device.fd, 9).length, 0);

  using at = folder();
  const path = `${at.path}/fifo`;
  assert(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
  fails(() => os.open(path, O_WRONLY | os.O_NONBLOCK), errno.ENXIO, path);
  using reader = new Fd(os.open(path, O_RDONLY | os.O_NONBLOCK));
  using writer = new Fd(os.open(path, O_WRONLY));
  os.write(writer.fd, encode("news"));
  assertEquals(select.select([reader], [], [], 5)[0], [reader]);
  assertEquals(decode(os.read(reader.fd, 9)), "news");

  const [master, slave] = os.openpty();
  using terminal = new Fd(os.open(os.ttyname(slave), O_RDWR | os.O_NOCTTY));
  assert(os.isatty(terminal.fd));
  os.close(master);
  os.close(slave);

  using memory = new Fd(os.memfd_create("open"));
  os.write(memory.fd, encode("memory"));
  using same = new Fd(os.open(`/proc/self/fd/${memory.fd}`, O_RDONLY));
  assertEquals(decode(os.read(same.fd, 9)), "memory");
});

test("os.open() takes O_TMPFILE and O_PATH", () => {
  using at = folder();
  using file = new Fd(os.open(at.path, O_RDWR | os.O_TMPFILE, 0o600));
  os.write(file.fd, encode("1"));
  assertEquals(os.fstat(file.fd).st_nlink, 0);
  assertEquals([...Deno.readDirSync(at.path)], []);
  using place = new Fd(os.open(at.path, os.O_PATH));
  const error = assertThrows(() => os.read(place.fd, 1), OSError);
  assertEquals(error.errno, errno.EBADF);
});

test("os.open() does not write to the memory of a process", () => {
  for (const path of ["/proc/self/mem", `/proc/self/task/${Deno.pid}/mem`]) {
    raises(Deno.errors.NotCapable, {
      "it is the memory of a process": () => os.open(path, O_RDWR),
    });
  }
});

test("os.open() checks its arguments", () => {
  for (const path of [1, null, new Uint8Array(1), [] as unknown] as string[]) {
    assertThrows(() => os.open(path, O_RDONLY), TypeError);
  }
  assertThrows(() => os.open("a\0b", O_RDONLY), ValueError);
  for (const wrong of not_integers.filter((it) => it !== null)) {
    assertThrows(() => os.open("/dev/null", wrong), TypeError);
    assertThrows(() => os.open("/dev/null", 0, { mode: wrong }), TypeError);
    assertThrows(() => os.open("a", 0, { dir_fd: wrong }), TypeError);
  }
  assertThrows(
    () => os.open("a", 0, { folder: 3 } as os.OpenOptions),
    TypeError,
    "unexpected keyword argument 'folder'",
  );
});

/** The outcomes of opening paths in a program with `--allow-ffi` and these flags. */
function outcomes(
  cwd: string,
  flags: string[],
  attempts: [path: string, flags: number, dir?: string][],
): string[] {
  const fixture = new URL("fixtures/open.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "--no-prompt", "--allow-ffi", ...flags];
  const given = attempts.map(([path, how, dir = null]) => [path, how, dir]);
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [...args, fixture, JSON.stringify(given)],
    cwd,
    env: { NO_COLOR: "1" },
  }).outputSync();
  assertEquals(decode(stderr), "");
  return JSON.parse(decode(stdout));
}

/** A folder with `secret/file`, and ways to it. */
function guarded(): { path: string } & Disposable {
  const at = folder();
  Deno.mkdirSync(`${at.path}/secret`);
  Deno.mkdirSync(`${at.path}/open`);
  Deno.writeTextFileSync(`${at.path}/secret/file`, "secret");
  Deno.writeTextFileSync(`${at.path}/open/file`, "open");
  Deno.symlinkSync("secret", `${at.path}/folder`);
  Deno.symlinkSync("../secret/file", `${at.path}/open/link`);
  Deno.symlinkSync("link", `${at.path}/open/second`);
  Deno.symlinkSync("../secret/new", `${at.path}/open/dangling`);
  return at;
}

/** Each way to `secret/file` or, to be made, to `secret/new`. */
function ways(at: string, flags: number): [string, number, string?][] {
  return [
    ["secret/file", flags],
    [`${at}/secret/file`, flags],
    ["open/../secret/file", flags],
    ["open/./../secret//file", flags],
    ["folder/file", flags],
    ["open/link", flags],
    ["open/second", flags],
    ["file", flags, `${at}/secret`],
    ["../secret/file", flags, `${at}/open`],
    ["link", flags, `${at}/open`],
    [`fd:${at}/secret/file`, flags],
    [`/proc/self/cwd/secret/file`, flags],
    [`/proc/self/root${at}/secret/file`, flags],
  ];
}

const refusal = (access: string) => (outcome: string) =>
  outcome.startsWith(`Requires ${access} access to "`) &&
  outcome.endsWith(`which --deny-${access} refuses`);

test("os.open() reads no path that --deny-read denies, by any spelling or link", () => {
  using at = guarded();
  // With O_PATH the kernel ignores O_WRONLY.
  for (const flags of [O_RDONLY, O_RDWR, os.O_PATH, os.O_PATH | O_WRONLY]) {
    const all = ways(at.path, flags);
    for (const denied of ["secret", `${at.path}/secret`]) {
      const found = outcomes(at.path, [`--deny-read=${denied}`], all);
      assertEquals(
        all.filter((_, i) => !refusal("read")(found[i]!)),
        [],
        JSON.stringify(found),
      );
    }
  }
  const allowed = ways(at.path, O_WRONLY);
  assertEquals(
    outcomes(at.path, ["--deny-read=secret"], [...allowed, ["open/file", 0]]),
    Array(allowed.length + 1).fill("opened"),
  );
});

test("os.open() refuses a denied link to a file that is not denied", () => {
  using at = guarded();
  Deno.symlinkSync("file", `${at.path}/open/alias`);
  const found = outcomes(at.path, ["--deny-read=open/alias"], [
    ["open/alias", O_RDONLY],
    ["alias", O_RDONLY, `${at.path}/open`],
    ["open/file", O_RDONLY],
  ]);
  assert(found.slice(0, 2).every(refusal("read")), JSON.stringify(found));
  assertEquals(found[2], "opened");
});

test("os.open() writes, truncates and creates no path that --deny-write denies", () => {
  using at = guarded();
  for (
    const flags of [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_CREAT]
  ) {
    const all = ways(at.path, flags);
    const found = outcomes(at.path, ["--deny-write=secret"], all);
    assertEquals(
      all.filter((_, i) => !refusal("write")(found[i]!)),
      [],
      JSON.stringify(found),
    );
  }
  const made: [string, number, string?][] = [
    ["secret/new", O_WRONLY | O_CREAT],
    ["secret/new", O_RDONLY | O_CREAT | O_EXCL],
    ["folder/new", O_WRONLY | O_CREAT],
    ["open/../secret/new", O_WRONLY | O_CREAT],
    ["open/dangling", O_WRONLY | O_CREAT],
    ["new", O_WRONLY | O_CREAT | O_TRUNC, `${at.path}/secret`],
    ["secret", O_WRONLY | os.O_TMPFILE],
  ];
  const found = outcomes(at.path, ["--deny-write=secret"], made);
  assertEquals(
    made.filter((_, i) => !refusal("write")(found[i]!)),
    [],
    JSON.stringify(found),
  );
  assertEquals(
    Deno.readTextFileSync(`${at.path}/secret/file`),
    "secret",
    "a refused call cuts nothing",
  );
  assertEquals(
    [...Deno.readDirSync(`${at.path}/secret`)].map(({ name }) => name),
    ["file"],
    "a refused call makes nothing",
  );
  const allowed = ways(at.path, O_RDONLY);
  assertEquals(
    outcomes(at.path, ["--deny-write=secret"], [
      ...allowed,
      ["open/new", O_WRONLY | O_CREAT],
    ]),
    Array(allowed.length + 1).fill("opened"),
  );
});

test("os.open() asks for no permission where none is denied, and refuses everything where all are", () => {
  using at = guarded();
  const all = [
    ...ways(at.path, O_RDWR),
    ["/dev/null", O_RDWR] as [string, number],
  ];
  assertEquals(outcomes(at.path, [], all), all.map(() => "opened"));
  for (const access of ["read", "write"]) {
    const found = outcomes(at.path, [`--deny-${access}`], all);
    assertEquals(found.filter((it) => !refusal(access)(it)), []);
  }
});

test("os.open() opens a pipe by its name in /proc, though the working folder is denied", () => {
  using at = folder();
  const denied = ["--deny-read=.", "--deny-write=."];
  const stdout: [string, number] = ["/proc/self/fd/1", O_RDWR];
  assertEquals(outcomes(at.path, denied, [stdout]), ["opened"]);
});

/** Answers Deno's queries for the permission of a path. */
function answering(answer: (path: string) => Deno.PermissionState) {
  return replaced(Deno.permissions, "querySync", () => (asked) => {
    const { path } = asked as Deno.ReadPermissionDescriptor;
    return { state: answer(String(path)) } as Deno.PermissionStatus;
  });
}

test("os.open() of a denied file that was unlinked is refused", () => {
  using at = guarded();
  const file = os.open(`${at.path}/secret/file`, O_RDONLY);
  Deno.removeSync(`${at.path}/secret/file`);
  using _ = answering((path) =>
    path === `${at.path}/secret/file` ? "denied" : "prompt"
  );
  assertThrows(
    () => os.open(`/proc/self/fd/${file}`, O_RDONLY),
    Deno.errors.NotCapable,
  );
  os.close(file);
});

test("os.open() opens the file that it has checked, though the path has changed since", () => {
  using at = guarded();
  Deno.symlinkSync("open/file", `${at.path}/turning`);
  let turned = false;
  // Turns the link right after the second check, the last moment before the open.
  using _ = answering((path) => {
    if (path === `${at.path}/open/file` && !turned) {
      turned = true;
      Deno.removeSync(`${at.path}/turning`);
      Deno.symlinkSync("secret/file", `${at.path}/turning`);
    }
    return "prompt";
  });
  using file = new Fd(os.open(`${at.path}/turning`, O_RDONLY));
  assertEquals(decode(os.read(file.fd, 9)), "open");
  assert(turned);
});

test("os.open() does not follow a link that appears where it creates a file", () => {
  using at = guarded();
  let asked = 0;
  using _ = answering((path) => {
    // The second check is of the path by its folder's descriptor, right before the file is made.
    if (path === `${at.path}/open/late` && ++asked === 2) {
      Deno.symlinkSync("../secret/file", path);
    }
    return path.startsWith(`${at.path}/secret`) ? "denied" : "prompt";
  });
  raises(Deno.errors.NotCapable, {
    [`"${at.path}/secret/file"`]: () =>
      os.open(`${at.path}/open/late`, O_WRONLY | O_CREAT | O_TRUNC),
  });
  assertEquals(Deno.readTextFileSync(`${at.path}/secret/file`), "secret");
});

test("os.open() continues after signals", () => {
  using signals = failing("openat", errno.EINTR, 2);
  using file = new Fd(os.open("/dev/null", O_RDONLY));
  assertEquals(os.read(file.fd, 1).length, 0);
  assert(signals.calls() > 2);
});
