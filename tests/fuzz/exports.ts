/**
 * Every function and method that the package exports, under the names it has.
 *
 * @module
 */

import * as mod from "../../mod.ts";
import * as socketserver from "../../py/socketserver/mod.ts";
import * as files from "../../py/socket/makefile.ts";

const roots: readonly unknown[] = [
  Object.prototype,
  Function.prototype,
  Error.prototype,
  RangeError.prototype,
];

type Names = Map<unknown, string[]>;

function add(names: Names, value: unknown, name: string): void {
  const known = names.get(value);
  if (known === undefined) names.set(value, [name]);
  else known.push(name);
}

/** What an object has of its own and by its classes: methods, and getters. */
function add_members(names: Names, object: object, name: string): void {
  for (
    let holder = object;
    holder !== null && !roots.includes(holder);
    holder = Object.getPrototypeOf(holder)
  ) {
    const all = Object.getOwnPropertyDescriptors(holder);
    for (const key of Reflect.ownKeys(all)) {
      const { value, get } = all[key as string]!;
      const member = get ?? value;
      if (key === "constructor" || typeof member !== "function") continue;
      add(names, member, `${name}.${String(key)}`);
    }
  }
}

/**
 * The functions, constructors, methods and getters, each with all its names: a method that
 * is inherited has one for each class, an alias its own.
 */
export function exported(): Names {
  const names: Names = new Map();
  const visit = (value: unknown, name: string) => {
    if (typeof value !== "function") return;
    add(names, value, name);
    // `select.epoll.fromfd`; the properties of every function are not enumerable.
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === "function") add(names, member, `${name}.${key}`);
    }
    if (typeof value.prototype === "object") {
      add_members(names, value.prototype, name);
    }
  };
  for (const [name, value] of Object.entries({ ...mod, socketserver })) {
    if (typeof value === "function") visit(value, name);
    else {
      for (const [key, member] of Object.entries(value)) {
        visit(member, `${name}.${key}`);
      }
    }
  }
  // Exported as types: what a method or a property has.
  const map = new mod.selectors.SelectSelector().get_map();
  visit(map?.constructor, "selectors.SelectorMapping");
  visit(files.Reader, "socket.Reader");
  visit(files.Writer, "socket.Writer");
  visit(files.ReaderWriter, "socket.ReaderWriter");
  visit(files.TextReader, "socket.TextReader");
  visit(files.TextWriter, "socket.TextWriter");
  visit(files.TextReaderWriter, "socket.TextReaderWriter");
  return names;
}
