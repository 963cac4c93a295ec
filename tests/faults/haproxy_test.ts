/**
 * The servers of examples/deploy/ behind HAProxy: one is killed or hangs, or all are restarted.
 * Each lost connection is accounted for.
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { socket } from "@iomux/py";
import { ran } from "../scripts.ts";
import "../reactor.ts";
import type { Row } from "../../examples/deploy/haproxy_admin.ts";
import { Callers, config, Farm, haproxy, names } from "./farm.ts";
import { note, until } from "./setup.ts";

const CLIENTS = 60;

haproxy.test("examples/deploy/haproxy.cfg is valid", async () => {
  const { code, errors } = await ran("haproxy", ["-c", "-f", config]);
  assertEquals(code, 0, errors);
  assertEquals(/WARNING|ALERT/.test(errors), false, errors);
});

haproxy.test("HAProxy moves the clients of a killed server to the others", async () => {
  await using farm = await Farm.start();
  // The kernel closes the connections of a killed process before its listener, which accepts
  // for some more milliseconds: these clients lose their connections, too.
  const again = () =>
    until(() => !farm.listens(victim.name), () => "It still listens");
  const callers = new Callers(farm, { clients: CLIENTS, again });
  const victim = await chosen(farm, callers);

  Deno.kill(farm.pid(victim.name), "SIGKILL");
  await again();
  const newcomers = new Callers(farm, { clients: CLIENTS });
  await until(
    () => callers.lost.length >= victim.sessions,
    () => `${callers.lost.length} of ${victim.sessions} have noticed`,
  );
  await callers.answered(5);
  await newcomers.answered(5);
  await farm.says(victim.name, "DOWN");
  assertEquals(farm.row(victim.name).sessions, 0);

  await farm.server("start", victim.name);
  const late = await served_again(farm, victim.name);
  await Promise.all([callers.leave(), newcomers.leave(), late.leave()]);
  assertEquals(callers.lost.length, victim.sessions);
  assertEquals(callers.connections, CLIENTS + victim.sessions);
  assertEquals([...newcomers.lost, ...late.lost], []);
  const failed = [callers.failed, newcomers.failed, late.failed];
  assertEquals(failed, [[], [], []]);
  await farm.stop();
  note({ name: "killed behind HAProxy" }, {
    clients: CLIENTS,
    on_the_server: victim.sessions,
    lost: callers.lost.length,
    new_since: victim.sessions + newcomers.connections + late.connections,
    failed_since: failed.flat().length,
  });
});

haproxy.test("HAProxy sends no client to a server that hangs, and closes no client of it", async () => {
  await using farm = await Farm.start();
  const callers = new Callers(farm, { clients: CLIENTS });
  const victim = await chosen(farm, callers);

  Deno.kill(farm.pid(victim.name), "SIGSTOP");
  // The kernel still accepts, so only HAProxy's check notices it.
  await farm.says(victim.name, "DOWN");
  const newcomers = new Callers(farm, { clients: CLIENTS });
  await newcomers.answered(5);
  assertEquals(farm.row(victim.name).sessions, victim.sessions);

  Deno.kill(farm.pid(victim.name), "SIGCONT");
  await callers.answered(5);
  const late = await served_again(farm, victim.name);
  await Promise.all([callers.leave(), newcomers.leave(), late.leave()]);
  for (const { lost, failed } of [callers, newcomers, late]) {
    assertEquals([...lost, ...failed], []);
  }
  await farm.stop();
});

/** A server under load, and how many clients it has. */
async function chosen(farm: Farm, callers: Callers): Promise<Row> {
  await callers.answered(5);
  const rows = farm.rows();
  assertEquals(rows.reduce((sum, row) => sum + row.sessions, 0), CLIENTS);
  const victim = rows[1]!;
  assertGreater(victim.sessions, 0);
  return victim;
}

