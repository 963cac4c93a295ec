/**
 * Reads programs of API calls, a line of JSON each, and prints a line with the outcomes of each:
 * first of the synchronous calls, then of their Async twins. runner.py does the same with CPython.
 *
 * @module
 */

import { os, queue, select, selectors, socket } from "@iomux/py";
import type { Argument, Op, Outcome, Shape } from "./program.ts";

// deno-lint-ignore no-explicit-any -- a program may call anything
type Any = any;

const modules: Record<string, Any> = { os, queue, select, selectors, socket };
const numbers: Record<string, number> = {
  "nan": NaN,
  "inf": Infinity,
  "-inf": -Infinity,
  "2**31": 2 ** 31,
  "-2**31-1": -(2 ** 31) - 1,
  "2**32": 2 ** 32,
  "2**63": 2 ** 63,
  "2**64": 2 ** 64,
  "-2**63": -(2 ** 63),
  "-2**64": -(2 ** 64),
  "1e10": 1e10,
  "-1e10": -1e10,
  "1e300": 1e300,
  "-1e300": -1e300,
};

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  // int fcntl(int fd, int op, ...)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
});
const F_GETFL = 3;
const O_NONBLOCK = 2048;

/** The most milliseconds of a twin; each wait has a time-out of a few. */
const LONGEST = 1000;

class Skipped extends Error {}

class Program {
  readonly #folder: string;
  readonly #twins: boolean;
  readonly #slots = new Map<string, Any>();
  /** The names of descriptors, and the first descriptors of slots. */
  readonly #names = new Map<number, string>();
  readonly #fds = new Map<string, number>();
  readonly #ports = new Map<number, string>();
  readonly #loose: number[] = [];
  #received = 0;
  #buffers: Uint8Array[] = [];
  // Listeners that a twin has made non-blocking; their accept() still waits.
  readonly #unblocked = new Set<unknown>();

  constructor(folder: string, twins: boolean) {
    this.#folder = folder;
    this.#twins = twins;
  }

  // Arguments.

