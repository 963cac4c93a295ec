/**
 * Runs clients on a real pseudo-terminal: a shell opens it as its own, and runs the client.
 *
 * @module
 */

import { assert, assertEquals, AssertionError } from "@std/assert";
import { select } from "../../mod.ts";
import { run_args, WATCHDOG } from "../scripts.ts";

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  // int posix_openpt(int flags)
  posix_openpt: { parameters: ["i32"], result: "i32" },
  // int grantpt(int fd)
  grantpt: { parameters: ["i32"], result: "i32" },
  // int unlockpt(int fd)
  unlockpt: { parameters: ["i32"], result: "i32" },
  // int ptsname_r(int fd, char *buf, size_t buflen)
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int ioctl(int fd, unsigned long request, struct winsize *argp)
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // int tcgetattr(int fd, struct termios *termios_p)
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
});

const O_RDWR_NOCTTY_CLOEXEC = 0x2 | 0x100 | 0x80000;
const TIOCSWINSZ = 0x5414n;

// The shell opens the terminal first in a new session, and so controls it. It outlives the client,
// so that a test can read the terminal's modes, and prints the exit status of the client.
const SHELL = 'pts=$1; shift; exec 3<&0 4>&1 <>"$pts" >&0 2>&1; ' +
  'trap : HUP INT QUIT TERM; "$@" 3<&- 4>&-; echo $? >&4; read _ <&3';

/** A client on a terminal. */
export class Terminal implements AsyncDisposable {
  readonly #master: number;
  readonly #child: Deno.ChildProcess;
  readonly #code: Promise<number>;
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(65536);
  /** Its screen. */
  readonly screen: Screen;
  /** All output so far. */
  written = "";
  /** Its modes before the client started. */
  readonly modes_before: string;

