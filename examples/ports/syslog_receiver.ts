/**
 * Prints the syslog messages (RFC 3164) that arrive by UDP; a port of `syslog_receiver.py`.
 *
 * ```sh
 * deno run --allow-ffi examples/ports/syslog_receiver.ts 10514
 * logger --udp --server 127.0.0.1 --port 10514 --rfc3164 hello
 * ```
 *
 * @module
 */

import { repr } from "../../mod.ts";
import * as socketserver from "../../py/socketserver/mod.ts";

const FACILITIES =
  ("kern user mail daemon auth syslog lpr news uucp cron authpriv " +
    "ftp ntp audit alert clock local0 local1 local2 local3 local4 " +
    "local5 local6 local7").split(" ");
const SEVERITIES = "emerg alert crit err warning notice info debug".split(" ");
// Like decode(errors="replace"), keeps a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

class Handler
  extends socketserver.BaseRequestHandler<socketserver.Datagram, Server> {
  override handle(): void {
    const [data] = this.request;
    const [host] = this.client_address;
    // Latin-1 keeps each byte as a character, so that the pattern sees bytes.
    const match = /^<(\d{1,3})>(.*)/s.exec(latin1(data));
    const priority = Number(match?.[1]);
    if (match === null || priority >= 8 * FACILITIES.length) {
      console.log(host, "malformed:", repr(data));
      return;
    }
    const facility = Math.floor(priority / 8), severity = priority % 8;
    const source = `${FACILITIES[facility]}.${SEVERITIES[severity]}`;
    const count = (this.server.counts.get(source) ?? 0) + 1;
    this.server.counts.set(source, count);
    const content = data.subarray(data.length - match[2]!.length);
    const text = decoder.decode(content).replace(/[\r\n\0]+$/, "");
    console.log(`${host} ${source} #${count}: ${text}`);
  }
}

class Server extends socketserver.UDPServer {
  static override max_packet_size = 2048;
  readonly counts = new Map<string, number>();
}

function latin1(data: Uint8Array): string {
  return String.fromCharCode(...data);
}

function main(): void {
  if (Deno.args.length < 1) {
    console.error("usage: syslog_receiver.ts PORT");
    Deno.exit(1);
  }
  using server = new Server(["127.0.0.1", Number(Deno.args[0])], Handler);
  const [host, port] = server.server_address;
  console.log(`starting up on ${host} port ${port}`);
  server.serve_forever();
}

if (import.meta.main) main();
