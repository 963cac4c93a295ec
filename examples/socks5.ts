/**
 * A SOCKS5 proxy with a user name and a password (RFC 1928, RFC 1929): CONNECT.
 *
 * The original: https://github.com/rushter/socks5, server.py, by Artem Golubin. It has a
 * thread for each client; this one has an async function, in which each call that waits ends
 * with `Async`. In the original, a short read, a half-close or a partial send breaks a
 * connection.
 *
 * A proxy can reach services that its clients cannot, on its own machine and network
 * (server-side request forgery). So it checks the address of every name, and refuses those
 * that are not public; `--allow-private` allows them.
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
// The reply's code for an errno
const FAILURES = new Map<number | null, number>([
  [errno.ENETUNREACH, 3],
  [errno.EHOSTUNREACH, 4],
  [errno.ECONNREFUSED, 5],
]);
// Milliseconds for a client's request, and for a connection to its target
const PATIENCE = 30_000;
// Each client takes two descriptors
const MOST_CLIENTS = 400;
// The special addresses in IANA's registries
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
  // IPv6: all but global unicast, and the prefixes that contain an IPv4 address
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
    username: text("username", "NAME", "the user name that clients must send"),
    password: text("password", "WORD", "the password that clients must send"),
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
    // Greeting: the client's methods must include a password
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
      // The types do not know the family, which the resolver has chosen.
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

  /** Reads exactly `size` bytes; one recv may return fewer. */
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
  const addr = packed(host);
  const type = addr.length === 4 ? IPV4 : IPV6;
  return [SOCKS_VERSION, number, 0, type, ...addr, port >> 8, port & 0xff];
}

class NotAllowed extends Error {}

/** The bytes of an address: 4 of IPv4, 16 of IPv6. */
function packed(host: string): Uint8Array {
  const { AF_INET, AF_INET6 } = socket;
  return socket.inet_pton(host.includes(":") ? AF_INET6 : AF_INET, host);
}

/** The bits of an address, as a string of zeros and ones. */
function bits_of(host: string): string {
  const bits = (byte: number) => byte.toString(2).padStart(8, "0");
  return Array.from(packed(host), bits).join("");
}

/** Whether an address is public. */
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
      // Connect to the checked address: the name may resolve to another the next time
      const [address] = sockaddr as socket.InetAddress;
      check_public(address, is_public(address));
      await remote.connectAsync(sockaddr, within);
      // Both ends have one address: that is this machine, perhaps this proxy
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

/** Passes data in both directions until both have ended. */
async function exchange_loop(
  client: socket.Socket,
  remote: socket.Socket,
): Promise<void> {
  // owed: read from one and not yet sent to the other; reading stops until it is sent
  const way = (from: socket.Socket, to: socket.Socket) => (
    { from, to, owed: new Uint8Array(0), open: true }
  );
  const ways = [way(client, remote), way(remote, client)];
  // Or a peer whose network fails silently stays connected for ever
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
          // Half-closed: the other direction may go on
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
    // The original starts a thread here
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
    // No free descriptor: without a pause the loop would spin
    if (!told) console.error(`not accepting for now: ${error.strerror}`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