  /** Starts a client of this repository. */
  constructor(
    script: string,
    args: string[],
    columns = 80,
    rows = 24,
    preload?: string,
  ) {
    this.#master = libc.posix_openpt(O_RDWR_NOCTTY_CLOEXEC);
    assert(this.#master >= 0, "posix_openpt() failed");
    assert(libc.grantpt(this.#master) === 0, "grantpt() failed");
    assert(libc.unlockpt(this.#master) === 0, "unlockpt() failed");
    this.screen = new Screen(columns, rows);
    this.#set_size(columns, rows);
    this.modes_before = this.modes();
    const run = [Deno.execPath(), ...run_args(script, args, preload)];
    this.#child = new Deno.Command("setsid", {
      args: ["sh", "-c", SHELL, "sh", this.#path(), ...run],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#code = first_number(this.#child.stdout);
  }

  #path(): string {
    const path = new Uint8Array(256);
    assert(
      libc.ptsname_r(this.#master, path, 256n) === 0,
      "ptsname_r() failed",
    );
    return new TextDecoder().decode(path.subarray(0, path.indexOf(0)));
  }

  #set_size(columns: number, rows: number): void {
    // struct winsize: ws_row, ws_col, and the same in pixels.
    const winsize = new Uint16Array([rows, columns, 0, 0]);
    assert(
      libc.ioctl(this.#master, TIOCSWINSZ, winsize) === 0,
      "ioctl() failed",
    );
  }

  /** Makes the window wider or narrower. */
  resize(columns: number, rows: number): void {
    this.screen.resize(columns);
    this.#set_size(columns, rows);
  }

  /** Its modes, such as echo: `struct termios` in hexadecimal. */
  modes(): string {
    const termios = new Uint8Array(64);
    assert(libc.tcgetattr(this.#master, termios) === 0, "tcgetattr() failed");
    return termios.toHex();
  }

  /** Types a text. */
  type(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const size = libc.write(this.#master, bytes, BigInt(bytes.length));
    assert(Number(size) === bytes.length, "write() took less");
  }

  /** Sends a signal to the client and to the shell, which ignores it. */
  kill(signal: Deno.Signal): void {
    Deno.kill(-this.#child.pid, signal);
  }

  /** Draws all output so far. */
  refresh(): void {
    const poller = select.poll();
    poller.register(this.#master, select.POLLIN);
    while (poller.poll(0).some(([, event]) => event & select.POLLIN)) {
      const size = Number(
        libc.read(this.#master, this.#buffer, BigInt(this.#buffer.length)),
      );
      assert(size > 0, "read() failed");
      const bytes = this.#buffer.subarray(0, size);
      const text = this.#decoder.decode(bytes, { stream: true });
      this.written += text;
      this.screen.feed(text);
    }
  }

  /** Waits until the screen satisfies a condition. */
  async shows(what: (screen: Screen) => boolean): Promise<void> {
    const give_up_at = performance.now() + WATCHDOG;
    for (this.refresh(); !what(this.screen); this.refresh()) {
      if (performance.now() > give_up_at) {
        throw new AssertionError(
          `The screen never showed ${what}\n\n${this.screen.rows.join("\n")}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until the rows are these. */
  async shows_rows(...rows: string[]): Promise<void> {
    const wanted = rows.join("\n");
    await this.shows((screen) => screen.rows.join("\n") === wanted).catch(
      (error) => {
        throw new AssertionError(`${error.message}\n\nWanted:\n${wanted}`);
      },
    );
  }

  /** Waits for the client's end, and returns its exit status. */
  async ended(): Promise<number> {
    const watchdog = setTimeout(() => this.#child.kill("SIGKILL"), WATCHDOG);
    const code = await this.#code;
    clearTimeout(watchdog);
    this.refresh();
    if (Number.isNaN(code)) {
      const rows = this.screen.rows.join("\n");
      throw new AssertionError(`The client does not end\n\n${rows}`);
    }
    return code;
  }

  /** Fails unless the client has restored the modes, shows these rows, and nothing below. */
  check_tidy(...rows: string[]): void {
    assertEquals(this.screen.rows, rows);
    assertEquals(this.screen.cursor, { x: 0, y: rows.length });
    assertEquals(this.modes(), this.modes_before);
  }

  /** Kills the client and the shell. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.stdin.close().catch(() => {});
    await this.#code;
    await this.#child.status;
    libc.close(this.#master);
  }
}

/** The exit status that the shell prints; NaN if the shell was killed. */
async function first_number(
  stream: ReadableStream<Uint8Array>,
): Promise<number> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return parseInt(new TextDecoder().decode(value));
}

// The second half of a wide character.
const FILLER = "";
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Emoji_Presentation}/u;
const combining = /[\p{Mn}\u200d]/u;
// deno-lint-ignore no-control-regex -- the pattern is for control characters
const unit = /\x1b\[(\d*)([KC])|\x1b\[(?:0G|J)|[^\x1b]/uy;

/**
 * The screen of a terminal: rows of characters and a cursor. Escape sequences that the clients
 * must not write, such as those from the network, are errors.
 */
export class Screen {
  #columns: number;
  readonly #rows: number;
  readonly #lines: string[][];
  #x = 0;
  #y = 0;
  #pending = "";

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#lines = Array.from({ length: rows }, () => []);
  }

  /** The position of the cursor. */
  get cursor(): { x: number; y: number } {
    return { x: this.#x, y: this.#y };
  }

  /** The rows down to the last one with text, without trailing spaces. */
  get rows(): string[] {
    const rows = this.#lines.map((line) =>
      Array.from(line, (c) => c ?? " ").join("").trimEnd()
    );
    return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
  }

  /** The row of the cursor. */
  get row(): string {
    return this.rows[this.#y] ?? "";
  }

  /** Changes its width; the text stays in place. */
  resize(columns: number): void {
    this.#columns = columns;
  }

  /** Draws written text. */
  feed(text: string): void {
    const written = this.#pending + text;
    let end = 0;
    unit.lastIndex = 0;
    for (let match; (match = unit.exec(written)) !== null;) {
      end = unit.lastIndex;
      const [whole, count, command] = match;
      if (command === undefined && whole.length > 2) {
        // Deno erases its progress bar before it runs a script.
        this.#x = 0;
      } else if (command === "K") this.#lines[this.#y]!.length = this.#x;
      else if (command === "C") {
        this.#x = Math.min(this.#x + Number(count || 1), this.#columns - 1);
      } else this.#put(whole);
    }
    this.#pending = written.slice(end);
    // deno-lint-ignore no-control-regex -- the pattern is for escape sequences
    if (!/^(\x1b(\[\d*)?)?$/.test(this.#pending)) {
      throw new AssertionError(
        `Unknown escape sequence: ${JSON.stringify(this.#pending)}`,
      );
    }
  }

  #put(c: string): void {
    if (c === "\r") this.#x = 0;
    else if (c === "\n") this.#line_feed();
    else if (c === "\t") {
      this.#x = Math.min((this.#x | 7) + 1, this.#columns - 1);
    } else if (c < " " || c === "\x7f") {
      throw new AssertionError(`Unknown control: ${JSON.stringify(c)}`);
    } else if (combining.test(c)) {
      this.#lines[this.#y]![this.#x - 1] += c;
    } else {
      const width = wide.test(c) ? 2 : 1;
      if (this.#x + width > this.#columns) {
        this.#x = 0;
        this.#line_feed();
      }
      const line = this.#lines[this.#y]!;
      line[this.#x] = c;
      if (width === 2) line[this.#x + 1] = FILLER;
      this.#x += width;
    }
  }

  #line_feed(): void {
    if (this.#y < this.#rows - 1) {
      this.#y++;
      return;
    }
    this.#lines.shift();
    this.#lines.push([]);
  }
}
