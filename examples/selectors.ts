/**
 * The example of the Python documentation's `selectors` page: an echo server whose
 * selector keeps a callback with each socket.
 *
 * The original: https://docs.python.org/3/library/selectors.html#examples, by the Python
 * documentation's authors. It hopes that send() does not block; this one waits until the client
 * has room, and closes a client that resets.
 *
 * ```sh
 * deno run --allow-ffi examples/selectors.ts
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, selectors, socket } from "../mod.ts";
import { accept as accept_from } from "./accept.ts";
import { address, family_of, parse } from "../cli/flags.ts";
import { listen } from "../cli/server.ts";
import { show_address, show_bytes } from "../cli/show.ts";

type Callback = (sock: socket.Socket, mask: number) => void;

const { host, port } = parse(
  "examples/selectors.ts",
  "Sends back what each client sends; a selector keeps a callback for each socket.",
  address("localhost", 1234),
);

const sel = selectors.DefaultSelector<socket.Socket, Callback>();

// The unsent part of each client's echo
const owed = new Map<socket.Socket, Uint8Array>();

function accept(sock: socket.Socket): void {
  const accepted = accept_from(sock);
  if (accepted === null) return;
  const [conn, addr] = accepted;
  console.log(`accepted ${conn} from ${show_address(addr)}`);
  sel.register(conn, selectors.EVENT_READ, read);
}

function read(conn: socket.Socket): void {
  const data = conn.recv(1000);
  if (data.length > 0) {
    console.log(`echoing b'${show_bytes(data)}' to ${conn}`);
    owed.set(conn, data);
    write(conn);
  } else {
    close(conn);
  }
}

function write(conn: socket.Socket): void {
  let rest = owed.get(conn)!;
  try {
    rest = rest.subarray(conn.send(rest));
  } catch (error) {
    if (!(error instanceof BlockingIOError)) throw error;
  }
  if (rest.length > 0) {
    // Do not read until it is sent: so it stays small
    owed.set(conn, rest);
    sel.modify(conn, selectors.EVENT_WRITE, write);
  } else {
    owed.delete(conn);
    sel.modify(conn, selectors.EVENT_READ, read);
  }
}

function close(conn: socket.Socket): void {
  console.log(`closing ${conn}`);
  owed.delete(conn);
  sel.unregister(conn);
  conn.close();
}

const sock = socket.socket(family_of(host), socket.SOCK_STREAM);
listen(sock, host, port, 100);
sock.setblocking(false);
sel.register(sock, selectors.EVENT_READ, accept);

while (true) {
  const events = sel.select();
  for (const [key, mask] of events) {
    const callback = key.data;
    try {
      callback(key.fileobj, mask);
    } catch (error) {
      if (error instanceof BlockingIOError) continue;
      if (!(error instanceof OSError)) throw error;
      console.log(error.message);
      close(key.fileobj);
    }
  }
}
