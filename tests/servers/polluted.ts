/**
 * Adds names to Object.prototype that a script might look up in its flags and options.
 *
 * @module
 */

Object.assign(Object.prototype, {
  // Flags, and what makes one a switch.
  host: "256.0.0.1",
  port: "no port",
  backend: "none",
  help: true,
  quiet: true,
  metavar: "X",
  // Options of parseArgs().
  alias: { help: "port" },
  collect: ["host"],
  default: { port: "x" },
  negatable: ["port"],
  stopEarly: true,
  // Options of the flagship's clients.
  room: 1,
  max_queue: 1,
  max_total: 1,
  idle_timeout: 0.001,
  closing: 1,
  counted: 1,
  full: 1,
  sending: 1,
});
