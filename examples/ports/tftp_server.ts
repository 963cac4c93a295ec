/**
 * Serves a few files by TFTP (RFC 1350), to any number of clients; a port of `tftp_server.py`.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/tftp_server.ts 10069
 * curl tftp://127.0.0.1:10069/hello.txt
 * ```
 *
 * A packet that is not acknowledged within a second is sent again; a second argument gives
 * another number of seconds.
 *
 * @module
 */

import { repr, select, socket, ValueError } from "../../mod.ts";
import * as struct from "../../py/struct.ts";

const READ = 1, WRITE = 2, DATA = 3, ACK = 4, ERROR = 5;
const NOT_FOUND = 1, DENIED = 2, ILLEGAL = 4;
const BLOCK = 512;
const ATTEMPTS = 5;

const encode = (text: string) => new TextEncoder().encode(text);
const monotonic = () => performance.now() / 1000;

const FILES = new Map<string, Uint8Array>([
  ["hello.txt", encode("Hello, world!\n")],
  ["empty.txt", encode("")],
  ["numbers.bin", Uint8Array.from({ length: 2560 }, (_, i) => i)],
]);

/** A file on its way to a client, on a port of its own. */
class Transfer {
  readonly sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  block = 1;
  attempts = 0;
  deadline = 0;

  constructor(
    host: string,
    readonly client: socket.InetAddress,
    readonly content: Uint8Array,
    readonly seconds: number,
  ) {
    this.sock.bind([host, 0]);
    this.send();
  }

  fileno(): number {
    return this.sock.fileno();
  }

  part(): Uint8Array {
    const start = (this.block - 1) * BLOCK;
    return this.content.subarray(start, start + BLOCK);
  }

  send(): void {
    const header = struct.pack("!HH", DATA, this.block & 0xffff);
    this.sock.sendto(
      new Uint8Array([...header, ...this.part()]),
      this.client,
    );
    this.attempts++;
    this.deadline = monotonic() + this.seconds;
  }

  /** Takes a packet; returns whether the transfer goes on. */
  receive(): boolean {
    const [data, sender] = this.sock.recvfrom(1024);
    // Two arrays are never equal; their text is, if the addresses are.
    if (repr(sender) !== repr(this.client)) return true;
    if (data.length < 4) return false;
    const [code, number] = struct.unpack_from("!HH", data);
    if (code !== ACK) return false;
    if (number !== (this.block & 0xffff)) {
      return true; // a duplicate; an answer would double the rest
    }
    if (this.part().length < BLOCK) {
      console.log(`sent ${this.content.length} bytes`);
      return false;
    }
    this.block++;
    this.attempts = 0;
    this.send();
    return true;
  }
}

/** Returns the code and the file name of a client's first packet. */
function request(data: Uint8Array): [code: number, name: string] {
  const [code] = struct.unpack_from("!H", data);
  // Latin-1 keeps each byte as a character: split() then works as on bytes.
  const [name, mode] = String.fromCharCode(...data.subarray(2)).split("\0");
  if (!["octet", "netascii"].includes(mode?.toLowerCase() ?? "")) {
    throw new ValueError(mode);
  }
  if (/[^\0-\x7f]/.test(name!)) throw new ValueError(name);
  return [code, name!];
}

function main(): void {
  if (Deno.args.length < 1) {
    console.error("usage: tftp_server.ts PORT [SECONDS]");
    Deno.exit(1);
  }
  const [wanted, seconds = "1"] = Deno.args;
  const server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
  server.bind(["127.0.0.1", Number(wanted)]);
  const [host, port] = server.getsockname();
  console.log(`starting up on ${host} port ${port}`);
  const transfers = new Set<Transfer>();

  function refuse(client: socket.InetAddress, code: number, text: string) {
    const header = struct.pack("!HH", ERROR, code);
    server.sendto(new Uint8Array([...header, ...encode(text), 0]), client);
  }

  function accept(): void {
    const [data, client] = server.recvfrom(1024);
    let code: number, name: string;
    try {
      [code, name] = request(data);
    } catch (error) {
      const expected = error instanceof struct.error ||
        error instanceof ValueError;
      if (!expected) throw error;
      console.log("malformed:", repr(data));
      refuse(client, ILLEGAL, "malformed request");
      return;
    }
    const content = FILES.get(name);
    if (code === WRITE) refuse(client, DENIED, "read only");
    else if (code !== READ) refuse(client, ILLEGAL, "expected a request");
    else if (content === undefined) {
      console.log("no file", repr(name));
      refuse(client, NOT_FOUND, "no such file");
    } else {
      console.log("sending", repr(name));
      transfers.add(new Transfer(host, client, content, Number(seconds)));
    }
  }

  function forget(transfer: Transfer): void {
    transfers.delete(transfer);
    transfer.sock.close();
  }

  while (true) {
    let pause: number | null = null;
    if (transfers.size > 0) {
      const deadlines = [...transfers].map(({ deadline }) => deadline);
      pause = Math.max(0, Math.min(...deadlines) - monotonic());
    }
    const [readable] = select.select([server, ...transfers], [], [], pause);
    for (const ready of readable) {
      if (!(ready instanceof Transfer)) accept();
      else if (!ready.receive()) forget(ready);
    }
    const now = monotonic();
    for (const transfer of transfers) {
      if (transfer.deadline > now) continue;
      if (transfer.attempts < ATTEMPTS) transfer.send();
      else {
        console.log("gave up");
        forget(transfer);
      }
    }
  }
}

if (import.meta.main) main();
