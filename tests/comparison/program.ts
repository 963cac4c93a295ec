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
  epoll_masks,
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
      if (fits(call, at)) given[at] = of(hostile);
    }
    this.ops.push({ call, args: given, ...rest });
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
    const $ = `$${slot.name}`;
    const guard = [[slot.name, "out"]] as const;
    const data = this.#bytes();
    const flags = chance(40) ? [this.#flags()] : [];
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#op(`${$}.send`, [data, ...flags], { guard });
      case 3:
        // More than the buffers of a socket, with a time-out. The buffers of TCP vary.
        if (
          chance(8) && slot.family === "AF_UNIX" && slot.type === "SOCK_STREAM"
        ) {
          this.#op(`${$}.settimeout`, [0.002]);
          const much = { pattern: [below(256), 400_000] };
          return this.#op(`${$}.${of(["send", "sendall"])}`, [much]);
        }
        return this.#op(`${$}.sendall`, [data, ...flags], { guard });
      case 4: {
        const to = this.#destination(slot);
        return this.#op(`${$}.sendto`, [data, ...flags, to], { guard });
      }
      case 5: {
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
        return this.#op(`${$}.sendmsg`, args, { guard });
      }
      case 6: {
        const passed = this.#pick("socket", "fd", "file");
        if (passed === undefined) return;
        const fds = of<Argument>([
          [{ fd: passed.name }],
          [{ fd: passed.name }],
          [],
          [-1],
        ]);
        return this.#op("socket.send_fds", [{ $: slot.name }, [data], fds], {
          guard,
        });
      }
      case 7: {
        const file = this.#pick("file");
        if (file === undefined) return this.#file();
        const args: Argument[] = [{ file: file.name }];
        if (chance(50)) args.push(of([0, 1, 50, 2000, -1]));
        if (args.length === 2 && chance(60)) {
          args.push(of([1, 10, 5000, 0, -1, null]));
        }
        this.#op(`${$}.sendfile`, args, { guard });
        return this.#op("os.lseek", [{ fd: file.name }, 0, {
          constant: "os.SEEK_CUR",
        }]);
      }
    }
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
    const { of, chance, below } = this.#dice;
    const $ = `$${slot.name}`;
    const size = this.#size();
    const flags = chance(40) ? [this.#flags()] : [];
    // For a size of 0, CPython makes no call.
    const waits = { guard: [[slot.name, "in"]] } as const;
    const rest = size === 0 ? {} : waits;
    const buffer = { buffer: Math.min(size, 5000) };
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#op(`${$}.recv`, [size, ...flags], rest);
      case 3:
        return this.#op(`${$}.recv_into`, [
          buffer,
          ...(chance(40) ? [of([0, 1, 2, 6000]), ...flags] : []),
        ], rest);
      case 4:
        return this.#op(`${$}.recvfrom`, [size, ...flags], waits);
      case 5:
        return this.#op(`${$}.recvfrom_into`, [
          buffer,
          ...(chance(40) ? [of([0, 1, 2, 6000]), ...flags] : []),
        ], waits);
      case 6: {
        if (chance(40)) {
          const args = [
            [buffer, { buffer: 3 }],
            ...(chance(60) ? [of([0, 16, 24, 40, -1]), ...flags] : []),
          ];
          return this.#op(`${$}.recvmsg_into`, args, {
            ...waits,
            as: "message",
          });
        }
        return this.#op(`${$}.recvmsg`, [
          size,
          ...(chance(60) ? [of([0, 16, 20, 24, 40, -1]), ...flags] : []),
        ], { ...waits, as: "message" });
      }
      case 7:
        return this.#op("socket.recv_fds", [
          { $: slot.name },
          size,
          of([0, 1, 2, 5]),
          ...flags,
        ], { ...waits, as: "rights" });
    }
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
    const { of, chance, below } = this.#dice;
    const $ = `$${slot.name}`;
    const another = () => this.#new(slot.kind, slot.family, slot.type);
    switch (below(24)) {
      case 0:
        return this.#timeout(slot);
      case 1:
        return this.#op(`${$}.setblocking`, [
          of<Argument>([true, false, 1, 0, 2, "", null, []]),
        ]);
      case 2:
        return this.#op(`${$}.gettimeout`, []);
      case 3:
        return this.#op(`${$}.getblocking`, []);
      case 4:
        return this.#op(
          of([`${$}.timeout`, `${$}.family`, `${$}.type`, `${$}.proto`]),
          [],
          { property: true },
        );
      case 5:
        this.#op(`${$}.shutdown`, [
          of<Argument>([0, 1, 2, 0, 2, constant("SHUT_WR"), 3, -1]),
        ]);
        return chance(60) ? this.#receive(slot) : undefined;
      case 6:
        return chance(40)
          ? this.#op(`${$}.close`, [])
          : this.#op(`${$}.fileno`, [], { as: "fd" });
      case 7:
        return chance(40)
          ? this.#op(`${$}.detach`, [], { as: "detached" })
          : this.#op(`${$}.repr`, [], { as: "repr" });
      case 8:
        return this.#op(`${$}.dup`, [], { out: another() });
      case 9:
        this.#op(`${$}.dup`, [], { out: another() });
        return this.#op(`$${this.#slots.at(-1)!.name}.setblocking`, [
          chance(50),
        ]);
      case 10:
        return this.#op("socket.fromfd", [
          { fd: slot.name },
          constant(slot.family),
          constant(slot.type),
          ...(chance(30) ? [0] : []),
        ], { out: another() });
      case 11:
        this.#adopted(
          (name) => ({
            call: "socket.socket",
            args: of<readonly Argument[]>([
              [-1, -1, -1, { $: name }],
              [constant(slot.family), constant(slot.type), 0, { $: name }],
            ]),
            out: another(),
          }),
          "socket.dup",
          slot.name,
        );
        return;
      case 12:
        return this.#op(`${$}.getsockname`, []);
      case 13:
        return this.#op(`${$}.getpeername`, []);
      case 14:
        return this.#op(`${$}.get_inheritable`, []);
      case 15:
        this.#op(`${$}.set_inheritable`, [of<Argument>([true, false, 1, 0])]);
        return this.#op("os.get_inheritable", [{ fd: slot.name }]);
      case 16:
        return this.#op("os.get_blocking", [{ fd: slot.name }]);
      case 17:
        return this.#op("os.set_blocking", [
          { fd: slot.name },
          of<Argument>([true, false]),
        ]);
      case 18:
        return this.#op("socket.setdefaulttimeout", [
          of<Argument>([null, 0.002, 0, -1, "1", { number: "nan" }]),
        ]);
      case 19:
        return this.#op("socket.getdefaulttimeout", []);
      case 20:
        return this.#op(`${$}.bind`, [
          chance(60)
            ? this.#name_of(slot.family)
            : without_port(this.#odd_name(slot.family)),
        ]);
      case 21:
        return this.#op(
          `${$}.listen`,
          of<readonly Argument[]>([[], [0], [-5], [{ number: "2**31" }], [
            null,
          ]]),
        );
      case 22: {
        const to = chance(50)
          ? this.#odd_name(slot.family)
          : this.#destination(slot);
        return this.#op(`${$}.${of(["connect", "connect_ex"])}`, [to], {
          guard: [[slot.name, "in"]],
        });
      }
      case 23:
        return this.#op(`${$}.accept`, [], {
          out: [another(), null],
          guard: [[slot.name, "in"]],
        });
    }
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
    const { below, of, chance } = this.#dice;
    const poll = this.#pick("poll");
    if (poll === undefined || chance(3)) {
      const name = this.#new("poll");
      this.#op("select.poll", [], { out: name });
      for (let i = 0; i < 3; i++) {
        this.#op(`$${name}.register`, [this.#waitable()]);
      }
      return;
    }
    const $ = `$${poll.name}`;
    const mask = of(poll_masks);
    switch (below(8)) {
      case 0:
      case 1:
        return this.#op(`${$}.register`, [
          this.#waitable(),
          ...(chance(70) ? [mask] : []),
        ]);
      case 2:
        return this.#op(`${$}.modify`, [this.#waitable(), mask]);
      case 3:
        return this.#op(`${$}.unregister`, [this.#waitable()]);
      default: {
        const timeout = chance(85)
          ? of<Argument>([0, 1, 0.5, 0, 2])
          : of(odd_timeouts.poll);
        this.#op(`${$}.poll`, [timeout], { as: "pairs" });
      }
    }
  }

  #epoll(): void {
    const { below, of, chance } = this.#dice;
    const epoll = this.#pick("epoll");
    if (epoll === undefined || chance(3)) {
      const name = this.#new("epoll");
      this.#op(
        "select.epoll",
        chance(70)
          ? []
          : of<readonly Argument[]>([[1], [0], [-1], [-2], [10, 0], [10, {
            constant: "select.EPOLL_CLOEXEC",
          }], [1, 7]]),
        { out: name },
      );
      for (let i = 0; i < 3; i++) {
        this.#op(`$${name}.register`, [this.#waitable()]);
      }
      return;
    }
    const $ = `$${epoll.name}`;
    const mask = of(epoll_masks);
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return this.#op(`${$}.register`, [
          this.#waitable(),
          ...(chance(70) ? [mask] : []),
        ]);
      case 3:
        return this.#op(`${$}.modify`, [this.#waitable(), mask]);
      case 4:
        return this.#op(`${$}.unregister`, [this.#waitable()]);
      case 5:
        if (chance(75)) return this.#op(`${$}.closed`, [], { property: true });
        return this.#op(`${$}.${of(["close", "fileno"])}`, [], { as: "fd" });
      case 6: {
        if (chance(70)) return;
        return this.#adopted(
          (name) => ({
            call: "select.epoll/fromfd",
            args: [{ fd: name }],
            out: this.#new("epoll"),
          }),
          "os.dup",
          epoll.name,
        );
      }
      default: {
        const odd = of(odd_timeouts.epoll);
        const timeout = chance(90) ? this.#brief() : odd;
        const most = chance(60)
          ? []
          : [of<Argument>([-1, 1, 2, 10, 0, -2, { number: "2**31" }])];
        this.#op(`${$}.poll`, [timeout, ...most], { as: "pairs" });
      }
    }
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
    const { below, of, chance } = this.#dice;
    const selector = this.#pick("selector");
    if (selector === undefined || chance(3)) {
      const name = this.#new("selector");
      this.#op(
        `selectors.${of(["Select", "Poll", "Epoll", "Default"])}Selector`,
        [],
        { out: name },
      );
      for (let i = 0; i < 3; i++) {
        this.#register(name, this.#waitable(), of([1, 2, 3]), []);
      }
      return;
    }
    const $ = `$${selector.name}`;
    const events = of([1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 4, 5, -1]);
    const data = chance(50) ? [of<Argument>(["data", 5, null])] : [];
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return this.#register(selector.name, this.#waitable(), events, data);
      case 3:
      case 4: {
        const known = this.#registered.get(selector.name) ?? [];
        if (known.length === 0 || chance(30)) {
          return this.#op(`${$}.modify`, [this.#waitable(), events, ...data]);
        }
        const [file, before] = of(known);
        const after = chance(50) ? before : events;
        return this.#op(`${$}.modify`, [file, after, ...data]);
      }
      case 5:
        return this.#op(`${$}.unregister`, [this.#waitable()]);
      case 6:
        return this.#op(`${$}.get_key`, [this.#waitable()]);
      case 7:
        return this.#op(`${$}.get_map`, [], { as: "map" });
      case 8:
        return chance(20) ? this.#op(`${$}.close`, []) : undefined;
      default: {
        const odd = of(odd_timeouts.selector);
        this.#op(`${$}.select`, [chance(60) ? this.#brief() : odd], {
          as: "keys",
        });
      }
    }
  }

  // Queues.

  #queues(): void {
    const { below, of, chance } = this.#dice;
    const queue = this.#pick("queue", "simple");
    if (queue === undefined || chance(6)) {
      const kind = of([
        ...["Queue", "LifoQueue", "SimpleQueue"],
        ...["PriorityQueue", "PriorityQueue", "PriorityQueue"],
      ]);
      const args = kind === "SimpleQueue"
        ? []
        : of<readonly Argument[]>([[], [1], [2], [5], [0], [-1], [3]]);
      this.ops.push({
        call: `queue.${kind}`,
        args,
        out: this.#new(kind === "SimpleQueue" ? "simple" : "queue"),
      });
      return;
    }
    const $ = `$${queue.name}`;
    const item = this.#item(queue.name);
    const limit = of(queue_limits);
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#op(`${$}.put`, [item, ...limit]);
      case 4:
        return this.#op(`${$}.put_nowait`, [item]);
      case 5:
      case 6:
      case 7:
      case 8:
        return this.#op(`${$}.get`, limit);
      case 9:
        return this.#op(`${$}.get_nowait`, []);
      case 10:
        return this.#op(`${$}.${of(["qsize", "empty"])}`, []);
    }
    if (queue.kind === "simple") return;
    switch (below(4)) {
      case 0:
        return this.#op(`${$}.full`, []);
      case 1:
        return this.#op(`${$}.task_done`, []);
      case 2:
        return chance(10)
          ? this.#op(`${$}.shutdown`, chance(50) ? [] : [chance(50)])
          : undefined;
      case 3:
        return this.#op(`${$}.${of(["maxsize", "unfinished_tasks"])}`, [], {
          property: true,
        });
    }
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
    if (slot === undefined || chance(8)) {
      switch (below(5)) {
        case 4:
          return this.#open();
        case 0:
          return this.#pipe();
        case 1:
          return this.#op("os.pipe2", [
            of<Argument>([0, { constant: "os.O_NONBLOCK" }, {
              constant: "os.O_CLOEXEC",
            }]),
          ], { out: [this.#new("fd"), this.#new("fd")], as: "ignored" });
        case 2:
          return this.#op("os.eventfd", [
            of([0, 1, 5]),
            ...(chance(50)
              ? [
                of<Argument>([{ constant: "os.EFD_NONBLOCK" }, 0, {
                  constant: "os.EFD_SEMAPHORE",
                }]),
              ]
              : []),
          ], { out: this.#new("fd"), as: "ignored" });
        case 3:
          return this.#file();
      }
    }
    const fd = { fd: slot!.name };
    const reads = { guard: [[slot!.name, "in"]] } as const;
    const writes = { guard: [[slot!.name, "out"]] } as const;
    switch (below(20)) {
      case 17:
        return this.#op("os.fstat", [fd], { as: "stat" });
      case 18:
        return this.#op("os.readv", [
          fd,
          [{ buffer: of([0, 3, 8]) }, { buffer: 40 }],
        ], reads);
      case 19:
        return this.#op("os.writev", [
          fd,
          of<Argument>([[this.#bytes(), this.#bytes()], [], ["text"]]),
        ], writes);
      case 0:
      case 1:
      case 2:
        return this.#op("os.read", [fd, of([0, 1, 3, 8, 1000, 70000])], reads);
      case 3:
      case 4:
      case 5:
        // For 8 bytes, only small numbers: a nearly full eventfd blocks.
        return this.#op("os.write", [
          fd,
          of<Argument>([{ hex: "0300000000000000" }, {
            pattern: [below(256), of([0, 1, 7, 100, 3000])],
          }]),
        ], writes);
      case 6:
        return this.#op("os.eventfd_read", [fd], reads);
      case 7:
        return this.#op("os.eventfd_write", [
          fd,
          of<Argument>([1, 0, 3, -1, { number: "2**64" }]),
        ], writes);
      case 8:
        return this.#op("os.dup", [fd], {
          out: this.#new("fd"),
          as: "ignored",
        });
      case 9:
        return this.#op("os.get_blocking", [fd]);
      case 10:
        return this.#op("os.set_blocking", [
          fd,
          of<Argument>([true, false, false]),
        ]);
      case 11:
        return this.#op("os.get_inheritable", [fd]);
      case 12:
        return this.#op("os.set_inheritable", [
          fd,
          of<Argument>([true, false]),
        ]);
      case 13:
        if (chance(50)) return this.#op("os.fsync", [fd]);
        return this.#close(slot!);
      case 14:
        return this.#op("os.lseek", [
          fd,
          of([0, 1, 50, -1, -5]),
          of([0, 1, 2, 9]),
        ]);
      case 15:
        return this.#op("os.ftruncate", [fd, of([0, 10, 5000, -1])]);
      case 16: {
        const to = this.#pick("fd", "file");
        const from = this.#pick("file");
        if (to === undefined || from === undefined) return;
        return this.#op("os.sendfile", [
          { fd: to.name },
          { fd: from.name },
          of([0, null, 5, -1]),
          of([0, 10, 500, -1]),
        ], { guard: [[to.name, "out"]] });
      }
    }
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
    this.#op("os.read", [{ fd: slot.name }, 1]);
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

