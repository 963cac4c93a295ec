import { socket } from "@iomux/py";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../descriptors.ts";
import { CALLS, SEED } from "./seed.ts";

type Argument = string | number | Uint8Array | readonly Argument[];
type Call = readonly [name: string, args: readonly Argument[]];
type Outcome = readonly [kind: string, result: unknown];

const { AF_INET, AF_INET6, AF_UNIX } = socket;
const { NI_NUMERICHOST, NI_NUMERICSERV, AI_NUMERICHOST, SOCK_DGRAM } = socket;

// Where strings are cut, doubled and changed: what a parser may trip over.
const character = fc.constantFrom(..."0123456789abcdefABCDEFxX.:%/-+ \t\n\0gz");

/** Text that is, or nearly is, what this makes. */
function nearly(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const changed = fc.tuple(whole, fc.nat(40), fc.nat(3), character)
    .map(([text, at, cut, put]) =>
      text.slice(0, at) + put + text.slice(at + cut)
    );
  return fc.oneof(
    whole,
    changed,
    fc.string({ unit: character, maxLength: 20 }),
  );
}

const bytes = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // With the runs of zeros that inet_ntop(3) shortens.
  fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((it) => Uint8Array.from(it)),
  fc.uint8Array({ maxLength: 20 }),
);
const part = fc.oneof(
  fc.nat(256).map(String),
  fc.nat(0xffffffff).map((it) => `0x${it.toString(16)}`),
  fc.nat(0xffffffff).map((it) => `0${it.toString(8)}`),
);
const address = nearly(fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.array(part, { minLength: 1, maxLength: 5 }).map((it) => it.join(".")),
));
const integer = fc.oneof(
  fc.integer({ min: -2, max: 0x10001 }),
  fc.integer({ min: -0x80000001, max: 0x100000001 }),
  fc.maxSafeInteger(),
);
const family = fc.constantFrom(
  AF_INET,
  AF_INET6,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  -1,
);
const service = nearly(
  fc.constantFrom("http", "https", "ssh", "domain", "ntp", "smtp", "www"),
);
const protocol = nearly(fc.constantFrom("tcp", "udp", "icmp", "ipv6", "sctp"));

// Of two bad arguments, which one is found first may differ.
const plain = (text: string) => !text.includes("\0");

const call: fc.Arbitrary<Call> = fc.oneof(
  // We refuse what follows a space, which inet_aton(3) takes for a comment.
  fc.tuple(
    fc.constant("inet_aton"),
    fc.tuple(address.filter((it) => !/\s/.test(it))),
  ),
  fc.tuple(fc.constant("inet_pton"), fc.tuple(family, address)),
  fc.tuple(fc.constant("inet_ntop"), fc.tuple(family, bytes)),
  fc.tuple(fc.constant("inet_ntoa"), fc.tuple(bytes)),
  fc.tuple(
    fc.constantFrom(
      "htons",
      "htonl",
      "ntohs",
      "ntohl",
      "CMSG_LEN",
      "CMSG_SPACE",
    ),
    fc.tuple(integer),
  ),
  fc.tuple(
    fc.constant("getservbyname"),
    fc.oneof(fc.tuple(service), fc.tuple(service, protocol)),
  ),
  fc.tuple(
    fc.constant("getservbyport"),
    fc.oneof(fc.tuple(integer), fc.tuple(integer, protocol.filter(plain))),
  ),
  fc.tuple(fc.constant("getprotobyname"), fc.tuple(protocol)),
  fc.tuple(
    fc.constant("getnameinfo"),
    fc.tuple(
      fc.tuple(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.integer({ min: 0, max: 65535 }),
      ),
      fc.constant(NI_NUMERICHOST | NI_NUMERICSERV),
    ),
  ),
  fc.tuple(
    fc.constant("getaddrinfo"),
    fc.tuple(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.constantFrom("127.1", "0x7f.1", "1.2.3.4.5"),
      ),
      fc.integer({ min: 0, max: 65535 }),
      fc.constantFrom(0, AF_INET, AF_INET6),
      fc.constant(SOCK_DGRAM),
      fc.constant(0),
      fc.constant(AI_NUMERICHOST),
    ),
  ),
);

function shown(value: unknown): unknown {
  return value instanceof Uint8Array ? { hex: value.toHex() } : value;
}

function ours([name, args]: Call): Outcome {
  const functions = socket as unknown as Record<
    string,
    (...args: readonly Argument[]) => unknown
  >;
  try {
    return ["value", shown(functions[name]!(...args))];
  } catch (error) {
    return ["error", (error as Error).constructor.name];
  }
}

async function pythons(calls: readonly Call[]): Promise<Outcome[]> {
  const script = new URL("../python/calls.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", {
    args: [script],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const json = JSON.stringify(calls, (_, value) => shown(value));
  const written = new Blob([json]).stream().pipeTo(child.stdin);
  const [{ stdout }] = await Promise.all([child.output(), written]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function has_python(): boolean {
  try {
    return new Deno.Command("python3", { args: ["-V"] }).outputSync().success;
  } catch {
    return false;
  }
}

const count = Math.min(CALLS, 20_000);
const title = `socket's functions do what CPython's do: ${count} calls`;

if (has_python()) {
  test(title, async () => {
    const calls = fc.sample(call, { seed: SEED, numRuns: count });
    const theirs = await pythons(calls);
    calls.forEach((one, i) =>
      assertEquals(
        ours(one),
        theirs[i],
        `${JSON.stringify(one, (_, value) => shown(value))}; again with: ` +
          `IOMUX_FUZZ_SEED=${SEED} IOMUX_FUZZ_CALLS=${CALLS} ` +
          "deno test --allow-all tests/fuzz/python_test.ts",
      )
    );
  });
} else {
  Deno.test.ignore(`${title} (ignored: no python3 to compare with)`, () => {});
}
