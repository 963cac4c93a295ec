import { int } from "../arguments.ts";
import { ValueError } from "../exceptions.ts";
import * as constants from "./constants.ts";

/** A constant with its name, as a member of a Python enumeration has both. */
export interface Member {
  /** The constant's name, such as `"AF_INET"`; of flags, names joined by `|`, or `null`. */
  readonly name: string | null;
  /** Its number. */
  readonly value: number;
  /** The number, where one is wanted. */
  valueOf(): number;
  /** Python's `repr`, such as `<AddressFamily.AF_INET: 2>`. */
  toString(): string;
}

/** Finds the name of a constant: what an enumeration of Python's module is here. */
export interface Enumeration {
  /**
   * Finds a constant.
   *
   * @param value Its number.
   * @returns The constant.
   * @throws {ValueError} If no constant has that number; flags have any.
   * @throws {TypeError} If it is no integer.
   */
  (value: number): Member;
}

// Kept, since to search the thousand constants takes most of a millisecond.
const found = new Map<string, ReadonlyMap<number, string>>();

/** The constants of a prefix by their values; of several names the first of the alphabet. */
function names_of(prefix: string): ReadonlyMap<number, string> {
  let names = found.get(prefix) as Map<number, string> | undefined;
  if (names === undefined) {
    names = new Map();
    for (const [name, value] of Object.entries(constants)) {
      if (!name.startsWith(prefix) || typeof value !== "number") continue;
      if (!names.has(value)) names.set(value, name);
    }
    found.set(prefix, names);
  }
  return names;
}

/** The name of a constant, `undefined` if there is none. */
export function name_of(prefix: string, value: number): string | undefined {
  return names_of(prefix).get(value);
}

function member(kind: string, name: string | null, value: number): Member {
  return Object.freeze({
    name,
    value,
    valueOf: () => value,
    toString: () => `<${kind}${name === null ? "" : `.${name}`}: ${value}>`,
  });
}

function enumeration(kind: string, prefix: string): Enumeration {
  return (given) => {
    const value = int(given, "value");
    const name = name_of(prefix, value);
    if (name !== undefined) return member(kind, name, value);
    throw new ValueError(`${value} is not a valid ${kind}`);
  };
}

function flags(kind: string, prefix: string): Enumeration {
  return (given) => {
    const value = int(given, "value", -0x80000000, 0xffffffff) >>> 0;
    const set: string[] = [];
    let rest = value;
    for (let bit = 1; bit <= rest; bit *= 2) {
      if ((value & bit) === 0) continue;
      const name = name_of(prefix, bit);
      if (name === undefined) continue;
      set.push(name);
      rest -= bit;
    }
    if (rest !== 0) set.push(`0x${rest.toString(16)}`);
    return member(kind, set.join("|") || null, value);
  };
}

/**
 * Gives an address family its name: Python's `socket.AddressFamily`.
 *
 * @param value A number such as `sock.family`.
 * @returns The constant, with `name` and `value`.
 * @throws {ValueError} If there is no such family.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * assertEquals(socket.AddressFamily(sock.family).name, "AF_INET");
 * assertEquals(String(socket.AddressFamily(1)), "<AddressFamily.AF_UNIX: 1>");
 * ```
 */
export const AddressFamily: Enumeration = enumeration("AddressFamily", "AF_");

/**
 * Gives a socket's type its name: Python's `socket.SocketKind`.
 *
 * @param value A number such as `sock.type`.
 * @returns The constant, with `name` and `value`.
 * @throws {ValueError} If there is no such type.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * using sock = socket.socket();
 * assertEquals(socket.SocketKind(sock.type).name, "SOCK_STREAM");
 * ```
 */
export const SocketKind: Enumeration = enumeration("SocketKind", "SOCK_");

/**
 * Gives the flags of a message their names: Python's `socket.MsgFlag`.
 *
 * @param value `MSG_*` constants by `|`, as `recvmsg()` returns them.
 * @returns The flags, with `name` and `value`; 0 has no name.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * const { MSG_OOB, MSG_PEEK } = socket;
 * assertEquals(socket.MsgFlag(MSG_PEEK | MSG_OOB).name, "MSG_OOB|MSG_PEEK");
 * ```
 */
export const MsgFlag: Enumeration = flags("MsgFlag", "MSG_");
