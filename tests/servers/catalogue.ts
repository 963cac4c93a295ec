/**
 * All servers, and the answers of each.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { type Server, type StartOptions, startServer } from "../scripts.ts";
import { Peer } from "./peer.ts";

/** How a server answers a message. */
export type Kind = "echo" | "reply" | "split" | "greet" | "time";

/** The servers that send back as many bytes as they receive. */
export const queues: ReadonlySet<Kind> = new Set<Kind>(["echo", "reply"]);

/** A server and its flags. */
export interface Entry {
  /** The name in test names. */
  readonly name: string;
  readonly script: string;
  readonly args: string[];
  readonly kind: Kind;
}

function entry(name: string, kind: Kind, ...args: string[]): Entry {
  const script = `servers/${name}.ts`;
  return { name: [script, ...args].join(" "), script, args, kind };
}

/** Every server, the flagship with each of its backends. */
export const servers: readonly Entry[] = [
  entry("echo", "echo", "--backend", "select"),
  entry("echo", "echo", "--backend", "poll"),
  entry("echo", "echo", "--backend", "epoll"),
  entry("accept", "greet"),
  entry("receive", "greet"),
  entry("split", "split"),
  entry("reply", "reply"),
  entry("delay", "time", "--interval", "0.2"),
  entry("queue", "echo", "--pause", "0.005"),
  entry("select", "echo"),
  entry("epoll", "echo"),
];

/** Every script once. */
export const scripts: readonly string[] = [
  ...new Set(servers.map(({ script }) => script)),
];

/** Starts a server on a free port. */
export function start(entry: Entry, options?: StartOptions): Promise<Server> {
  return startServer(entry.script, entry.args, options);
}

/** Tests all servers at the same time, as they mostly wait. */
export async function each(
  act: (entry: Entry) => Promise<void>,
): Promise<void> {
  await Promise.all(servers.map((entry) =>
    act(entry).catch((cause) => {
      throw new Error(entry.name, { cause });
    })
  ));
}

/** Python's `time.asctime()` and a newline. */
export const ASCTIME =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \d{4}\n$/;

/** Reads a server's greeting. */
export async function greeted({ kind }: Entry, peer: Peer): Promise<void> {
  if (kind === "time") assertMatch(await peer.line(), ASCTIME);
  else if (kind !== "echo") assertEquals(await peer.text(5), "hello");
}

/** Sends a short message, and receives the answer. */
export async function answered(
  { kind }: Entry,
  peer: Peer,
  message = "ping",
): Promise<void> {
  await peer.send(message);
  const answer = answer_to(kind, message);
  assertEquals(await peer.text(answer.length), answer);
}

/** Connects, is served, and leaves in order. */
export async function newcomer(entry: Entry, server: Server): Promise<void> {
  using peer = new Peer(server);
  await greeted(entry, peer);
  await answered(entry, peer);
}

function answer_to(kind: Kind, message: string): string {
  if (kind === "echo") return message;
  if (kind === "reply") return `${message}response`;
  return kind === "split" ? "response" : "";
}

/**
 * Checks the answers to all data after the greeting. The data may have arrived in any pieces: the
 * server must answer each, in order.
 */
export function assert_answers(
  { kind }: Entry,
  sent: Uint8Array,
  received: Uint8Array,
): void {
  const decoder = new TextDecoder("latin1");
  const text = decoder.decode(received);
  if (kind === "time") {
    for (const line of text.match(/.+\n?/g) ?? []) assertMatch(line, ASCTIME);
    return;
  }
  assertEquals(
    text.split("response").length > 1,
    kind === "split" || kind === "reply",
  );
  const without = text.replaceAll("response", "");
  const expected = kind === "echo" || kind === "reply"
    ? decoder.decode(sent)
    : "";
  assertEquals(without.length, expected.length);
  assertEquals(without === expected, true, "the echo differs");
}
