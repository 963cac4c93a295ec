/**
 * Programs of API calls, made from a seed. CPython and this package must give the same outcomes.
 *
 * A program does not depend on outcomes. It names the results of its calls (`out`), and calls
 * methods of these names. After a call that failed, both sides skip the calls of its result.
 *
 * @module
 */

import { functions } from "./functions.ts";
import {
  type Argument,
  Dice,
  epoll_arguments,
  epoll_masks,
  eventfd_flags,
  hostile,
  message_flags,
  odd_files,
  odd_names,
  odd_timeouts,
  open_flags,
  option_values,
  options,
  poll_masks,
  queue_limits,
  sizes,
} from "./values.ts";

export type { Argument } from "./values.ts";

/** The form of a result: which of its numbers are descriptors. */
export type Shape =
  | "fd"
  | "detached"
  | "fds"
  | "pairs"
  | "keys"
  | "map"
  | "message"
  | "rights"
  | "repr"
  | "stat"
  | "ignored";

type Out = string | null | readonly Out[];

/** A call of a program. */
export interface Op {
  /** `socket.socketpair`, or `$a.recv`: a method of the object named `a`. */
  readonly call: string;
  readonly args: readonly Argument[];
  readonly kw?: Readonly<Record<string, Argument>>;
  /** The name of the result, or of the items of a list. */
  readonly out?: Out;
  readonly as?: Shape;
  /** Whether to read a property. */
  readonly property?: boolean;
  /** Skipped if a wait for one of these would never end. */
  readonly guard?: ReadonlyArray<
    readonly [name: string, event: "in" | "out" | "quiet"]
  >;
}

/** `["value", result, …buffers]`, `["error", class, errno]`, `["skipped"]`, … */
export type Outcome = readonly [kind: string, ...rest: unknown[]];

type Kind =
  | "socket"
  | "listener"
  | "fd"
  | "file"
  | "poll"
  | "epoll"
  | "selector"
  | "queue"
  | "simple";

interface Slot {
  readonly name: string;
  readonly kind: Kind;
  readonly family: "AF_INET" | "AF_INET6" | "AF_UNIX";
  readonly type: "SOCK_STREAM" | "SOCK_DGRAM" | "SOCK_SEQPACKET";
}

const constant = (name: string): Argument => ({ constant: `socket.${name}` });
/** Ancillary data of one message. */
const scm_rights = (data: Argument): Argument => [{
  tuple: [constant("SOL_SOCKET"), constant("SCM_RIGHTS"), data],
}];
const families = ["AF_INET", "AF_INET6", "AF_UNIX"] as const;

/** The arguments of listen() for a socket in any state. */
const backlogs: readonly (readonly Argument[])[] = [
  ...[[], [0], [-5], [{ number: "2**31" }], [null]],
];

/** Makes one program. */
class Writer {
  readonly ops: Op[] = [];
  readonly #slots: Slot[] = [];
  readonly #dice: Dice;
  readonly #length: number;
  #count = 0;
  /** The files that were given to each selector, even if it refused them. */
  readonly #registered = new Map<
    string,
    ReadonlyArray<readonly [file: Argument, events: number]>
  >();

  constructor(dice: Dice, length: number) {
    this.#dice = dice;
    this.#length = length;
  }

  write(): Op[] {
    const { below, chance, of } = this.#dice;
    const themes = [
      [this.#streams, 26],
      [this.#datagrams, 15],
      [this.#waiting, 25],
      [this.#queues, 12],
      [this.#descriptors, 13],
      [this.#functions, 9],
    ] as const;
    let at = below(100);
    for (const [theme, weight] of themes) {
      if ((at -= weight) >= 0) continue;
      theme.call(this);
      while (this.ops.length < this.#length) {
        if (chance(88)) theme.call(this);
        else of(themes)[0].call(this);
      }
      break;
    }
    this.#last_look();
    return this.ops;
  }

  // The parts of a program.

  #new(
    kind: Kind,
    family: Slot["family"] = "AF_INET",
    type: Slot["type"] = "SOCK_STREAM",
  ): string {
    const name = `${kind === "simple" ? "q" : kind[0]}${++this.#count}`;
    this.#slots.push({ name, kind, family, type });
    return name;
  }

  #pick(...kinds: readonly Kind[]): Slot | undefined {
    const fitting = this.#slots.filter((slot) => kinds.includes(slot.kind));
    // Mostly a recent one, which is still open.
    if (fitting.length === 0) return undefined;
    return this.#dice.of(this.#dice.chance(70) ? fitting.slice(-4) : fitting);
  }

  #op(
    call: string,
    args: readonly Argument[],
    rest: Omit<Op, "call" | "args"> = {},
  ): void {
    const { below, of, chance } = this.#dice;
    const given = [...args];
    if (given.length > 0 && chance(4)) {
      const at = below(given.length);
      if (call.startsWith("os.") && at === 0) given[at] = of(odd_files);
      else if (fits(call, at)) given[at] = of(hostile);
    }
    this.ops.push({ call, args: given, ...rest });
  }

  /** Returns a function that calls a method of an object. */
  #on(name: string) {
    return (
      method: string,
      args: readonly Argument[] = [],
      rest?: Omit<Op, "call" | "args">,
    ) => this.#op(`$${name}.${method}`, args, rest);
  }

  /** Does one of these at random. */
  #one_of(...actions: readonly (() => void)[]): void {
    this.#dice.of(actions)();
  }

  #bytes(): Argument {
    const { below, of } = this.#dice;
    return {
      pattern: [
        below(256),
        of([0, 1, 2, 3, 5, 8, 40, 41, 100, 513, 1500, 5000]),
      ],
    };
  }

