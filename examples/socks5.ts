/**
 * A SOCKS5 proxy with a user name and a password (RFC 1928, RFC 1929): CONNECT.
 *
 * The original: https://github.com/rushter/socks5, server.py, by Artem Golubin. It has a
 * thread for each client; here that is an async function, and each call that waits has
 * `Async` at its end. There a short read, a half-close or a partial send breaks a
 * connection.
 *
 * A proxy reaches what its clients cannot: services on this machine and in its network
 * (server-side request forgery). So it refuses addresses that are not public, whatever name
 * they come from, and its own; `--allow-private` has it connect there, too.
 *
 * ```sh
 * deno run --allow-ffi examples/socks5.ts
 * curl --socks5 username:password@127.0.0.1:9011 https://example.com
 * ```
 *
 * @module
 */

import { BlockingIOError, errno, OSError, select, socket } from "../mod.ts";
import { address, family_of, on, parse, text } from "../cli/flags.ts";
import { listen } from "../cli/server.ts";
import { show_address, show_text } from "../cli/show.ts";

const SOCKS_VERSION = 5, CONNECT = 1;
const USERNAME_PASSWORD = 2, NO_ACCEPTABLE_METHOD = 0xff;
const IPV4 = 1, DOMAIN_NAME = 3, IPV6 = 4;
const FAILURE = 1, NOT_ALLOWED = 2, NOT_SUPPORTED = 7, UNKNOWN_ADDRESS_TYPE = 8;
// What a reply says of an errno
const FAILURES = new Map<number | null, number>([
  [errno.ENETUNREACH, 3],
  [errno.EHOSTUNREACH, 4],
  [errno.ECONNREFUSED, 5],
]);
// Milliseconds that a client has to say what it wants, and a connection to come about
const PATIENCE = 30_000;
// Each has two descriptors
const MOST_CLIENTS = 400;
// IANA's registries of special addresses, by their first bits
const NOT_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
  // Of IPv6 all but what is given to the internet, and what has an IPv4 address inside
  "::/3",
  "2001::/23",
  "2002::/16",
  "4000::/2",
  "8000::/1",
].map((range) => {
  const [network, bits] = range.split("/") as [string, string];
  return [bits_of(network), Number(bits)] as const;
});

const flags = parse(
  "examples/socks5.ts",
  "A SOCKS5 proxy with a user name and a password.",
  {
    ...address("127.0.0.1", 9011),
    username: text("username", "NAME", "who may use it"),
    password: text("password", "WORD", "and what they prove it with"),
    "allow-private": on("connect to this machine and to private networks, too"),
  },
);

class SocksProxy {
  readonly #within = { signal: AbortSignal.timeout(PATIENCE) };

  constructor(
    readonly connection: socket.Socket,
    readonly client_address: socket.Address,
  ) {}

  async handle(): Promise<void> {
    console.log(`Accepting ${show_address(this.client_address)}`);
    // Greeting: which methods the client knows; only one will do
    const [version, nmethods] = await this.read(2);
    check(version === SOCKS_VERSION, "not SOCKS5");
    if (!(await this.read(nmethods!)).includes(USERNAME_PASSWORD)) {
      return await this.send([SOCKS_VERSION, NO_ACCEPTABLE_METHOD]);
    }
    await this.send([SOCKS_VERSION, USERNAME_PASSWORD]);
    if (!await this.verify_credentials()) return;

    // Request
    const [again, cmd, , address_type] = await this.read(4);
    check(again === SOCKS_VERSION, "not SOCKS5");
    const host = await this.read_host(address_type!);
    if (host === null) return await this.fail(UNKNOWN_ADDRESS_TYPE);
    const [high, low] = await this.read(2);
    const port = high! << 8 | low!;
    if (cmd !== CONNECT) return await this.fail(NOT_SUPPORTED);

    let remote: socket.Socket;
    try {
      remote = await connect(host, port);
    } catch (error) {
      console.error(`Cannot reach ${show_text(host)} ${port}: ${why(error)}`);
      if (error instanceof NotAllowed) return await this.fail(NOT_ALLOWED);
      const number = error instanceof OSError ? error.errno : null;
      return await this.fail(FAILURES.get(number) ?? FAILURE);
    }
    try {
      console.log(`Connected to ${show_text(host)} ${port}`);
      // The family is the resolver's, which no type knows.
      await this.send(reply(0, remote.getsockname() as socket.InetAddress));
      await exchange_loop(this.connection, remote);
    } finally {
      remote.close();
    }
  }

  async verify_credentials(): Promise<boolean> {
    const [version] = await this.read(1);
    check(version === 1, "not RFC 1929");
    const username = await this.read_text();
    const password = await this.read_text();
    const known = username === flags.username && password === flags.password;
    await this.send([version!, known ? 0 : 0xff]);
    return known;
  }

  async read_host(address_type: number): Promise<string | null> {
    if (address_type === IPV4) return socket.inet_ntoa(await this.read(4));
    if (address_type === DOMAIN_NAME) return await this.read_text();
    if (address_type !== IPV6) return null;
    return socket.inet_ntop(socket.AF_INET6, await this.read(16));
  }

