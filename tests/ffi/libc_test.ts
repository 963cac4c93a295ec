import { assertEquals, assertNotEquals } from "@std/assert";
import { EBADF } from "../../ffi/errno.ts";
import { errno, libc, missing, set_errno, untraced } from "../../ffi/libc.ts";
import { test } from "../descriptors.ts";
import { has_cc } from "../machine.ts";

const mod = new URL("../../mod.ts", import.meta.url).href;

/** Runs a program in a Deno of its own; returns what it prints. */
function run(
  flags: readonly string[],
  program: string,
  cwd = Deno.cwd(),
): string {
  const file = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(file, program);
    const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...flags, file],
      cwd,
      env: { NO_COLOR: "1" },
    }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    Deno.removeSync(file);
  }
}

test("missing() names the system, the machine or the Deno that is not supported", () => {
  const cases = [
    ["linux", "x86_64", ["2.8.0", "2.9.6", "2.10.1", "3.0.0-rc.1"], null],
    ["linux", "aarch64", ["2.8.0", "2.9.6", "2.10.1", "3.0.0-rc.1"], null],
    ["windows", "x86_64", ["2.9.6"], "needs Linux, and this system is windows"],
    ["darwin", "aarch64", ["2.9.6"], "needs Linux, and this system is darwin"],
    [
      "linux",
      "riscv64gc",
      ["2.9.6"],
      "knows x86_64 and aarch64, and this machine is riscv64gc",
    ],
    [
      "linux",
      "x86_64",
      ["1.46.3", "2.4.0", "2.7.14"],
      "needs Deno 2.8 or newer, and this is Deno ",
    ],
  ] as const;
  for (const [os, arch, versions, why] of cases) {
    for (const deno of versions) {
      const reason = why?.endsWith("Deno ") ? why + deno : why;
      assertEquals(
        missing(os, arch, deno),
        reason && `Cannot bind libc: @iomux/py ${reason}`,
        `${os} ${arch} ${deno}`,
      );
    }
  }
});

test("libc finds every function of its table on this machine", () => {
  const names = Object.keys(libc);
  assertEquals(names.length, new Set(names).size);
  for (const name of ["select", "poll", "epoll_wait", "recvfrom", "strerror"]) {
    assertEquals(names.includes(name), true, name);
  }
  for (const name of names) {
    // An older glibc lacks them: see the next test.
    if (name === "pidfd_open" || name === "statx") continue;
    // ppoll_parked is libc's ppoll, called on another thread.
    const symbol = name.replace(/_parked$/, "");
    const library = Deno.dlopen("libc.so.6", { [symbol]: { type: "pointer" } });
    assertNotEquals(library.symbols[symbol], null, name);
    library.close();
  }
});

test("libc makes a system call by number where libc lacks the function", () => {
  const printed = run(
    ["--allow-ffi"],
    `const { dlopen } = Deno;
     Deno.dlopen = (name, table) => {
       const { symbols } = dlopen(name, table);
       return { symbols: { ...symbols, pidfd_open: null, statx: null } };
     };
     const { os, select } = await import(${JSON.stringify(mod)});
     const page = os.memfd_create("page");
     os.write(page, new Uint8Array(3));
     console.log(os.fstat(page).st_size);
     const fd = os.pidfd_open(Deno.pid);
     console.log(os.get_inheritable(fd), select.select([fd], [], [], 0));
     for (const pid of [2 ** 22 + 1, -1]) {
       try {
         os.pidfd_open(pid);
       } catch (error) {
         console.log(error.name, error.syscall, error.message);
       }
     }`,
  );
  assertEquals(
    printed,
    "3\nfalse [ [], [], [] ]\n" +
      "ProcessLookupError pidfd_open [Errno 3] No such process\n" +
      "OSError pidfd_open [Errno 22] Invalid argument\n",
  );
});

