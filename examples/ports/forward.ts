/**
 * Forwards TCP connections to another address; a port of `forward.py`.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/forward.ts 10022 127.0.0.1 22
 * ```
 *
 * @module
 */

import {
  BlockingIOError,
  ConnectionError,
  OSError,
  selectors,
  socket,
} from "../../mod.ts";

const MOST = 65536; // bytes kept for a side that does not read

const sel = selectors.DefaultSelector<socket.Socket, Side | null>();
const registered = sel.get_map()!;

/** One of the two sockets of a forwarded connection. */
class Side {
  other!: Side;
  unsent = new Uint8Array(0); // what the other side sent to this one
  connected = true;
  read_end = false;
  write_end = false;

  constructor(readonly sock: socket.Socket) {
    sock.setblocking(false);
  }

  /** Registers the socket for the events that it can use, if any. */
  watch(): void {
    let events = 0;
    const room = this.other.unsent.length < MOST;
    if (this.connected && !this.read_end && room) {
      events |= selectors.EVENT_READ;
    }
    if (this.unsent.length > 0 || !this.connected) {
      events |= selectors.EVENT_WRITE;
    }
    const known = registered.has(this.sock);
    if (events && known) sel.modify(this.sock, events, this);
    else if (events) sel.register(this.sock, events, this);
    else if (known) sel.unregister(this.sock);
  }

  read(): void {
    const data = this.sock.recv(MOST);
    this.other.unsent = concat(this.other.unsent, data);
    if (data.length === 0) this.read_end = true;
  }

  write(): void {
    if (!this.connected) {
      const error = this.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR);
      if (error) throw new ConnectionError("cannot connect");
      this.connected = true;
    }
    if (this.unsent.length > 0) {
      this.unsent = this.unsent.subarray(this.sock.send(this.unsent));
    }
  }

  /** Passes the other side's end on, once all its data is sent. */
  finish(): void {
    const due = this.other.read_end && this.unsent.length === 0 &&
      this.connected && !this.write_end;
    if (!due) return;
    this.sock.shutdown(socket.SHUT_WR);
    this.write_end = true;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function close(side: Side): void {
  for (const { sock } of [side, side.other]) {
    if (registered.has(sock)) sel.unregister(sock);
    sock.close();
  }
}

function accept(
  server: socket.Socket<socket.InetAddress>,
  target: socket.InetAddress,
): void {
  const [client, address] = server.accept();
  console.log("forwarding", address[0]);
  const near = new Side(client);
  const far = new Side(socket.socket(socket.AF_INET, socket.SOCK_STREAM));
  near.other = far;
  far.other = near;
  far.connected = false;
  far.sock.connect_ex(target);
  for (const side of [near, far]) side.watch();
}

function serve(side: Side, mask: number): void {
  try {
    if (mask & selectors.EVENT_WRITE) side.write();
    if (mask & selectors.EVENT_READ) side.read();
    for (const one of [side, side.other]) one.finish();
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    if (!(error instanceof BlockingIOError)) {
      console.log("closing after", error.name);
      close(side);
      return;
    }
  }
  if (side.write_end && side.other.write_end) {
    console.log("closing after both ends");
    close(side);
    return;
  }
  for (const one of [side, side.other]) one.watch();
}

function main(): void {
  if (Deno.args.length < 3) {
    console.error("usage: forward.ts PORT HOST PORT");
    Deno.exit(1);
  }
  const [port, host = "", target] = Deno.args;
  const server = socket.create_server(["127.0.0.1", Number(port)]);
  console.log(`starting up on 127.0.0.1 port ${server.getsockname()[1]}`);
  sel.register(server, selectors.EVENT_READ, null);
  while (true) {
    for (const [key, mask] of sel.select()) {
      if (key.fileobj === server) accept(server, [host, Number(target)]);
      else if (key.data !== null && key.fileobj.fileno() >= 0) { // not closed in this round
        serve(key.data, mask);
      }
    }
  }
}

if (import.meta.main) main();
