/**
 * The first client of document 001: connects, and prints the greeting.
 *
 * ```sh
 * deno run --allow-ffi clients/hello.ts
 * ```
 *
 * @module
 */

import { select, socket } from "../mod.ts";
import { CLOSED, connect, lost, write } from "../cli/client.ts";
import { address, family_of, parse } from "../cli/flags.ts";
import { show_lines } from "../cli/show.ts";

const { host, port } = parse(
  "clients/hello.ts",
  "Connects, prints the greeting, and leaves.\n" +
    "Document 001 (1) of docs/documents.md; its server is servers/accept.ts.",
  address("127.0.0.1", 9999),
);

// The longest greeting, in bytes.
const MOST = 1024;
// Seconds to wait for another piece of the greeting.
const SILENCE = 0.1;

const sk = socket.socket(family_of(host), socket.SOCK_STREAM);
connect(sk, host, port);

const decoder = new TextDecoder();
let greeting = "", length = 0, closed = false;
try {
  do {
    const data = sk.recv(MOST - length);
    greeting += decoder.decode(data, { stream: true });
    length += data.length;
    closed = data.length === 0;
  } while (!closed && length < MOST && more_comes());
  greeting += decoder.decode();
  if (greeting !== "") {
    write(show_lines(greeting) + (greeting.endsWith("\n") ? "" : "\n"));
  }
  // Lets the server read the end of the stream, and not a reset
  if (closed) write(CLOSED + "\n");
  else sk.shutdown(socket.SHUT_WR);
} catch (error) {
  lost(host, port, error);
} finally {
  sk.close();
}

function more_comes(): boolean {
  return select.select([sk], [], [], SILENCE)[0].length > 0;
}