test("libc lacks a function at its own first call, not at import", () => {
  const printed = run(
    ["--allow-ffi"],
    `const { dlopen } = Deno;
     Deno.dlopen = (name, table) => {
       const { symbols } = dlopen(name, table);
       return { symbols: { ...symbols, getprotobyname_r: null } };
     };
     const { select, socket } = await import(${JSON.stringify(mod)});
     console.log(select.select([], [], [], 0));
     try {
       socket.getprotobyname("tcp");
     } catch (error) {
       console.log(error instanceof Deno.errors.NotSupported, error.message);
     }`,
  );
  assertEquals(
    printed,
    "[ [], [], [] ]\n" +
      "true Cannot call getprotobyname_r(): this machine's libc does not have it\n",
  );
});

test("libc fails at the first call, not at import, if it cannot be opened", () => {
  const printed = run(
    ["--allow-ffi"],
    `Deno.dlopen = () => {
       throw new TypeError("libc.so.6: cannot open shared object file");
     };
     const { select } = await import(${JSON.stringify(mod)});
     console.log(select.POLLIN);
     try {
       select.select([], [], [], 0);
     } catch (error) {
       console.log(error.message);
     }`,
  );
  assertEquals(
    printed,
    "1\nCannot bind libc: libc.so.6: cannot open shared object file\n",
  );
});

test("errno() is the errno of the last call, and set_errno() restores it", () => {
  assertEquals(libc.close(-1), -1);
  assertEquals(errno(), EBADF);
  untraced.listen(0, 1);
  set_errno(EBADF);
  assertEquals(errno(), EBADF);
  assertEquals(libc.epoll_create1(0x7fffffff), -1);
  assertEquals(errno(), 22);
});

test("errno() is the calling thread's, in a worker too", () => {
  // In a process of its own: Deno keeps the event loop of a worker that has ended.
  const libc = new URL("../../ffi/libc.ts", import.meta.url).href;
  const printed = run(
    ["--allow-ffi", "--allow-read"],
    `import { libc } from ${JSON.stringify(libc)};
     import { select } from ${JSON.stringify(mod)};
     if ("WorkerGlobalScope" in globalThis) {
       const messages = new Set();
       for (let i = 0; i < 10000; i++) {
         try {
           select.select([1_000_000], [], [], 0);
         } catch (error) {
           messages.add(error.message);
         }
       }
       self.postMessage([...messages]);
     } else {
       const worker = new Worker(import.meta.url, { type: "module" });
       // Keeps this thread's errno at EINVAL.
       const timer = setInterval(() => libc.epoll_create1(0x7fffffff));
       worker.onmessage = ({ data }) => {
         console.log(...data);
         clearInterval(timer);
         worker.terminate();
       };
     }`,
  );
  assertEquals(printed, "[Errno 9] Bad file descriptor\n");
});

test("libc is opened by the first call: importing needs no --allow-ffi", () => {
  const printed = run(
    [],
    `import { select } from ${JSON.stringify(mod)};
     console.log(select.POLLIN);
     try {
       select.select([], [], [], 0);
     } catch (error) {
       console.log(error instanceof Deno.errors.NotCapable, error.message);
     }`,
  );
  assertEquals(
    printed,
    "1\ntrue Requires all of ffi access, run again with the --allow-ffi flag without a path\n",
  );
});

test("libc works as soon as the permission is granted", () => {
  const printed = run(
    ["--allow-ffi"],
    `const query = Deno.permissions.querySync;
     Deno.permissions.querySync = () => ({ state: "prompt" });
     const { select, OSError } = await import(${JSON.stringify(mod)});
     Deno.permissions.querySync = query;
     try {
       select.select([999], [], [], 0);
     } catch (error) {
       console.log(error instanceof OSError, error.message);
     }
     console.log(select.select([], [], [], 0));`,
  );
  assertEquals(printed, "true [Errno 9] Bad file descriptor\n[ [], [], [] ]\n");
});