  #given(value: Argument): Any {
    if (Array.isArray(value)) return value.map((item) => this.#given(item));
    if (typeof value !== "object" || value === null) return value;
    const [[kind, it]] = Object.entries(value) as [[string, Any]];
    switch (kind) {
      case "$":
        return this.#slot(it);
      case "tuple":
        return it.map((item: Argument) => this.#given(item));
      case "fd":
        return this.#number(it);
      case "address":
        return this.#slot(it).getsockname();
      case "port":
        return this.#slot(it).getsockname()[1];
      case "constant": {
        const [module, name] = it.split(".");
        return modules[module][name];
      }
      case "flags":
        return it.reduce(
          (flags: number, name: string) =>
            flags | this.#given({ constant: name }),
          0,
        );
      case "hex":
        return Uint8Array.fromHex(it);
      case "pattern":
        return Uint8Array.from({ length: it[1] }, (_, i) => it[0] + i);
      case "buffer": {
        const buffer = new Uint8Array(it);
        this.#buffers.push(buffer);
        return buffer;
      }
      case "number":
        return numbers[it];
      case "path":
        return this.#folder + it;
      case "long":
        return `${this.#folder}/`.padEnd(it, "x");
      case "abstract":
        return "\0" + this.#folder + it;
      case "fileno": {
        const result = this.#given(it);
        return { fileno: () => result };
      }
      case "file":
        return this.#number(it);
      case "rights":
        return new Int32Array(it.map((slot: string) => this.#number(slot)));
    }
    throw new Error(kind);
  }

  #slot(name: string): Any {
    if (!this.#slots.has(name)) throw new Skipped();
    return this.#slots.get(name);
  }

  #number(name: string): number {
    const it = this.#slot(name);
    const fd = typeof it === "number" ? it : this.#fds.get(name);
    if (fd === undefined) throw new Skipped();
    return fd;
  }

  // Results.

  #known(fd: number): string | number {
    return this.#names.get(fd) ?? fd;
  }

  #shown(value: Any): unknown {
    if (value === null || value === undefined) return null;
    if (typeof value === "boolean") return value;
    if (typeof value === "number") {
      if (Number.isNaN(value)) return "+nan";
      if (!Number.isFinite(value)) return value > 0 ? "+inf" : "-inf";
      return Math.abs(value) <= 2 ** 53 ? value : String(value);
    }
    if (typeof value === "string") {
      return /^\0[0-9a-f]{5}$/.test(value)
        ? "autobound"
        : `text ${value.replaceAll(this.#folder, "FOLDER")}`;
    }
    if (value instanceof Uint8Array) {
      if (value.length <= 40) return `bytes ${value.toHex()}`;
      let sum = 0;
      for (const byte of value) sum = (sum * 31 + byte) % 65521;
      return `bytes ${value.length} ${sum}`;
    }
    if (value instanceof selectors.SelectorKey) {
      const { fileobj, fd, events, data } = value;
      const file = typeof fileobj === "number"
        ? this.#known(fileobj)
        : this.#shown(fileobj);
      return [file, this.#known(fd), events, this.#shown(data)];
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#shown(item));
      const [host, port] = value;
      if (
        (value.length === 2 || value.length === 4) &&
        typeof host === "string" && typeof port === "number" && port >= 32768
      ) {
        const name = this.#ports.get(port) ?? `port ${this.#ports.size}`;
        this.#ports.set(port, name);
        items[1] = name;
      }
      return items;
    }
    for (const [name, it] of this.#slots) if (it === value) return `$${name}`;
    return "object";
  }

  #result(value: Any, shape: Shape | undefined): unknown {
    switch (shape) {
      case undefined:
        return this.#shown(value);
      case "ignored":
        return null;
      case "fd":
        return this.#known(value);
      case "detached":
        if (value >= 0) this.#loose.push(value);
        return this.#known(value);
      case "fds":
        return value.map((list: Any[]) =>
          list.map((it) =>
            typeof it === "number" ? this.#known(it) : this.#shown(it)
          )
        );
      case "pairs":
        return value.map(([fd, it]: Any) => [this.#known(fd), this.#shown(it)]);
      case "keys":
        return value.map(([key, events]: Any) => [this.#shown(key), events]);
      case "map":
        return value && [...value.values()].map((key) => this.#shown(key));
      case "message": {
        const [data, ancdata, flags, address] = value;
        const items = ancdata.map(
          ([level, type, it]: [number, number, Uint8Array<ArrayBuffer>]) => {
            const is_rights = level === socket.SOL_SOCKET &&
              type === socket.SCM_RIGHTS;
            if (!is_rights) return [level, type, this.#shown(it)];
            const fds = new Int32Array(it.slice(0, it.length & ~3).buffer);
            return [level, type, Array.from(fds, (fd) => this.#take(fd))];
          },
        );
        return [this.#shown(data), items, flags, this.#shown(address)];
      }
      case "rights": {
        const [data, fds, flags, address] = value;
        const taken = fds.map((fd: number) => this.#take(fd));
        return [this.#shown(data), taken, flags, this.#shown(address)];
      }
      case "stat":
        return [
          value.st_mode,
          value.st_nlink,
          value.st_size,
          value.st_uid,
          value.st_blksize,
          value.st_rdev,
        ];
      case "repr":
        return String(value)
          .replace(/fd=(\d+)/, (_, fd) => `fd=${this.#known(Number(fd))}`)
          .replace(
            /', (\d{5})/g,
            (_, port) => `', ${this.#ports.get(Number(port)) ?? "new"}`,
          )
          .replace(/\\x00[0-9a-f]{5}(?=[,>])/g, "autobound")
          .replaceAll(this.#folder, "FOLDER");
    }
  }

  /** Names a descriptor that was received. */
  #take(fd: number): unknown {
    const name = `received ${++this.#received}`;
    this.#loose.push(fd);
    this.#names.set(fd, name);
    return [name, os.get_inheritable(fd)];
  }

  #name(out: Op["out"], value: Any): void {
    if (out === undefined || out === null) return;
    if (typeof out !== "string") {
      return out.forEach((one, i) => this.#name(one, value[i]));
    }
    this.#slots.set(out, value);
    if (typeof value === "number") this.#names.set(value, out);
    else if (typeof value?.fileno === "function") {
      try {
        const fd = value.fileno();
        this.#names.set(fd, out);
        this.#fds.set(out, fd);
      } catch {
        // An unusual call has closed it.
      }
    }
  }

  // Calls.

  /** Whether a wait on a slot would never end. */
  #would_block(slot: string, event: string): boolean {
    const it = this.#slots.get(slot);
    if (it === undefined) return false;
    const fd = typeof it === "number" ? it : it.fileno();
    if (fd < 0) return false;
    const ready = is_ready(fd, event);
    // Clients wait for a listener with a full queue.
    if (event === "quiet") return ready;
    if (typeof it !== "number" && it.gettimeout()) return false;
    if (this.#unblocked.has(it) && it.gettimeout() === null) return !ready;
    const flags = libc.fcntl(fd, F_GETFL, 0);
    return !ready && flags !== -1 && (flags & O_NONBLOCK) === 0;
  }

  /** Whether to call a twin: one never ends if the call would fail with EAGAIN. */
  #may_wait(op: Op, target: Any): boolean {
    const nonblocking = target.gettimeout?.() === 0;
    // On a non-blocking socket, these raise while their twins wait.
    if (/\.(connect|sendfile)/.test(op.call) || !op.guard) return !nonblocking;
    return op.guard.every(([slot, event]) => {
      const it = this.#slots.get(slot);
      if (it === undefined || typeof it === "number") return true;
      return it.fileno() < 0 || it.gettimeout() > 0 ||
        is_ready(it.fileno(), event);
    });
  }

  async run(op: Op): Promise<Outcome> {
    this.#buffers = [];
    const dot = op.call.lastIndexOf(".");
    const [owner, method] = [op.call.slice(0, dot), op.call.slice(dot + 1)];
    let target: Any, args: Any[];
    try {
      target = owner.startsWith("$")
        ? this.#slot(owner.slice(1))
        : modules[owner];
      for (const [slot, event] of op.guard ?? []) {
        if (this.#would_block(slot, event)) return ["would block"];
      }
      args = op.args.map((arg) => this.#given(arg));
      if (op.kw !== undefined) {
        args.push(Object.fromEntries(
          Object.entries(op.kw).map(([name, arg]) => [name, this.#given(arg)]),
        ));
      }
    } catch {
      // The slot of an argument is empty or closed.
      return ["skipped"];
    }
    let value: Any;
    try {
      if (method === "repr") value = target;
      else {
        const path = method.split("/");
        let name = path.pop()!;
        for (const part of path) target = target[part];
        const twin = this.#twins &&
          typeof target[`${name}Async`] === "function";
        if (twin && this.#may_wait(op, target)) name += "Async";
        if (name === "acceptAsync") this.#unblocked.add(target);
        if (op.property) value = target[name];
        else if (!name.endsWith("Async")) value = target[name](...args);
        else value = await in_time(target[name](...args));
        if (name === "dup" && this.#unblocked.has(target)) {
          this.#unblocked.add(value);
        }
      }
    } catch (error) {
      return failed(error);
    }
    this.#name(op.out, value);
    const buffers = this.#buffers.map((buffer) => this.#shown(buffer));
    return ["value", this.#result(value, op.as), ...buffers];
  }

  close(): void {
    for (const it of this.#slots.values()) {
      try {
        if (typeof it === "number") os.close(it);
        else it.close?.();
      } catch {
        // The program has closed it, or its epoll object.
      }
    }
    for (const fd of this.#loose) {
      try {
        os.close(fd);
      } catch {
        // The program has closed it.
      }
    }
    socket.setdefaulttimeout(null);
  }
}

function is_ready(fd: number, event: string): boolean {
  const pollfd = new Int32Array([fd, event === "out" ? 4 : 1]);
  return libc.poll(pollfd, 1n, 0) > 0;
}

function failed(error: Any): Outcome {
  if (error instanceof AggregateError) {
    return ["error", "AggregateError", error.errors.map(failed)];
  }
  return ["error", error.constructor.name, error.errno ?? null];
}

class NeverSettled extends Error {}

async function in_time<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NeverSettled()), LONGEST);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function outcomes(
  ops: readonly Op[],
  folder: string,
  twins: boolean,
): Promise<Outcome[]> {
  // A killed runner may have left the folder.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.mkdirSync(folder);
  // The folder of AF_UNIX names without a folder.
  Deno.chdir(folder);
  const program = new Program(folder, twins);
  const found: Outcome[] = [];
  for (const op of ops) found.push(await program.run(op));
  program.close();
  Deno.removeSync(folder, { recursive: true });
  return found;
}

async function warm_up(): Promise<void> {
  // The first wait opens the reactor's descriptors: do it before any descriptor has a name.
  const [a, b] = socket.socketpair();
  a.settimeout(0.001);
  await a.recvAsync(1).catch(() => {});
  a.close();
  b.close();
}

async function* lines(): AsyncGenerator<string> {
  let rest = "";
  const text = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const chunk of text) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

if (import.meta.main) {
  await warm_up();
  let count = 0;
  for await (const line of lines()) {
    const ops = JSON.parse(line);
    const id = String(count++).padStart(6, "0");
    // A descriptor in flight keeps its abstract name: each run has its own folder.
    const plain = await outcomes(ops, `${Deno.args[0]}/p${id}`, false);
    const twins = await outcomes(ops, `${Deno.args[0]}/t${id}`, true);
    console.log(JSON.stringify([plain, twins]));
  }
  // A twin that never settles would keep the process alive.
  Deno.exit();
}