/** Waits until a server is up, and connects clients: they go to the server with the fewest. */
async function served_again(farm: Farm, name: string): Promise<Callers> {
  await farm.says(name, "UP");
  const { sessions } = farm.row(name);
  const late = new Callers(farm, { clients: 10 });
  await late.answered(1);
  assertEquals(farm.row(name).sessions, sessions + 10);
  return late;
}

haproxy.test("examples/deploy/rolling.ts restarts every server and loses nothing", async () => {
  await using farm = await Farm.start();
  const pids = names.map((name) => farm.pid(name));
  // Most leave after a few messages, every sixth after half a second.
  const callers = new Callers(farm, {
    clients: CLIENTS,
    messages: (client) => client % 6 === 0 ? 25 : 5,
    every: 20,
  });
  await callers.answered(5);
  const { code, output, errors } = await farm.rolling();
  await callers.answered(5);
  await callers.leave();
  assertEquals(code, 0, errors);
  assertEquals([...callers.lost, ...callers.failed], []);
  for (const [i, name] of names.entries()) {
    assertNotEquals(farm.pid(name), pids[i]);
    assertMatch(output, new RegExp(`^${name}: drained$`, "m"));
    // The old server ended in order.
    assertMatch(output, new RegExp(`^${name}: served \\d+ clients, `, "m"));
    assertMatch(output, new RegExp(`^${name}: up$`, "m"));
  }
  await farm.stop();
  const { connections, messages, lost, failed } = callers;
  note({ name: "examples/deploy/rolling.ts" }, {
    connections,
    messages,
    lost: lost.length,
    failed: failed.length,
  });
});

haproxy.test("examples/deploy/rolling.ts closes the connections of clients that stay in order", async () => {
  await using farm = await Farm.start();
  const stay = names.map(() =>
    socket.create_connection([farm.host, farm.port])
  );
  try {
    await until(
      () => farm.rows().every(({ sessions }) => sessions === 1),
      () => JSON.stringify(farm.rows()),
    );
    const { code, output, errors } = await farm.rolling({ patience: 0.2 });
    assertEquals(code, 0, errors);
    assertEquals(output.match(/: connections left: 1$/gm)?.length, 3, output);
    for (const sock of stay) {
      sock.settimeout(30);
      // The end, and no reset.
      assertEquals(sock.recv(1), new Uint8Array());
    }
  } finally {
    for (const sock of stay) sock.close();
  }
});

haproxy.test("examples/deploy/rolling.ts stops if a server does not come back", async () => {
  await using farm = await Farm.start();
  const callers = new Callers(farm, { clients: 6, messages: () => 5 });
  const { code, errors } = await farm.rolling({ restart: "false" });
  assertEquals(code, 1);
  assertEquals(errors, "echo1 is not restarted; it stays drained\n");
  assertEquals(farm.row("echo1").status, "DRAIN");

  // The command succeeds, but the server does not echo.
  Deno.kill(farm.pid("echo1"), "SIGKILL");
  const silent = await farm.rolling({ restart: "true", limit: 0.5 });
  assertEquals(silent.code, 1);
  assertEquals(silent.errors, "echo1 does not echo; it stays drained\n");

  const again = await farm.rolling();
  assertEquals(again.code, 0, again.errors);
  assert(farm.rows().every(({ status }) => status === "UP"));
  await callers.leave();
  assertEquals([...callers.lost, ...callers.failed], []);
});

haproxy.test("examples/deploy/rolling.ts skips servers in maintenance, and the last that is up", async () => {
  await using farm = await Farm.start();
  farm.maintain("echo1");
  farm.maintain("echo2");
  const pids = names.map((name) => farm.pid(name));
  const { code, output, errors } = await farm.rolling();
  assertEquals(code, 1);
  assertEquals(
    output,
    "echo1: in maintenance, left alone\necho2: in maintenance, left alone\n",
  );
  assertEquals(errors, "echo3 is not restarted: no other server is up\n");
  assertEquals(names.map((name) => farm.pid(name)), pids);
  assertEquals(farm.row("echo3").status, "UP");
});