Deno.test({
  name:
    "libc is never loaded from the working folder, whatever --allow-ffi and --deny-ffi name" +
    (has_cc() ? "" : " (ignored: no cc here)"),
  ignore: !has_cc(),
  fn() {
    const folder = Deno.makeTempDirSync();
    try {
      // It prints a line when it is loaded; it links to libc, so libc's functions are found in it.
      Deno.writeTextFileSync(
        `${folder}/planted.c`,
        `#include <unistd.h>
       __attribute__((constructor)) static void loaded(void) {
         write(1, "planted\\n", 8);
       }`,
      );
      const built = new Deno.Command("cc", {
        args: ["-shared", "-fPIC", "-o", "libc.so.6", "planted.c"],
        cwd: folder,
      }).outputSync();
      assertEquals(new TextDecoder().decode(built.stderr), "");
      const program = `import { socket } from ${JSON.stringify(mod)};
      try {
        socket.socket().close();
        console.log("opened");
      } catch (error) {
        console.log(error.name);
      }`;
      for (
        const [flags, printed] of [
          [["--allow-ffi"], "opened\n"],
          [["--allow-all"], "opened\n"],
          [["--allow-ffi=libc.so.6"], "NotCapable\n"],
          [["--allow-ffi=./libc.so.6"], "NotCapable\n"],
          [["--allow-ffi=."], "NotCapable\n"],
          [["--allow-ffi", "--deny-ffi=/lib"], "NotCapable\n"],
          [[], "NotCapable\n"],
        ] as const
      ) assertEquals([flags, run(flags, program, folder)], [flags, printed]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

test("libc ignores properties of Object.prototype", () => {
  // The properties that Deno looks up in a definition, and those that make the tables.
  const inherited = {
    name: "getpid",
    type: "pointer",
    optional: true,
    nonblocking: true,
    callback: true,
    parameters: [],
    result: "u8",
    number: 39,
    path: "/nowhere",
    partial: true,
    getpid: { parameters: [], result: "i32" },
  };
  const program = (when: string) =>
    `const inherited = ${JSON.stringify(inherited)};
     ${when === "before" ? "Object.assign(Object.prototype, inherited);" : ""}
     const { os, select, socket } = await import(${JSON.stringify(mod)});
     Object.assign(Object.prototype, inherited);
     const [a, b] = socket.socketpair();
     console.log(a.send(new Uint8Array([1, 2])), b.recv(16).length);
     const fd = os.pidfd_open(Deno.pid);
     console.log(select.select([b, fd], [a], [], 0).map(({ length }) => length).join());
     console.log(socket.gethostbyname("127.0.0.1"), os.strerror(9));
     const server = socket.create_server(["127.0.0.1", 0]);
     const client = socket.create_connection(server.getsockname());
     console.log(server.accept()[1][0] === client.getsockname()[0]);
     Deno.exit();`;
  const expected = "2 2\n0,1,0\n127.0.0.1 Bad file descriptor\ntrue\n";
  for (const when of ["before", "after"]) {
    assertEquals(run(["--allow-ffi"], program(when)), expected);
  }
});

for (
  const [what, program, reason] of [
    [
      "another system",
      `Object.defineProperty(Deno, "build", { value: { ...Deno.build, os: "windows" } });`,
      "@iomux/py needs Linux, and this system is windows",
    ],
    [
      "an older Deno",
      `Object.defineProperty(Deno, "version", { value: { ...Deno.version, deno: "2.7.14" } });`,
      "@iomux/py needs Deno 2.8 or newer, and this is Deno 2.7.14",
    ],
  ] as const
) {
  test(`libc on ${what} says what is missing, at the first call`, () => {
    const printed = run(
      ["--allow-ffi"],
      `${program}
       const { select, socket } = await import(${JSON.stringify(mod)});
       console.log(select.EPOLLET);
       for (const call of [() => select.epoll(), () => socket.socketpair()]) {
         try {
           call();
         } catch (error) {
           console.log(error instanceof Deno.errors.NotSupported, error.message);
         }
       }`,
    );
    const line = `true Cannot bind libc: ${reason}\n`;
    assertEquals(printed, "2147483648\n" + line + line);
  });
}
