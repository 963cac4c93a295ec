/**
 * The interactive client of documents 001 and 004: waits for the keyboard and the socket in
 * one poll, so that messages from the server appear at once.
 *
 * ```sh
 * deno run --allow-ffi clients/prompt.ts --host localhost --port 9000
 * ```
 *
 * @module
 */

import { BlockingIOError, queue, select, socket } from "../mod.ts";
import {
  CLOSED,
  connect,
  ERASE_LINE,
  lost,
  on_kill,
  turn,
  write,
} from "../cli/client.ts";
import { address, die, family_of, parse, seconds } from "../cli/flags.ts";
import { show_lines } from "../cli/show.ts";
import { END, LineEditor } from "./line_editor.ts";

const { host, port, wait } = parse(
  "clients/prompt.ts",
  "Sends each line that you type, and prints the answers. Ctrl-D leaves.\n" +
    "Documents 001 (2-4) and 004 of docs/documents.md; its servers are\n" +
    "servers/receive.ts, split.ts, reply.ts, select.ts and epoll.ts.",
  {
    ...address("127.0.0.1", 9999),
    wait: seconds(5, "the time to wait for answers after the input ends"),
  },
);

const KEYBOARD = 0;
// The most milliseconds of a wait at a terminal: signals are handled between two waits.
const PATIENCE = 250;
const NEWLINE = 10;
const SIZE = 65536;
// Milliseconds to wait for the server's close after Ctrl-D.
const GOODBYE = 500;
// Milliseconds that a piped line waits for the answer to the line before, or the server may
// read both as one message. After UNANSWERED lines without an answer, lines go at once.
const LULL = 200;
const UNANSWERED = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const buffer = new Uint8Array(SIZE);

const client = socket.socket(family_of(host), socket.SOCK_STREAM);
connect(client, host, port);
client.setblocking(false);
// Or a line waits until the server has acknowledged the line before (Nagle).
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1);

const interactive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
const editor = new LineEditor(">>> ");
const messages = queue.Queue<Uint8Array>();
/** The rest of a message that was sent in part. */
let rest: Uint8Array | null = null;
/** The bytes in `messages` and `rest`. */
let owed = 0;
/** When to send the next message. The first waits for the server's greeting. */
let send_at = interactive ? 0 : performance.now() + LULL;
let unanswered = 1;
/** Whether the input has ended, and whether the sending half is closed. */
let ended = false, told = false;
/** After the end of the input: when to give up on the server. */
let leave_at = Infinity;
let closed = false;

if (interactive) open_terminal();
try {
  while (!closed && performance.now() < leave_at) {
    for (const [fd, event] of ready()) {
      if (fd === KEYBOARD) read_keyboard();
      else attend(event);
    }
    if (ended && owed === 0 && !told) {
      // The server reads the end of the stream, and can still answer
      told = true;
      client.shutdown(socket.SHUT_WR);
    }
    // Signals that arrived during the wait get their turn.
    if (interactive) await turn();
  }
} catch (error) {
  close_terminal();
  lost(host, port, error);
}
close_terminal();
client.close();
if (closed && !ended) write(CLOSED + "\n");
else if (owed > 0) die(`${host} port ${port}: ${owed} bytes were not taken`);

/** Waits for the keyboard and the socket in one poll. */
function ready(): Array<[fd: number, event: number]> {
  const poller = select.poll();
  // Backpressure for piped input; a person does not type that fast.
  if (!ended && (interactive || owed < SIZE)) {
    poller.register(KEYBOARD, select.POLLIN);
  }
  const now = performance.now();
  const sending = owed > 0 && now >= send_at;
  poller.register(client, select.POLLIN | (sending ? select.POLLOUT : 0));
  const limit = Math.min(
    interactive ? PATIENCE : Infinity,
    owed > 0 && !sending ? send_at - now : Infinity,
    Math.max(leave_at - now, 0),
  );
  return poller.poll(limit === Infinity ? null : limit);
}

function attend(event: number): void {
  try {
    if (event & ~select.POLLOUT) receive();
    if (event & select.POLLOUT && !closed) send();
  } catch (error) {
    // A spurious wake-up, see select(2).
    if (!(error instanceof BlockingIOError)) throw error;
  }
}

function read_keyboard(): void {
  let length: number | null;
  try {
    length = Deno.stdin.readSync(buffer);
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock) return;
    // The terminal is closed, or standard input is not readable.
    length = null;
  }
  if (length === null) return end();
  const data = buffer.slice(0, length);
  if (interactive) type(data);
  else split(data);
}

/** Queues piped lines without their newlines. */
function split(data: Uint8Array): void {
  for (let start = 0; start < data.length;) {
    const newline = data.indexOf(NEWLINE, start);
    const stop = newline === -1 ? data.length : newline;
    put(data.subarray(start, stop));
    start = stop + 1;
  }
}

function type(data: Uint8Array): void {
  let drawn = "";
  for (const line of editor.type(data)) {
    if (line === END) {
      end();
      break;
    }
    drawn += editor.draw_finished(line);
    put(encoder.encode(line));
  }
  write(drawn + draw());
}

function put(message: Uint8Array): void {
  // An empty line sends nothing
  if (message.length === 0) return;
  messages.put(message);
  owed += message.length;
}

function send(): void {
  rest ??= messages.get_nowait();
  const sent = client.send(rest);
  rest = sent < rest.length ? rest.subarray(sent) : null;
  owed -= sent;
  if (rest === null && !interactive) {
    send_at = unanswered < UNANSWERED ? performance.now() + LULL : 0;
    unanswered++;
  }
  progress();
}

function receive(): void {
  const data = client.recv(SIZE);
  closed = data.length === 0;
  send_at = unanswered = 0;
  const text = show_lines(decoder.decode(data, { stream: !closed }));
  if (text !== "") {
    const line = text.endsWith("\n") ? text : text + "\n";
    write(interactive ? ERASE_LINE + line + draw() : line);
  }
  if (!interactive) progress();
}

function end(): void {
  ended = true;
  progress();
}

/** Extends the wait for the server after the end of the input. */
function progress(): void {
  const patience = interactive ? GOODBYE : wait * 1000 + LULL;
  if (ended) leave_at = performance.now() + patience;
}

function draw(): string {
  // A terminal that does not know its size reports 0.
  return ended ? ERASE_LINE : editor.draw(Deno.consoleSize().columns || 80);
}

function open_terminal(): void {
  const open = () => {
    // Delivers each key at once; Ctrl-C and Ctrl-Z still send signals.
    Deno.stdin.setRaw(true, { cbreak: true });
    write(draw());
  };
  on_kill(close_terminal);
  Deno.addSignalListener("SIGCONT", open);
  Deno.addSignalListener("SIGWINCH", () => write(draw()));
  open();
}

function close_terminal(): void {
  if (!interactive) return;
  write(ERASE_LINE);
  Deno.stdin.setRaw(false);
}
