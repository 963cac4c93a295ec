/**
 * Keeps values under names for its clients; a port of `key_value.py`. The original has a
 * thread for each client, the port an async function.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/key_value.ts 10379
 * printf 'SET a 1\r\nGET a\r\nQUIT\r\n' | nc 127.0.0.1 10379
 * ```
 *
 * A client sends lines: SET name value, GET name, DEL name, KEYS, QUIT.
 *
 * @module
 */

import { OSError, repr, socket } from "../../mod.ts";

// No lock: nothing else runs between two statements without `await`.
const store = new Map<string, string>();

/** Splits a text at its first space, like Python's `partition`. */
function partition(text: string): [string, string] {
  const at = text.indexOf(" ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Returns the answer to a line, or `null` after QUIT. */
function reply(line: string): string | null {
  const [first, rest] = partition(line.trim());
  const command = first.toUpperCase();
  if (command === "QUIT") return null;
  if (command === "SET") {
    const [name, value] = partition(rest);
    if (name === "") return "ERROR no name";
    store.set(name, value);
    return "OK";
  }
  if (command === "GET") return store.get(rest) ?? "(none)";
  if (command === "DEL") {
    const value = store.get(rest);
    if (value === undefined) return "ERROR no such name";
    store.delete(rest);
    return "OK was " + value;
  }
  if (command === "KEYS") {
    if (store.size === 0) return "(empty)";
    return [...store.keys()].sort().join(" ");
  }
  return `ERROR what is ${repr(command)}?`;
}

/** Answers one client until it leaves. */
async function serve(client: socket.Socket): Promise<void> {
  try {
    using conn = client;
    using file = conn.makefile("rw", {
      encoding: "utf-8",
      errors: "replace",
      newline: "\r\n",
    });
    for await (const line of file) {
      const answer = reply(line);
      if (answer === null) break;
      await file.writeAsync(answer + "\n");
      await file.flushAsync();
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    console.log("lost a client:", error.strerror);
    return;
  }
  console.log("a client left");
}

async function main(): Promise<void> {
  if (Deno.args.length < 1) {
    console.error("usage: key_value.ts PORT");
    Deno.exit(1);
  }
  using server = socket.create_server(["127.0.0.1", Number(Deno.args[0])]);
  const [host, port] = server.getsockname();
  console.log(`starting up on ${host} port ${port}`);
  while (true) {
    const [conn] = await server.acceptAsync();
    serve(conn); // not awaited: it runs beside the others, like a thread
  }
}

if (import.meta.main) await main();
