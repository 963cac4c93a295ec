/**
 * HAProxy's admin socket: sends commands, and reads the table of servers.
 *
 * @module
 */

import { socket } from "../../mod.ts";

// Seconds to wait for HAProxy's answer.
const ANSWERS_WITHIN = 10;

/** A row of HAProxy's table of servers. */
export interface Row {
  readonly name: string;
  /** HOST:PORT. */
  readonly address: string;
  /** `UP`, `UP 1/3` on its way down, `DOWN`, `DRAIN`, `MAINT`, … */
  readonly status: string;
  /** The number of its client connections, without health checks. */
  readonly sessions: number;
}

/** Sends a command on a connection of its own, and returns HAProxy's answer. */
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

/** Returns the servers of a backend, from `show stat`. */
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

/** Splits a line of CSV; values with a comma or a quote in them are quoted. */
function values(line: string): string[] {
  return [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
