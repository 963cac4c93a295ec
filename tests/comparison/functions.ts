import {
  type Argument,
  type Dice,
  more_of_address,
  odd_hosts,
  odd_ports,
  types,
} from "./values.ts";

// Characters that a parser may handle wrongly.
const characters = [..."0123456789abcdefABCDEFxX.:%/-+ \t\n\0gz"];

/** A text, or a variation of it. */
function nearly(dice: Dice, whole: string): string {
  const { below, of, chance } = dice;
  if (chance(40)) return whole;
  if (chance(25)) {
    return Array.from({ length: below(20) }, () => of(characters)).join("");
  }
  const at = below(40);
  return whole.slice(0, at) + of(characters) + whole.slice(at + below(4));
}

function ipv4({ below }: Dice): string {
  return [below(256), below(256), below(256), below(256)].join(".");
}

function ipv6(dice: Dice): string {
  const { below, chance } = dice;
  const groups = Array.from({ length: 8 }, () => below(3) && below(65536));
  if (chance(30)) return groups.map((one) => one.toString(16)).join(":");
  const at = below(7);
  const left = groups.slice(0, at), right = groups.slice(at + 1 + below(3));
  const text = [left, right].map((part) =>
    part.map((one) => one.toString(16)).join(":")
  ).join("::");
  return chance(20) ? `${text}:${ipv4(dice)}` : text;
}

/** An address in one of the forms of inet_aton(3). */
function parts(dice: Dice): string {
  const { below, of } = dice;
  return Array.from({ length: 1 + below(5) }, () => {
    const number = of([below(257), below(65536), below(2 ** 32)]);
    return of([
      String(number),
      `0x${number.toString(16)}`,
      `0${number.toString(8)}`,
    ]);
  }).join(".");
}

function packed({ below, of }: Dice): Argument {
  const length = of([4, 4, 16, 16, 16, below(21)]);
  // With runs of zeros, which inet_ntop(3) shortens.
  const byte = () => of([0, 0, 0, 1, 255, below(256)]);
  return { hex: Uint8Array.from({ length }, byte).toHex() };
}

function integer({ below, of }: Dice): Argument {
  return of<Argument>([
    below(65538) - 1,
    below(2 ** 33) - 2 ** 32,
    { number: "2**31" },
    { number: "2**32" },
    { number: "2**64" },
    true,
    1.5,
  ]);
}

const INET = { constant: "socket.AF_INET" };
const INET6 = { constant: "socket.AF_INET6" };
const families: readonly Argument[] = [
  ...[INET, INET, INET, INET6, INET6, INET6],
  ...[{ constant: "socket.AF_UNIX" }, -1],
];
// With these no name server is asked.
const NUMERIC_HOST_AND_SERVICE = 3;

/** A call of a function of `socket` that needs no socket. */
export function functions(
  dice: Dice,
): [name: string, args: readonly Argument[]] {
  const { below, of, chance } = dice;
  const address = () => nearly(dice, of([ipv4, ipv6, parts, ipv4])(dice));
  const service = () =>
    nearly(dice, of(["http", "https", "ssh", "domain", "ntp", "smtp", "www"]));
  const protocol = () =>
    nearly(dice, of(["tcp", "udp", "icmp", "ipv6", "sctp"]));
  const maybe_protocol = () => chance(50) ? [protocol()] : [];
  type Call = [name: string, args: readonly Argument[]];
  const pton = (): Call => ["inet_pton", [of(families), address()]];
  const ntop = (): Call => ["inet_ntop", [of(families), packed(dice)]];
  return of<() => Call>([
    () => ["inet_aton", [address()]],
    pton,
    pton,
    ntop,
    ntop,
    () => ["inet_ntoa", [packed(dice)]],
    () => [of(["htons", "htonl", "ntohs", "ntohl"]), [integer(dice)]],
    () => [of(["CMSG_LEN", "CMSG_SPACE"]), [integer(dice)]],
    () => ["getservbyname", [service(), ...maybe_protocol()]],
    () => ["getservbyport", [integer(dice), ...maybe_protocol()]],
    () => ["getprotobyname", [protocol()]],
    () => {
      const host = of([ipv4, ipv6])(dice);
      const more = of(more_of_address);
      const port = of<Argument>([below(65536), -1, 65536, "80"]);
      const name = { tuple: [host, port, ...more] };
      const numeric = { constant: "socket.NI_NUMERICHOST" };
      const flags = chance(95) ? NUMERIC_HOST_AND_SERVICE : numeric;
      return ["getnameinfo", [name, flags]];
    },
    () => {
      const host = of<Argument>([ipv4(dice), ipv6(dice), ...odd_hosts]);
      const port = of<Argument>([below(65536), ...odd_ports]);
      const family = of<Argument>([0, INET, INET6, 99]);
      const type = of(types), protocol = of([0, 6, 17]);
      const numeric = { constant: "socket.AI_NUMERICHOST" };
      const flags = chance(80) ? numeric : 5;
      return ["getaddrinfo", [host, port, family, type, protocol, flags]];
    },
  ])();
}
