import { assert, assertEquals } from "@std/assert";
import { END, LineEditor } from "../../clients/line_editor.ts";
import { Screen } from "./terminal.ts";

const encoder = new TextEncoder();

/** An editor into which keys were typed. */
function typed(...keys: string[]): LineEditor {
  const editor = new LineEditor(">>> ");
  for (const key of keys) editor.type(encoder.encode(key));
  return editor;
}

/** The line, with `|` for the cursor. */
function shown({ before, after }: LineEditor): string {
  return `${before}|${after}`;
}

Deno.test("LineEditor.type() returns the lines that were finished", () => {
  const editor = new LineEditor(">>> ");
  assertEquals(editor.type(encoder.encode("one")), []);
  assertEquals(editor.type(encoder.encode("\r")), ["one"]);
  assertEquals(editor.type(encoder.encode("two\nthree\r\rfo")), [
    "two",
    "three",
    "",
  ]);
  assertEquals(shown(editor), "fo|");
});

Deno.test("LineEditor.type() treats Ctrl-D as the end on an empty line alone", () => {
  const editor = typed("ab\x02");
  assertEquals(editor.type(encoder.encode("\x04")), []);
  assertEquals(shown(editor), "a|");
  assertEquals(editor.type(encoder.encode("\x04\x7f")), []);
  assertEquals(editor.type(encoder.encode("x\r\x04lost")), ["x", END]);
});

Deno.test("LineEditor.type() erases characters, words and lines", () => {
  assertEquals(shown(typed("abc\x7f\b")), "a|");
  assertEquals(shown(typed("\x7f")), "|");
  assertEquals(shown(typed("one two  three \x17")), "one two  |");
  assertEquals(shown(typed("one two  three \x17\x17")), "one |");
  assertEquals(shown(typed("  \x17\x17")), "|");
  assertEquals(shown(typed("one two\x1b[D\x1b[D\x15")), "|wo");
  assertEquals(shown(typed("one two\x1b[D\x1b[D\x0b")), "one t|");
});

Deno.test("LineEditor.type() moves the cursor and inserts there", () => {
  assertEquals(shown(typed("bd\x01a\x1b[Cc\x05e")), "abcde|");
  assertEquals(shown(typed("abc\x1b[H\x1b[3~")), "|bc");
  assertEquals(shown(typed("abc\x1bOH\x1b[F\x1b[1~\x1b[4~\x02\x06")), "abc|");
  assertEquals(shown(typed("a\x1b[D\x1b[D\x1b[C\x1b[C")), "a|");
});

Deno.test("LineEditor.type() treats several code points of one character as one", () => {
  assertEquals(shown(typed("a你\x7f")), "a|");
  assertEquals(shown(typed("ae\u0301\x7f")), "a|");
  assertEquals(shown(typed("a👨‍👩‍👧\x7f")), "a|");
  assertEquals(shown(typed("a🇩🇪b\x1b[D\x1b[D")), "a|🇩🇪b");
  assertEquals(shown(typed("😀\x01\x04")), "|");
});

Deno.test("LineEditor.type() joins keys that arrive in pieces", () => {
  const editor = new LineEditor(">>> ");
  for (const byte of encoder.encode("ü你😀\x1b[D\x1bOD\x1b[3~")) {
    editor.type(Uint8Array.of(byte));
  }
  assertEquals(shown(editor), "ü|😀");
});

Deno.test("LineEditor.type() ignores keys that it does not know", () => {
  const keys = "\x1b[A\x1b[200~\x1b[1;5C\x1bx\x1b\x1b[B\x00\x03\x1a\x1b[é";
  assertEquals(shown(typed("a" + keys + "b")), "aéb|");
});

Deno.test("LineEditor.draw() never wraps, and puts the cursor where it belongs", () => {
  const line = "short 你好世界 e\u0301 and a 😀 longer tail";
  for (let columns = 8; columns < 60; columns++) {
    const editor = typed(line);
    do {
      const screen = new Screen(columns, 3);
      screen.feed(editor.draw(columns));
      const { x, y } = screen.cursor;
      assertEquals(screen.rows.length, 1, `${columns} columns`);
      assertEquals(y, 0);
      assert(x < columns, `the cursor is in column ${x} of ${columns}`);
      // The cursor follows the end of the text that was typed before it.
      screen.feed("|");
      const left = screen.row.slice(4, screen.row.indexOf("|"));
      const whole = editor.before === left;
      assert(whole || left.startsWith("<"), shown(editor));
      assert(whole || editor.before.endsWith(left.slice(1)), shown(editor));
      editor.type(encoder.encode("\x1b[D"));
    } while (editor.before !== "");
  }
});

Deno.test("LineEditor.draw() shows the tail that fits, and the text after the cursor", () => {
  const screen = new Screen(20, 5);
  const editor = typed("0123456789abcdefghij");
  screen.feed(editor.draw(20));
  assertEquals(screen.rows, [
    ">>> <6789abcdefghij".slice(0, 5) + "6789abcdefghij",
  ]);
  editor.type(encoder.encode("\x1b[D".repeat(8)));
  screen.feed(editor.draw(20));
  assertEquals(screen.rows, [">>> <3456789abcdefg"]);
});

Deno.test("LineEditor.draw() draws no pasted control characters", () => {
  const screen = new Screen(80, 5);
  screen.feed(typed("a\tb\u202ec\u009b2Jd").draw(80));
  assertEquals(screen.rows, [">>> a b c2Jd"]);
});

Deno.test("LineEditor.draw_finished() shows the whole line", () => {
  const screen = new Screen(20, 5);
  const editor = new LineEditor(">>> ");
  screen.feed(editor.draw(20));
  screen.feed(
    editor.draw_finished("0123456789abcdefghij").replace("\n", "\r\n"),
  );
  assertEquals(screen.rows, [">>> 0123456789abcdef", "ghij"]);
  assertEquals(screen.cursor, { x: 0, y: 2 });
});