  async read_text(): Promise<string> {
    const [length] = await this.read(1);
    return new TextDecoder().decode(await this.read(length!));
  }

  /** So many bytes: recv may return fewer. */
  async read(size: number): Promise<Uint8Array> {
    const data = new Uint8Array(size);
    for (let have = 0; have < size;) {
      const rest = data.subarray(have);
      const more = await this.connection
        .recv_intoAsync(rest, 0, 0, this.#within);
      check(more > 0, "it left early");
      have += more;
    }
    return data;
  }

  async send(bytes: number[]): Promise<void> {
    await this.connection.sendallAsync(new Uint8Array(bytes));
  }

  async fail(number: number): Promise<void> {
    await this.send(reply(number, ["0.0.0.0", 0]));
  }
}

function reply(number: number, [host, port]: socket.InetAddress): number[] {
  const family = family_of(host);
  const type = family === socket.AF_INET ? IPV4 : IPV6;
  const addr = socket.inet_pton(family, host);
  return [SOCKS_VERSION, number, 0, type, ...addr, port >> 8, port & 0xff];
}

class NotAllowed extends Error {}

/** The bits of an address, as a string of zeros and ones. */
function bits_of(host: string): string {
  const packed = socket.inet_pton(family_of(host), host);
  return Array.from(packed, (byte) => byte.toString(2).padStart(8, "0")).join(
    "",
  );
}

/** Whether an address is in the internet. */
function is_public(host: string): boolean {
  const bits = bits_of(host.replace(/%.*/, ""));
  return !NOT_PUBLIC.some(([network, length]) =>
    network.length === bits.length &&
    network.slice(0, length) === bits.slice(0, length)
  );
}

function check_public(address: string, fact: boolean): void {
  if (fact || flags["allow-private"]) return;
  throw new NotAllowed(`${address} is not public`);
}

/** Connects to the first address of a host that answers. */
async function connect(host: string, port: number): Promise<socket.Socket> {
  const within = { signal: AbortSignal.timeout(PATIENCE) };
  const { SOCK_STREAM } = socket;
  const found = await socket
    .getaddrinfoAsync(host, port, 0, SOCK_STREAM, 0, 0, within);
  for (const [i, [family, type, proto, , sockaddr]] of found.entries()) {
    const remote = socket.socket(family, type, proto);
    try {
      remote.setblocking(false);
      // By the address: the name may have another the next time
      const [address] = sockaddr as socket.InetAddress;
      check_public(address, is_public(address));
      await remote.connectAsync(sockaddr, within);
      // From an address to itself: this machine, and perhaps this proxy
      const [from] = remote.getsockname() as socket.InetAddress;
      check_public(address, from !== address);
      return remote;
    } catch (error) {
      remote.close();
      if (i === found.length - 1 || within.signal.aborted) throw error;
    }
  }
  throw new OSError("no address");
}

/** Passes on what each says to the other, until both have said all. */
async function exchange_loop(
  client: socket.Socket,
  remote: socket.Socket,
): Promise<void> {
  // What one has said and the other not yet taken: until it has, no more is read
  const way = (from: socket.Socket, to: socket.Socket) => (
    { from, to, owed: new Uint8Array(0), open: true }
  );
  const ways = [way(client, remote), way(remote, client)];
  // One whose network went without a word would stay for ever
  for (const { from } of ways) {
    from.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1);
  }
  while (ways.some(({ open }) => open)) {
    const reading = ways.filter(({ open, owed }) => open && owed.length === 0);
    const writing = ways.filter(({ owed }) => owed.length > 0);
    const [r, w] = await select.selectAsync(
      reading.map(({ from }) => from),
      writing.map(({ to }) => to),
      [],
    );
    for (const way of ways) {
      const { from, to } = way;
      try {
        if (r.includes(from) && reading.includes(way)) {
          way.owed = from.recv(65536);
          way.open = way.owed.length > 0;
          // The other may still have something to say
          if (!way.open) to.shutdown(socket.SHUT_WR);
        } else if (!w.includes(to)) {
          continue;
        }
        if (way.open) way.owed = way.owed.subarray(to.send(way.owed));
      } catch (error) {
        if (!(error instanceof BlockingIOError)) throw error;
      }
    }
  }
}

function check(fact: boolean, otherwise: string): void {
  if (!fact) throw new Error(otherwise);
}

function why(error: unknown): string {
  return show_text(error instanceof Error ? error.message : String(error));
}

const server = socket.socket(family_of(flags.host), socket.SOCK_STREAM);
listen(server, flags.host, flags.port, socket.SOMAXCONN);
server.setblocking(false);

let told = false;
let clients = 0;
while (true) {
  try {
    const [connection, client_address] = await server.acceptAsync();
    told = false;
    if (clients === MOST_CLIENTS) {
      connection.close();
      continue;
    }
    clients++;
    connection.setblocking(false);
    // In Python a thread starts here
    new SocksProxy(connection, client_address).handle()
      .catch((error) =>
        console.error(`${show_address(client_address)}: ${why(error)}`)
      )
      .finally(() => {
        connection.close();
        clients--;
      });
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    // No descriptor is free: without a pause the loop would spin
    if (!told) console.error(`not accepting for now: ${error.strerror}`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