/** Whether a hostile argument is allowed: no call may wait for ever, or allocate all memory. */
function fits(call: string, at: number): boolean {
  const method = call.slice(call.lastIndexOf(".") + 1);
  // 0 and true are descriptors of the runner.
  if (call.startsWith("os.") && at === 0) return false;
  switch (method) {
    case "recv":
    case "recvfrom":
    case "recvmsg":
    case "recv_fds":
    case "read":
      return at > 1;
    case "select":
      // Its lists accept strings and other iterables. Without a time-out it waits.
      return at < 3 && call === "select.select";
    case "poll":
      return at > 0;
    case "settimeout":
    case "setdefaulttimeout":
    case "close":
    case "dup":
    case "dup2":
    case "ftruncate":
    case "lseek":
    case "put":
    case "get":
      return false;
    case "send_fds":
    case "sendfile":
    // A number as data is printed unchanged.
    case "register":
    case "modify":
      return at === 1;
    case "unregister":
    case "get_key":
      return at !== 0;
    // Bytes may be an abstract name, and all runners share these.
    case "bind":
      return false;
    case "create_server":
      return at > 0;
    // With a wrong family, CPython reads uninitialized memory.
    case "fromfd":
    case "epoll/fromfd":
      return false;
    case "socket":
      return at !== 3;
    case "create_connection":
      return at > 1;
    default:
      return true;
  }
}

/** Makes programs of about `length` calls each. */
export function* programs(seed: number, length = 40): Generator<Op[]> {
  const dice = new Dice(seed);
  for (;;) yield new Writer(dice, length).write();
}
