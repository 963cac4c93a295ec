/**
 * UDP multicast: the sender sends the time once a second, to any number of receivers.
 *
 * The original: CPython's own demonstration, python/cpython Tools/demo/mcast.py (in Python
 * 2, Demo/sockets/mcast.py). This one keeps its group, port and flags. In the original, the
 * receiver never drops the NUL at a message's end, and the sender ends when its network does.
 *
 * ```sh
 * deno run --allow-ffi examples/multicast.ts           # the receivers
 * deno run --allow-ffi examples/multicast.ts --send    # the sender
 * ```
 *
 * @module
 */

import { OSError, select, socket } from "../mod.ts";
import { die, on, parse, text, whole } from "../cli/flags.ts";
import { show_address, show_bytes } from "../cli/show.ts";

const MYGROUP_4 = "225.0.0.250";
const MYGROUP_6 = "ff15:7079:7468:6f6e:6465:6d6f:6d63:6173";
const MYTTL = 1; // Stays in the local network
const ANY = "any";

const flags = parse(
  "examples/multicast.ts",
  "Receives the time from a multicast group, or sends it there once a second.",
  {
    send: on("send, instead of receiving"),
    ipv6: on("use IPv6"),
    port: whole(8123, 0, 65535, "PORT", "the same on both sides"),
    interface: text(ANY, "INTERFACE", "its IPv4 address; its name with --ipv6"),
  },
);

try {
  main();
} catch (error) {
  if (!(error instanceof OSError)) throw error;
  die(error.message);
}

function main(): void {
  const group = flags.ipv6 ? MYGROUP_6 : MYGROUP_4;
  if (flags.send) sender(group);
  else receiver(group);
}

function sender(group: string): never {
  const [family, , , , sockaddr] = socket.getaddrinfo(group, null)[0]!;
  const [host] = sockaddr;
  const s = socket.socket(family, socket.SOCK_DGRAM);
  if (family === socket.AF_INET) {
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MYTTL);
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface_4());
  } else {
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, MYTTL);
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface_6());
  }
  while (true) {
    const data = new TextEncoder().encode(`${Date.now() / 1000}\0`);
    try {
      s.sendto(data, [host, flags.port]);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      // The network may come back
      console.error(`cannot send to ${host}: ${error.strerror}`);
    }
    // time.sleep(1)
    select.select([], [], [], 1);
  }
}

function receiver(group: string): never {
  const [family, , , , sockaddr] = socket.getaddrinfo(group, null)[0]!;
  const [host] = sockaddr;
  const s = socket.socket(family, socket.SOCK_DGRAM);
  // Allows several receivers on one machine
  s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);
  s.bind(["", flags.port]);
  // struct ip_mreq and struct ipv6_mreq: the group, and the interface to join it on
  const group_bin = socket.inet_pton(family, host);
  if (family === socket.AF_INET) {
    const mreq = new Uint8Array([...group_bin, ...interface_4()]);
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq);
  } else {
    const index = new Uint8Array(new Uint32Array([interface_6()]).buffer);
    const mreq = new Uint8Array([...group_bin, ...index]);
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, mreq);
  }
  // The types do not know the family; an address has its port second in both.
  const [, port] = s.getsockname() as socket.InetAddress;
  console.log(`starting up on ${host} port ${port}`);
  while (true) {
    const [data, sender] = s.recvfrom(1500);
    let end = data.length;
    while (data[end - 1] === 0) end--;
    const shown = show_bytes(data.subarray(0, end));
    console.log(`${show_address(sender)}  b'${shown}'`);
  }
}

/** The interface for IPv4's options: its address; INADDR_ANY lets the kernel choose. */
function interface_4(): Uint8Array {
  return socket.inet_aton(
    flags.interface === ANY ? "0.0.0.0" : flags.interface,
  );
}

/** The interface for IPv6's options: its index; 0 lets the kernel choose. */
function interface_6(): number {
  return flags.interface === ANY ? 0 : socket.if_nametoindex(flags.interface);
}
