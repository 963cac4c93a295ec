import type { Argument, Dice } from "./values.ts";

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

/** A call of a function of `socket` that needs no socket. */
export function functions(
  dice: Dice,
): [name: string, args: readonly Argument[]] {
  const { below, of, chance } = dice;
  const address = () => nearly(dice, of([ipv4, ipv6, parts, ipv4])(dice));
  const family = (): Argument =>
    of<Argument>([
      ...Array(3).fill({ constant: "socket.AF_INET" }),
      ...Array(3).fill({ constant: "socket.AF_INET6" }),
      { constant: "socket.AF_UNIX" },
      -1,
    ]);
  const service = () =>
    nearly(dice, of(["http", "https", "ssh", "domain", "ntp", "smtp", "www"]));
  const protocol = () =>
    nearly(dice, of(["tcp", "udp", "icmp", "ipv6", "sctp"]));
  switch (below(13)) {
    case 0:
      return ["inet_aton", [address()]];
    case 1:
    case 2:
      return ["inet_pton", [family(), address()]];
    case 3:
    case 4:
      return ["inet_ntop", [family(), packed(dice)]];
    case 5:
      return ["inet_ntoa", [packed(dice)]];
    case 6:
      return [of(["htons", "htonl", "ntohs", "ntohl"]), [integer(dice)]];
    case 7:
      return [of(["CMSG_LEN", "CMSG_SPACE"]), [integer(dice)]];
    case 8:
      return ["getservbyname", [
        service(),
        ...(chance(50) ? [protocol()] : []),
      ]];
    case 9:
      return ["getservbyport", [
        integer(dice),
        ...(chance(50) ? [protocol()] : []),
      ]];
    case 10:
      return ["getprotobyname", [protocol()]];
    case 11: {
      const host = of([ipv4, ipv6])(dice);
      const numeric: Argument = { constant: "socket.NI_NUMERICHOST" };
      const more = of<readonly Argument[]>([[], [], [0], [0, 0], [1048576], [
        -1,
      ]]);
      const port = of<Argument>([below(65536), -1, 65536, "80"]);
      // NI_NUMERICHOST and NI_NUMERICSERV: no name server is asked.
      return ["getnameinfo", [
        { tuple: [host, port, ...more] },
        chance(95) ? 3 : numeric,
      ]];
    }
    default: {
      const host = of<Argument>([
        ipv4(dice),
        ipv6(dice),
        "127.1",
        "0x7f.1",
        "1.2.3.4.5",
        "",
        null,
        { hex: "3132372e302e302e31" },
        "fe80::1%lo",
      ]);
      const port = of<Argument>([
        below(65536),
        null,
        "80",
        "http",
        "",
        -1,
        65536,
        { number: "2**31" },
        { number: "2**63" },
        { number: "2**64" },
        { number: "-2**64" },
        { hex: "3830" },
        1.5,
      ]);
      const numeric: Argument = { constant: "socket.AI_NUMERICHOST" };
      return ["getaddrinfo", [
        host,
        port,
        of<Argument>([0, { constant: "socket.AF_INET" }, {
          constant: "socket.AF_INET6",
        }, 99]),
        of<Argument>([
          { constant: "socket.SOCK_DGRAM" },
          { constant: "socket.SOCK_STREAM" },
          0,
        ]),
        of([0, 6, 17]),
        chance(80) ? numeric : 5,
      ]];
    }
  }
}