  #size(): number {
    return this.#dice.of(sizes);
  }

  #timeout(slot: Slot): void {
    const { of, chance } = this.#dice;
    const $ = `$${slot.name}`;
    const brief: readonly Argument[] = [null, 0, 0.002, 0.003, 1 / 300, 1e-9];
    if (chance(70)) {
      this.#op(`${$}.settimeout`, [
        of<Argument>([...brief, ...odd_timeouts.settimeout, -1, "1"]),
      ]);
      return;
    }
    // Too long for a test: read back only, or the closed socket fails at once.
    this.#op(`${$}.settimeout`, [of<Argument>([60, 1.5, true, 1 / 3])]);
    this.#op(`${$}.gettimeout`, []);
    if (chance(25)) {
      this.#op(`${$}.close`, []);
      this.#op(`${$}.accept`, []);
      this.#op(`${$}.${of(["recv", "recvfrom", "recvmsg"])}`, [5]);
      this.#op(`${$}.${of(["send", "sendall"])}`, [this.#bytes()]);
      const file = this.#pick("file");
      if (file !== undefined) this.#op(`${$}.sendfile`, [{ file: file.name }]);
    }
    this.#op(`${$}.settimeout`, [0.002]);
  }

  /** A time-out for a wait that may find nothing ready. */
  #brief(): Argument {
    return this.#dice.of<Argument>([0, 0, 0, 0.001, 0.002, 0.0000001]);
  }

  #flags(): Argument {
    if (this.#dice.chance(75)) return 0;
    return this.#dice.of(message_flags);
  }

  /** Gives a socket a time-out, so that its waits end. */
  #bound(name: string): void {
    const { of, chance } = this.#dice;
    const { family, type } = this.#slots.find((slot) => slot.name === name)!;
    if (family !== "AF_UNIX" && type === "SOCK_STREAM") {
      // Otherwise a few bytes may wait up to 40 ms for an acknowledgement.
      const nodelay = [constant("IPPROTO_TCP"), constant("TCP_NODELAY"), 1];
      this.ops.push({ call: `$${name}.setsockopt`, args: nodelay });
    }
    if (chance(45)) {
      this.#op(`$${name}.settimeout`, [of([0.002, 0.003, 0.001])]);
    } else if (chance(55)) this.#op(`$${name}.setblocking`, [false]);
  }

  #name_of(family: Slot["family"]): Argument {
    const { of, below } = this.#dice;
    switch (family) {
      case "AF_INET":
        return {
          tuple: [of(["127.0.0.1", "127.0.0.1", "", "127.1", "0.0.0.0"]), 0],
        };
      case "AF_INET6":
        return {
          tuple: of<readonly Argument[]>([
            ["::1", 0],
            ["", 0],
            ["::1", 0, 0, 0],
            ["::1", 0, 5],
          ]),
        };
      case "AF_UNIX":
        return of<Argument>([
          { path: `/${below(4)}` },
          { abstract: `${below(4)}` },
          { path: `/${below(1000)}` },
          { path: `/ä${below(9)}` },
        ]);
    }
  }

  /** An address that no socket has, or an invalid one; mostly of this family. */
  #odd_name(family: Slot["family"]): Argument {
    const { of, below, chance } = this.#dice;
    if (chance(8)) return of<Argument>([null, below(9), "text"]);
    return of(odd_names[chance(85) ? family : of(families)]);
  }

  // Sockets.

  #pair(): void {
    const { of, chance } = this.#dice;
    const type = of(
      ["SOCK_STREAM", "SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET"] as const,
    );
    const out = [
      this.#new("socket", "AF_UNIX", type),
      this.#new("socket", "AF_UNIX", type),
    ];
    if (type === "SOCK_STREAM" && chance(30)) {
      this.#op("socket.socketpair", [], { out });
    } else if (chance(10)) {
      this.#op("socket.socketpair", [null, constant(type)], { out });
    } else {
      const args = [constant("AF_UNIX"), this.#type(type)];
      this.#op("socket.socketpair", args, { out });
    }
    for (const name of out) this.#bound(name);
  }

  #socket(): string {
    const { of, chance } = this.#dice;
    const family = of(families);
    const type = family === "AF_UNIX"
      ? of(["SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET"] as const)
      : of(["SOCK_STREAM", "SOCK_DGRAM"] as const);
    const name = this.#new("socket", family, type);
    this.#op("socket.socket", [
      constant(family),
      this.#type(type),
      ...(chance(20) ? [0] : []),
    ], { out: name });
    if (chance(70)) this.#bound(name);
    return name;
  }

  /** A type, sometimes with a flag. */
  #type(type: Slot["type"]): Argument {
    if (this.#dice.chance(85)) return constant(type);
    const flag = this.#dice.of(["SOCK_NONBLOCK", "SOCK_CLOEXEC"]);
    return { flags: [`socket.${type}`, `socket.${flag}`] };
  }

  /** A listener, a client of it, and the accepted connection. */
  #connection(): void {
    const { of, chance } = this.#dice;
    const family = of(families);
    const type = family === "AF_UNIX" && chance(30)
      ? "SOCK_SEQPACKET"
      : "SOCK_STREAM";
    const listener = this.#new("listener", family, type);
    if (type === "SOCK_STREAM" && chance(50)) {
      const kw = of<Record<string, Argument>>([
        {},
        { backlog: 5 },
        { backlog: null },
        // CPython before 3.13.2 refused it for AF_UNIX.
        { reuse_port: family !== "AF_UNIX" },
        { dualstack_ipv6: true },
      ]);
      this.#op("socket.create_server", [this.#name_of(family)], {
        kw: { family: constant(family), ...kw },
        out: listener,
      });
    } else {
      this.#op("socket.socket", [constant(family), constant(type)], {
        out: listener,
      });
      this.#op(`$${listener}.bind`, [this.#name_of(family)]);
      this.#op(
        `$${listener}.listen`,
        of<readonly Argument[]>([[], [0], [1], [5], [-1], [128]]),
      );
    }
    this.#bound(listener);
    this.#client(this.#slots.at(-1)!);
    if (chance(85)) {
      this.#accept(this.#slots.find((slot) => slot.name === listener)!);
    }
  }

  #client(listener: Slot): void {
    const { chance } = this.#dice;
    const { family, type } = listener;
    const guard = [[listener.name, "quiet"]] as const;
    const name = this.#new("socket", family, type);
    if (family !== "AF_UNIX" && chance(30)) {
      const host = family === "AF_INET" ? "127.0.0.1" : "::1";
      const address = { tuple: [host, { port: listener.name }] };
      this.#op("socket.create_connection", [address, 0.05], {
        out: name,
        guard,
      });
      return this.#bound(name);
    }
    this.#op("socket.socket", [constant(family), constant(type)], {
      out: name,
    });
    this.#bound(name);
    this.#op(`$${name}.${chance(80) ? "connect" : "connect_ex"}`, [{
      address: listener.name,
    }], { guard });
  }

  #accept(listener: Slot): void {
    const name = this.#new("socket", listener.family, listener.type);
    this.#op(`$${listener.name}.accept`, [], {
      out: [name, null],
      guard: [[listener.name, "in"]],
    });
    this.#bound(name);
  }

  #send(slot: Slot): void {
    const { of, chance, below } = this.#dice;
    const on = this.#on(slot.name);
    const guard = [[slot.name, "out"]] as const;
    const data = this.#bytes();
    const flags = chance(40) ? [this.#flags()] : [];
    const send = () => on("send", [data, ...flags], { guard });
    this.#one_of(send, send, send, () => {
      // More than the buffers of a socket, with a time-out. The buffers of TCP vary.
      if (
        chance(8) && slot.family === "AF_UNIX" && slot.type === "SOCK_STREAM"
      ) {
        on("settimeout", [0.002]);
        const much = { pattern: [below(256), 400_000] };
        return on(of(["send", "sendall"]), [much]);
      }
      on("sendall", [data, ...flags], { guard });
    }, () => {
      on("sendto", [data, ...flags, this.#destination(slot)], { guard });
    }, () => {
      const rights = this.#pick("socket", "fd", "file");
      const ancdata: Argument = chance(50) || rights === undefined
        ? []
        : of<Argument>([
          scm_rights({ rights: [rights.name] }),
          scm_rights({ rights: [rights.name, rights.name] }),
          scm_rights({ hex: "ffffffff" }),
          scm_rights({ hex: "" }),
          [{ tuple: [constant("SOL_SOCKET"), 77, { hex: "01020304" }] }],
          [{ tuple: [1, 2] }],
        ]);
      const args: Argument[] = [
        chance(85)
          ? [data, this.#bytes()]
          : of<Argument>([[], [{ hex: "" }], ["text"], { hex: "0102" }]),
      ];
      if (chance(70)) args.push(ancdata);
      if (args.length === 2 && chance(30)) args.push(this.#flags());
      if (args.length === 3 && chance(50)) {
        args.push(chance(50) ? null : this.#destination(slot));
      }
      on("sendmsg", args, { guard });
    }, () => {
      const passed = this.#pick("socket", "fd", "file");
      if (passed === undefined) return;
      const fd = { fd: passed.name };
      const args = [
        { $: slot.name },
        [data],
        of<Argument>([[fd], [fd], [], [-1]]),
      ];
      this.#op("socket.send_fds", args, { guard });
    }, () => {
      const file = this.#pick("file");
      if (file === undefined) return this.#file();
      const args: Argument[] = [{ file: file.name }];
      if (chance(50)) args.push(of([0, 1, 50, 2000, -1]));
      if (args.length === 2 && chance(60)) {
        args.push(of([1, 10, 5000, 0, -1, null]));
      }
      on("sendfile", args, { guard });
      const position = [{ fd: file.name }, 0, { constant: "os.SEEK_CUR" }];
      this.#op("os.lseek", position);
    });
  }

  #destination(slot: Slot): Argument {
    const { chance } = this.#dice;
    const peers = this.#slots.filter((it) =>
      (it.kind === "socket" || it.kind === "listener") &&
      it.family === slot.family
    );
    if (chance(75) && peers.length > 0) {
      return { address: this.#dice.of(peers).name };
    }
    return this.#odd_name(slot.family);
  }

  #receive(slot: Slot): void {
    const { of, chance } = this.#dice;
    const on = this.#on(slot.name);
    const size = this.#size();
    const flags = chance(40) ? [this.#flags()] : [];
    // For a size of 0, CPython makes no call.
    const waits = { guard: [[slot.name, "in"]] } as const;
    const rest = size === 0 ? {} : waits;
    const buffer = { buffer: Math.min(size, 5000) };
    const message = { ...waits, as: "message" } as const;
    const more = (share: number, ...values: number[]) =>
      chance(share) ? [of(values), ...flags] : [];
    const recv = () => on("recv", [size, ...flags], rest);
    this.#one_of(
      recv,
      recv,
      recv,
      () => on("recv_into", [buffer, ...more(40, 0, 1, 2, 6000)], rest),
      () => on("recvfrom", [size, ...flags], waits),
      () => on("recvfrom_into", [buffer, ...more(40, 0, 1, 2, 6000)], waits),
      () => {
        if (chance(40)) {
          const buffers = [buffer, { buffer: 3 }];
          const args = [buffers, ...more(60, 0, 16, 24, 40, -1)];
          return on("recvmsg_into", args, message);
        }
        on("recvmsg", [size, ...more(60, 0, 16, 20, 24, 40, -1)], message);
      },
      () => {
        const args = [{ $: slot.name }, size, of([0, 1, 2, 5]), ...flags];
        this.#op("socket.recv_fds", args, { ...waits, as: "rights" });
      },
    );
  }

  #option(slot: Slot): void {
    const { of, chance } = this.#dice;
    const [level, name] = of(options);
    const where = [constant(level), constant(name)];
    if (chance(50)) {
      this.#op(`$${slot.name}.getsockopt`, [
        ...where,
        ...(chance(60) ? [of([4, 1, 0, 8, 16, 1024, 1025, 1025, -1])] : []),
      ]);
      return;
    }
    const value = of(option_values);
    this.#op(`$${slot.name}.setsockopt`, [...where, ...value]);
  }

  /** Makes an object of a duplicate, which then owns that descriptor alone. */
  #adopted(op: (name: string) => Op, dup: string, name: string): void {
    const copy = `f${++this.#count}`;
    this.#op(dup, [{ fd: name }], { out: copy, as: "ignored" });
    this.ops.push(op(copy));
  }

  /** Reads or changes the state of a socket. */
  #handle(slot: Slot): void {
    const { of, chance } = this.#dice;
    const on = this.#on(slot.name);
    const fd = { fd: slot.name };
    const kind = [constant(slot.family), constant(slot.type)];
    const another = () => this.#new(slot.kind, slot.family, slot.type);
    const read = (name: string) => () => on(name);
    const property = { property: true };
    const waits = { guard: [[slot.name, "in"]] } as const;
    this.#one_of(
      () => this.#timeout(slot),
      () =>
        on("setblocking", [
          of<Argument>([true, false, 1, 0, 2, "", null, []]),
        ]),
      read("gettimeout"),
      read("getblocking"),
      () => on(of(["timeout", "family", "type", "proto"]), [], property),
      () => {
        const how = of<Argument>([0, 1, 2, 0, 2, constant("SHUT_WR"), 3, -1]);
        on("shutdown", [how]);
        if (chance(60)) this.#receive(slot);
      },
      () => chance(40) ? on("close") : on("fileno", [], { as: "fd" }),
      () =>
        chance(40)
          ? on("detach", [], { as: "detached" })
          : on("repr", [], { as: "repr" }),
      () => on("dup", [], { out: another() }),
      () => {
        on("dup", [], { out: another() });
        this.#on(this.#slots.at(-1)!.name)("setblocking", [chance(50)]);
      },
      () => {
        const args = [fd, ...kind, ...(chance(30) ? [0] : [])];
        this.#op("socket.fromfd", args, { out: another() });
      },
      () =>
        this.#adopted(
          (name) => ({
            call: "socket.socket",
            args: of<readonly Argument[]>([
              [-1, -1, -1, { $: name }],
              [...kind, 0, { $: name }],
            ]),
            out: another(),
          }),
          "socket.dup",
          slot.name,
        ),
      read("getsockname"),
      read("getpeername"),
      read("get_inheritable"),
      () => {
        on("set_inheritable", [of<Argument>([true, false, 1, 0])]);
        this.#op("os.get_inheritable", [fd]);
      },
      () => this.#op("os.get_blocking", [fd]),
      () => this.#op("os.set_blocking", [fd, of<Argument>([true, false])]),
      () =>
        this.#op("socket.setdefaulttimeout", [
          of<Argument>([null, 0.002, 0, -1, "1", { number: "nan" }]),
        ]),
      () => this.#op("socket.getdefaulttimeout", []),
      () =>
        on("bind", [
          chance(60)
            ? this.#name_of(slot.family)
            : without_port(this.#odd_name(slot.family)),
        ]),
      () => on("listen", of(backlogs)),
      () => {
        const to = chance(50)
          ? this.#odd_name(slot.family)
          : this.#destination(slot);
        on(of(["connect", "connect_ex"]), [to], waits);
      },
      () => on("accept", [], { out: [another(), null], ...waits }),
    );
  }

  #streams(): void {
    const { below } = this.#dice;
    const slot = this.#pick("socket");
    const listener = this.#pick("listener");
    const what = below(100);
    if (slot === undefined || what < 6) return this.#connection();
    if (what < 10) return this.#pair();
    if (what < 12) return void this.#socket();
    if (what < 36) return this.#send(slot);
    if (what < 62) return this.#receive(slot);
    if (what < 74) return this.#option(slot);
    if (listener !== undefined && what < 78) return this.#client(listener);
    if (listener !== undefined && what < 82) return this.#accept(listener);
    if (listener !== undefined && what < 86) return this.#handle(listener);
    this.#handle(slot);
  }

  #datagrams(): void {
    const { below, of, chance } = this.#dice;
    const slot = this.#pick("socket");
    const what = below(100);
    if (slot === undefined || what < 10) {
      const family = of(families);
      const name = this.#new("socket", family, "SOCK_DGRAM");
      this.#op("socket.socket", [constant(family), constant("SOCK_DGRAM")], {
        out: name,
      });
      this.#op(`$${name}.bind`, [this.#name_of(family)]);
      this.#bound(name);
      const peers = this.#slots.filter((it) =>
        it.kind === "socket" && it.family === family &&
        it.type === "SOCK_DGRAM" && it.name !== name
      );
      if (peers.length > 0 && chance(60)) {
        this.#op(`$${name}.connect`, [{ address: of(peers).name }]);
      }
      return;
    }
    if (what < 16) return this.#pair();
    if (what < 45) return this.#send(slot);
    if (what < 75) return this.#receive(slot);
    if (what < 80) return this.#option(slot);
    this.#handle(slot);
  }

  // Waiting.

  #file(): void {
    const name = this.#new("file");
    this.ops.push({
      call: "os.memfd_create",
      args: ["file"],
      out: name,
      as: "ignored",
    });
    this.#op("os.write", [{ fd: name }, {
      pattern: [this.#dice.below(256), this.#dice.of([0, 100, 3000])],
    }]);
    this.#op("os.lseek", [{ fd: name }, this.#dice.of([0, 0, 20]), 0]);
  }

  #pipe(): void {
    this.#op("os.pipe", [], {
      out: [this.#new("fd"), this.#new("fd")],
      as: "ignored",
    });
  }

  /** An object or a descriptor to wait for, mostly an open one. */
  #waitable(): Argument {
    const { of, chance } = this.#dice;
    const slot = this.#pick("socket", "listener", "fd", "epoll", "socket");
    if (slot === undefined || chance(4)) {
      return of(odd_files);
    }
    if (slot.kind === "fd") return { fd: slot.name };
    return chance(70) ? { $: slot.name } : { fd: slot.name };
  }

  #waiting(): void {
    const { below, of, chance } = this.#dice;
    const slot = this.#pick("socket");
    const what = below(100);
    if (slot === undefined || what < 5) {
      return chance(60) ? this.#pair() : this.#connection();
    }
    if (what < 8) return this.#pipe();
    if (what < 12) {
      const fd = this.#pick("fd");
      if (fd === undefined) return this.#pipe();
      return this.#op("os.write", [{ fd: fd.name }, {
        pattern: [below(256), of([1, 5, 100])],
      }], { guard: [[fd.name, "out"]] });
    }
    if (what < 16) {
      const fd = this.#pick("fd");
      if (fd === undefined) return this.#pipe();
      if (chance(15)) return this.#close(fd);
      return this.#op("os.read", [{ fd: fd.name }, of([1, 3, 1000])], {
        guard: [[fd.name, "in"]],
      });
    }
    if (what < 26) return this.#send(slot);
    if (what < 34) return this.#receive(slot);
    if (what < 40) return this.#handle(slot);
    if (what < 52) return this.#select();
    if (what < 67) return this.#poll();
    if (what < 82) return this.#epoll();
    this.#selector();
  }

  #select(): void {
    const { below, of, chance } = this.#dice;
    const list = (): Argument =>
      Array.from({ length: below(4) }, () => this.#waitable());
    const odd = of(odd_timeouts.select);
    const timeout = chance(90) ? this.#brief() : odd;
    this.#op("select.select", [list(), list(), list(), timeout], { as: "fds" });
  }

  #poll(): void {
    const { of, chance } = this.#dice;
    const poll = this.#pick("poll");
    if (poll === undefined || chance(3)) {
      const name = this.#new("poll");
      this.#op("select.poll", [], { out: name });
      for (let i = 0; i < 3; i++) {
        this.#op(`$${name}.register`, [this.#waitable()]);
      }
      return;
    }
    const on = this.#on(poll.name);
    const mask = of(poll_masks);
    const register = () => {
      on("register", [this.#waitable(), ...(chance(70) ? [mask] : [])]);
    };
    const wait = () => {
      const timeout = chance(85)
        ? of<Argument>([0, 1, 0.5, 0, 2])
        : of(odd_timeouts.poll);
      on("poll", [timeout], { as: "pairs" });
    };
    this.#one_of(
      register,
      register,
      () => on("modify", [this.#waitable(), mask]),
      () => on("unregister", [this.#waitable()]),
      ...Array(4).fill(wait),
    );
  }

  #epoll(): void {
    const { of, chance } = this.#dice;
    const epoll = this.#pick("epoll");
    if (epoll === undefined || chance(3)) {
      const name = this.#new("epoll");
      const args = chance(70) ? [] : of(epoll_arguments);
      this.#op("select.epoll", args, { out: name });
      for (let i = 0; i < 3; i++) {
        this.#op(`$${name}.register`, [this.#waitable()]);
      }
      return;
    }
    const on = this.#on(epoll.name);
    const mask = of(epoll_masks);
    const register = () => {
      on("register", [this.#waitable(), ...(chance(70) ? [mask] : [])]);
    };
    const wait = () => {
      const odd = of(odd_timeouts.epoll);
      const timeout = chance(90) ? this.#brief() : odd;
      const most = chance(60)
        ? []
        : [of<Argument>([-1, 1, 2, 10, 0, -2, { number: "2**31" }])];
      on("poll", [timeout, ...most], { as: "pairs" });
    };
    this.#one_of(
      register,
      register,
      register,
      () => on("modify", [this.#waitable(), mask]),
      () => on("unregister", [this.#waitable()]),
      () => {
        if (chance(75)) return on("closed", [], { property: true });
        on(of(["close", "fileno"]), [], { as: "fd" });
      },
      () => {
        if (chance(70)) return;
        this.#adopted(
          (name) => ({
            call: "select.epoll/fromfd",
            args: [{ fd: name }],
            out: this.#new("epoll"),
          }),
          "os.dup",
          epoll.name,
        );
      },
      ...Array(5).fill(wait),
    );
  }

  #register(
    selector: string,
    file: Argument,
    events: number,
    data: readonly Argument[],
  ): void {
    const known = this.#registered.get(selector) ?? [];
    this.#registered.set(selector, [...known, [file, events]]);
    this.#op(`$${selector}.register`, [file, events, ...data]);
  }

  #selector(): void {
    const { of, chance } = this.#dice;
    const selector = this.#pick("selector");
    if (selector === undefined || chance(3)) {
      const name = this.#new("selector");
      const kind = of(["Select", "Poll", "Epoll", "Default"]);
      this.#op(`selectors.${kind}Selector`, [], { out: name });
      for (let i = 0; i < 3; i++) {
        this.#register(name, this.#waitable(), of([1, 2, 3]), []);
      }
      return;
    }
    const { name } = selector;
    const on = this.#on(name);
    const events = of([1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 4, 5, -1]);
    const data = chance(50) ? [of<Argument>(["data", 5, null])] : [];
    const register = () => this.#register(name, this.#waitable(), events, data);
    const modify = () => {
      const known = this.#registered.get(name) ?? [];
      if (known.length === 0 || chance(30)) {
        return on("modify", [this.#waitable(), events, ...data]);
      }
      const [file, before] = of(known);
      const after = chance(50) ? before : events;
      on("modify", [file, after, ...data]);
    };
    const wait = () => {
      const odd = of(odd_timeouts.selector);
      on("select", [chance(60) ? this.#brief() : odd], { as: "keys" });
    };
    this.#one_of(
      register,
      register,
      register,
      modify,
      modify,
      () => on("unregister", [this.#waitable()]),
      () => on("get_key", [this.#waitable()]),
      () => on("get_map", [], { as: "map" }),
      () => chance(20) ? on("close") : undefined,
      ...Array(5).fill(wait),
    );
  }

  // Queues.

  #queues(): void {
    const { of, chance } = this.#dice;
    const queue = this.#pick("queue", "simple");
    if (queue === undefined || chance(6)) {
      const kind = of([
        ...["Queue", "LifoQueue", "SimpleQueue"],
        ...["PriorityQueue", "PriorityQueue", "PriorityQueue"],
      ]);
      const simple = kind === "SimpleQueue";
      const args = simple
        ? []
        : of<readonly Argument[]>([[], [1], [2], [5], [0], [-1], [3]]);
      const out = this.#new(simple ? "simple" : "queue");
      this.ops.push({ call: `queue.${kind}`, args, out });
      return;
    }
    const on = this.#on(queue.name);
    const item = this.#item(queue.name);
    const limit = of(queue_limits);
    const put = () => on("put", [item, ...limit]);
    const get = () => on("get", limit);
    const more = () => {
      if (queue.kind === "simple") return;
      this.#one_of(
        () => on("full"),
        () => on("task_done"),
        () => {
          if (chance(10)) on("shutdown", chance(50) ? [] : [chance(50)]);
        },
        () => on(of(["maxsize", "unfinished_tasks"]), [], { property: true }),
      );
    };
    this.#one_of(
      ...Array(4).fill(put),
      () => on("put_nowait", [item]),
      ...Array(4).fill(get),
      () => on("get_nowait"),
      () => on(of(["qsize", "empty"])),
      ...Array(3).fill(more),
    );
  }

  /** An item for a queue, mostly of the same kind as the others, so that they can be ordered. */
  #item(queue: string): Argument {
    const { below, of, chance } = this.#dice;
    const kinds: readonly Argument[][] = [
      [below(10), below(10), -3, 2.5, true, below(1000)],
      ["a", "b", "ab", "é", "\u{10000}", "\uffff", ""],
      [{ tuple: [1, "x"] }, { tuple: [1, "y"] }, { tuple: [0, "z"] }, {
        tuple: [below(5), "x"],
      }, { tuple: [1] }],
      [{ hex: "01" }, { hex: "0102" }, { hex: "" }, { hex: "ff" }],
    ];
    const kind = chance(98)
      ? Number(queue.slice(1)) % kinds.length
      : below(kinds.length);
    return chance(1) ? null : of(kinds[kind]!);
  }

  // Descriptors: parts of os.

  #descriptors(): void {
    const { below, of, chance } = this.#dice;
    const slot = this.#pick("fd", "file");
    const made = () => ({ out: this.#new("fd"), as: "ignored" } as const);
    if (slot === undefined || chance(8)) {
      return this.#one_of(
        () => this.#pipe(),
        () => {
          const flags = of(["0", "O_NONBLOCK", "O_CLOEXEC"]);
          const arg = flags === "0" ? 0 : { constant: `os.${flags}` };
          const out = [this.#new("fd"), this.#new("fd")];
          this.#op("os.pipe2", [arg], { out, as: "ignored" });
        },
        () => {
          const args: Argument[] = [of([0, 1, 5])];
          if (chance(50)) args.push(of(eventfd_flags));
          this.#op("os.eventfd", args, made());
        },
        () => this.#file(),
        () => this.#open(),
      );
    }
    const fd = { fd: slot.name };
    const reads = { guard: [[slot.name, "in"]] } as const;
    const writes = { guard: [[slot.name, "out"]] } as const;
    const read = () =>
      this.#op("os.read", [fd, of([0, 1, 3, 8, 1000, 70000])], reads);
    // For 8 bytes, only small numbers: a nearly full eventfd blocks.
    const write = () => {
      const data = of<Argument>([
        { hex: "0300000000000000" },
        { pattern: [below(256), of([0, 1, 7, 100, 3000])] },
      ]);
      this.#op("os.write", [fd, data], writes);
    };
    const flag = (...flags: boolean[]) => of<Argument>(flags);
    const buffers = () => [{ buffer: of([0, 3, 8]) }, { buffer: 40 }];
    const parts = () => [this.#bytes(), this.#bytes()];
    this.#one_of(
      ...[read, read, read, write, write, write],
      () => this.#op("os.eventfd_read", [fd], reads),
      () => {
        const count = of<Argument>([1, 0, 3, -1, { number: "2**64" }]);
        this.#op("os.eventfd_write", [fd, count], writes);
      },
      () => this.#op("os.dup", [fd], made()),
      () => this.#op("os.get_blocking", [fd]),
      () => this.#op("os.set_blocking", [fd, flag(true, false, false)]),
      () => this.#op("os.get_inheritable", [fd]),
      () => this.#op("os.set_inheritable", [fd, flag(true, false)]),
      () => this.#op(`os.${of(["isatty", "ttyname", "fdatasync"])}`, [fd]),
      () => chance(50) ? this.#op("os.fsync", [fd]) : this.#close(slot),
      () =>
        this.#op("os.lseek", [fd, of([0, 1, 50, -1, -5]), of([0, 1, 2, 9])]),
      () => this.#op("os.ftruncate", [fd, of([0, 10, 5000, -1])]),
      () => {
        const to = this.#pick("fd", "file");
        const from = this.#pick("file");
        if (to === undefined || from === undefined) return;
        const offset = of([0, null, 5, -1]), count = of([0, 10, 500, -1]);
        const args = [{ fd: to.name }, { fd: from.name }, offset, count];
        this.#op("os.sendfile", args, { guard: [[to.name, "out"]] });
      },
      () => this.#op("os.fstat", [fd], { as: "stat" }),
      () => this.#op("os.readv", [fd, buffers()], reads),
      () =>
        this.#op(
          "os.writev",
          [fd, of<Argument>([parts(), [], ["text"]])],
          writes,
        ),
    );
  }

  #open(): void {
    const { below, of, chance } = this.#dice;
    const path = of<Argument>([
      { path: `/${below(3)}` },
      { path: `/${below(3)}` },
      { path: "" },
      { path: "/none/file" },
      { path: "/1/" },
      { path: "/.." },
      "/dev/null",
      "0",
      "",
    ]);
    const flags = [
      of(["O_RDONLY", "O_WRONLY", "O_RDWR"]),
      ...(chance(60) ? ["O_CREAT"] : []),
      ...(chance(30) ? [of(open_flags)] : []),
    ].map((name) => `os.${name}`);
    const folder = this.#pick("file", "socket");
    this.#op("os.open", [
      path,
      { flags },
      ...(chance(50) ? [of([0o600, 0o444, 0])] : []),
    ], {
      ...(chance(15) && folder !== undefined
        ? { kw: { dir_fd: { fd: folder.name } } }
        : {}),
      out: this.#new("fd"),
      as: "ignored",
    });
  }

  #close(slot: Slot): void {
    this.#op("os.close", [{ fd: slot.name }]);
    // It may have closed another descriptor than this one.
    this.#op("os.read", [{ fd: slot.name }, 1], { guard: [[slot.name, "in"]] });
    // From here on, another file may have its number.
    this.#slots.splice(this.#slots.indexOf(slot), 1);
  }

  #functions(): void {
    for (let i = 0; i < 2; i++) {
      const [name, args] = functions(this.#dice);
      this.ops.push({ call: `socket.${name}`, args });
    }
  }

  /** Reads the state of each socket, and the bytes that it has not received. */
  #last_look(): void {
    for (const { name, kind } of this.#slots) {
      if (kind === "socket" || kind === "listener") {
        this.ops.push({ call: "os.get_blocking", args: [{ fd: name }] });
        const addresses = ["getsockname", "getpeername"];
        for (const method of ["gettimeout", "getblocking", ...addresses]) {
          this.ops.push({ call: `$${name}.${method}`, args: [] });
        }
        this.ops.push({ call: `$${name}.repr`, args: [], as: "repr" });
        this.ops.push({ call: `$${name}.setblocking`, args: [false] });
        this.ops.push({
          call: `$${name}.recvmsg`,
          args: [70000],
          as: "message",
        });
      } else if (kind === "queue") {
        this.ops.push({ call: `$${name}.qsize`, args: [] });
      }
    }
  }
}

/** A name for bind() without a port, which the other runner may use. */
function without_port(name: Argument): Argument {
  return JSON.parse(
    JSON.stringify(name),
    (_, it) => it === 1 || it === 9 ? 0 : it,
  );
}

/** The indexes of arguments that may be hostile, by the methods' names. */
const hostile_at = new Map<string, (at: number) => boolean>();

function hostile_if(allowed: (at: number) => boolean, methods: string): void {
  for (const method of methods.split(" ")) hostile_at.set(method, allowed);
}

// Long sizes would allocate much memory, and other arguments wait for ever, or close a file.
hostile_if(
  (at) => at > 1,
  "recv recvfrom recvmsg recv_fds read create_connection",
);
hostile_if((at) => at > 0, "poll create_server unregister get_key");
hostile_if(
  () => false,
  "settimeout setdefaulttimeout close dup dup2 ftruncate",
);
hostile_if(() => false, "lseek put get select");
hostile_if((at) => at !== 3, "socket");
// A number as data is printed unchanged.
hostile_if((at) => at === 1, "send_fds sendfile register modify");
// Bytes may be an abstract name, and all runners share these.
hostile_if(() => false, "bind");
// With a wrong family, CPython reads uninitialized memory.
hostile_if(() => false, "fromfd epoll/fromfd");

/** Whether a hostile argument is allowed: no call may wait for ever, or allocate all memory. */
function fits(call: string, at: number): boolean {
  // Its lists accept strings and other iterables. Without a time-out it waits.
  if (call === "select.select") return at < 3;
  const allowed = hostile_at.get(call.slice(call.lastIndexOf(".") + 1));
  return allowed === undefined || allowed(at);
}

/** Makes programs of about `length` calls each. */
export function* programs(seed: number, length = 40): Generator<Op[]> {
  const dice = new Dice(seed);
  for (;;) yield new Writer(dice, length).write();
}
