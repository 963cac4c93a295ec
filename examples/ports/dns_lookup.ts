/**
 * Asks a name server for the addresses of names; a port of `dns_lookup.py`.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/dns_lookup.ts 127.0.0.53 53 deno.com
 * ```
 *
 * @module
 */

import {
  ConnectionRefusedError,
  repr,
  socket,
  TimeoutError,
} from "../../mod.ts";
import * as struct from "../../py/struct.ts";

const ATTEMPTS = 3;
const PATIENCE = 1.0; // seconds for each
const HEADER = "!HHHHHH"; // identifier, flags, and the number of records of each kind
const RESPONSE = 0x8000, RECURSION = 0x0100;
const A = 1, CNAME = 5, AAAA = 28;
const INTERNET = 1;
const ERRORS: Record<number, string> = {
  1: "format error",
  2: "server failure",
  3: "no such name",
  5: "refused",
};

class Malformed extends Error {}

function query(number: number, name: string): Uint8Array {
  const labels = name.replace(/\.+$/, "").split(".");
  const encoded = labels.flatMap((label) => {
    return [label.length, ...new TextEncoder().encode(label)];
  });
  const header = struct.pack(HEADER, number, RECURSION, 1, 0, 0, 0);
  return new Uint8Array(
    [...header, ...encoded, 0, ...struct.pack("!HH", A, INTERNET)],
  );
}

/** Returns the name at an offset, and the offset of the next field. */
function read_name(data: Uint8Array, start: number): [string, number] {
  const labels: string[] = [];
  let at = start;
  let end: number | null = null;
  for (let i = 0; i < 128; i++) { // a pointer may lead back to itself
    const length = data[at];
    if (length === undefined) throw new Malformed("no such byte");
    if ((length & 0xc0) === 0xc0) {
      end ??= at + 2;
      at = struct.unpack_from("!H", data, at)[0] & 0x3fff;
    } else if (length > 0) {
      const label = data.subarray(at + 1, at + 1 + length);
      labels.push(String.fromCharCode(...label));
      at += 1 + length;
    } else return [labels.join("."), end ?? at + 1];
  }
  throw new Malformed("endless name");
}

/** Describes each answer in a response. */
function records(data: Uint8Array): string[] {
  const [, flags, questions, answers] = struct.unpack_from(HEADER, data);
  const error = flags & 15;
  if (error) return [ERRORS[error] ?? `error ${error}`];
  let at = struct.calcsize(HEADER);
  for (let i = 0; i < questions; i++) {
    [, at] = read_name(data, at);
    at += 4;
  }
  const found: string[] = [];
  for (let i = 0; i < answers; i++) {
    let name: string, value: string;
    [name, at] = read_name(data, at);
    const [kind, , ttl, length] = struct.unpack_from("!HHIH", data, at);
    at += struct.calcsize("!HHIH");
    const content = data.subarray(at, at + length);
    if (kind === A && content.length === 4) {
      value = socket.inet_ntop(socket.AF_INET, content);
    } else if (kind === AAAA && content.length === 16) {
      value = socket.inet_ntop(socket.AF_INET6, content);
    } else if (kind === CNAME) {
      value = "is " + read_name(data, at)[0];
    } else {
      value = `type ${kind}: ${repr(content)}`;
    }
    found.push(`${name} ${value} (${ttl} s)`);
    at += length;
  }
  return found;
}

function is_answer(data: Uint8Array, number: number): boolean {
  if (data.length <= 2) return false;
  const [received, flags] = struct.unpack_from("!HB", data);
  return received === number && (flags & RESPONSE >> 8) !== 0;
}

/** Asks up to ATTEMPTS times; returns the response, or `null` without one. */
function exchange(
  server: socket.InetAddress,
  name: string,
): Uint8Array | null {
  const number = Math.floor(Math.random() * (1 << 16));
  using sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  sock.settimeout(PATIENCE);
  sock.connect(server); // the kernel then drops other senders' packets
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    sock.send(query(number, name));
    try {
      let data = sock.recv(4096);
      while (!is_answer(data, number)) data = sock.recv(4096);
      return data;
    } catch (error) {
      const expected = error instanceof TimeoutError ||
        error instanceof ConnectionRefusedError;
      if (!expected) throw error;
    }
  }
  return null;
}

function ask(server: socket.InetAddress, name: string): string[] {
  const data = exchange(server, name);
  if (data === null) return ["no answer"];
  try {
    return records(data);
  } catch (error) {
    if (error instanceof struct.error || error instanceof Malformed) {
      return [`malformed: ${repr(data.subarray(2))}`];
    }
    throw error;
  }
}

function main(): void {
  if (Deno.args.length < 3) {
    console.error("usage: dns_lookup.ts SERVER PORT NAME...");
    Deno.exit(1);
  }
  const [host = "", port, ...names] = Deno.args;
  for (const name of names) {
    console.log(name + ":");
    for (const line of ask([host, Number(port)], name)) {
      console.log("   ", line);
    }
  }
}

if (import.meta.main) main();
