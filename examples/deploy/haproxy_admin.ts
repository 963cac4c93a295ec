/**
 * HAProxy's admin socket: a command a connection, and the table of its servers.
 *
 * @module
 */

import { socket } from "../../mod.ts";

// Seconds that HAProxy has for an answer.
const ANSWERS_WITHIN = 10;

/** A server as HAProxy sees it now. */
export interface Row {
  readonly name: string;
  /** HOST:PORT. */
  readonly address: string;
  /** `UP`, `UP 1/3` on its way down, `DOWN`, `DRAIN`, `MAINT`, … */
  readonly status: string;
  /** The connections that clients have to it now; health checks are not among them. */
  readonly sessions: number;
}

/** Sends a command, and returns what HAProxy answers. */
export function ask(path: string, command: string): string {
  using admin = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM);
  admin.settimeout(ANSWERS_WITHIN);
  admin.connect(path);
  admin.sendall(new TextEncoder().encode(`${command}\n`));
  const decoder = new TextDecoder();
  let answer = "";
  for (;;) {
    const data = admin.recv(65536);
    if (data.length === 0) return answer.trim();
    answer += decoder.decode(data, { stream: true });
  }
}

/** The servers of a backend: `show stat`. */
export function rows(path: string, backend: string): Row[] {
  // Not `show stat json`: while a server goes down, HAProxy 2.6.12 has "output buffer too
  // short" in place of its values.
  const [head = "", ...lines] = ask(path, "show stat").split("\n");
  const names = values(head.replace(/^# /, ""));
  return lines
    .map(values)
    .map((row) => (name: string) => row[names.indexOf(name)] ?? "")
    .filter((value) =>
      value("pxname") === backend &&
      !["FRONTEND", "BACKEND"].includes(value("svname"))
    )
    .map((value) => ({
      name: value("svname"),
      address: value("addr"),
      status: value("status"),
      sessions: Number(value("scur")),
    }));
}

/** The values of a line of CSV; those with a comma or a quote in them are quoted. */
function values(line: string): string[] {
  return [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
