/**
 * The page's program. The page contains its text, so `view` must not use names of this module.
 *
 * @module
 */

import type { Browser, Canvas, Element, Input } from "./browser.ts";
import type { Layout, Life, Span } from "./layout.ts";

/**
 * Draws a picture, and lets the user zoom, move and choose calls.
 *
 * @param picture The layout to show.
 */
export function view(picture: Layout): void {
  const { time, took, row, kind, text, outcome, rows, lives, spans, marks } =
    picture;
  const count = time.length;
  const KINDS = ["idle", "read", "write", "other", "idle"] as const;
  const PENDING = 4;
  const LABELS: ReadonlyArray<readonly [colour: string, label: string]> = [
    ["idle", "waiting"],
    ["run", "running"],
    ["open", "open"],
    ["ready", "ready"],
    ["read", "reading"],
    ["write", "writing"],
    ["blocked", "send fell short"],
    ["other", "other calls"],
  ];
  const COLOURS = [
    ...LABELS.map(([colour]) => colour),
    ...["paper", "ink", "faint", "line", "chosen", "mark"],
  ];
  const LANE = 38, RULER = 26, LINE = 24;

  const browser = globalThis as unknown as Browser;
  const { document } = browser;
  const by_id = (id: string) => document.getElementById(id);
  const canvas = by_id("canvas") as Canvas;
  const context = canvas.getContext("2d");
  const tip = by_id("tip"), detail = by_id("detail");
  const scroll = by_id("scroll"), list = by_id("rows");

  const line_of = (i: number) => `${text[i]} = ${outcome[i]}`;

  /** The items of each lane, in order. */
  const of_row = <T>(items: readonly T[], lane: (item: T) => number) => {
    const found: T[][] = rows.map(() => []);
    for (const item of items) found[lane(item)]!.push(item);
    return found;
  };
  const all = time.map((_, i) => i);
  // Waits of twins overlap other calls, so they have lists of their own.
  const in_lanes = (calls: number[]) => of_row(calls, (i) => row[i]!);
  const row_calls = in_lanes(all.filter((i) => kind[i] !== PENDING));
  const row_waits = in_lanes(all.filter((i) => kind[i] === PENDING));
  const has_twins = row_waits.some((waits) => waits.length > 0);
  const row_lives = of_row(lives, (life) => life[0]);
  const row_spans = of_row(spans, (span) => span[0]);
  const marked = Map.groupBy(marks.keys(), (which) => marks[which]![0]);

  // The axis: tenths of a microsecond, or calls. `from` and `to` are its visible part.
  const began = time[0] ?? 0;
  let last = began;
  for (let i = 0; i < count; i++) last = Math.max(last, time[i]! + took[i]!);
  let by_time = true;
  let from = 0, to = 1;
  const whole = () => by_time ? Math.max(last - began, 10) : Math.max(count, 1);
  const start_of = (i: number) =>
    by_time ? (i < 0 ? 0 : i >= count ? last - began : time[i]! - began) : i;
  const end_of = (i: number) =>
    by_time
      ? i < 0 ? 0 : i >= count ? last - began : time[i]! + took[i]! - began
      : i + 1;

  const birth = (life: Life) => start_of(life[1]);

  let width = 0, height = 0, left = 0, top = 0;
  let chosen = -1;
  let followed: Life | null = null;
  let shown: readonly number[] = all;
  let colours: Record<string, string> = {};

  const x_of = (at: number) =>
    left + (at - from) / (to - from) * (width - left);
  const at_x = (x: number) => from + (x - left) / (width - left) * (to - from);
  const y_of = (lane: number) => RULER + lane * LANE - top;

  /** The first of some ascending numbers that is not below a value. */
  function first<T>(
    items: readonly T[],
    key: (item: T) => number,
    value: number,
  ): number {
    let low = 0, high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (key(items[middle]!) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the last that is below a value, or 0. */
  function before<T>(
    items: readonly T[],
    key: (item: T) => number,
    value: number,
  ): number {
    return Math.max(0, first(items, key, value) - 1);
  }

  /** When a call began: `0.001234`. */
  function seconds(call: number): string {
    return (time[call]! / 1e7).toFixed(6);
  }

  /** Three digits and a unit: `1.23 ms`. */
  function duration(tenths: number): string {
    const units = [["s", 1e7], ["ms", 1e4], ["µs", 10]] as const;
    const [unit, size] = units.find(([, one]) => tenths >= one) ?? units[2];
    const value = tenths / size;
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return `${value.toFixed(digits)} ${unit}`;
  }

  function plural(n: number, word: string): string {
    return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  }

  let asked = false;
  function redraw(): void {
    if (asked) return;
    asked = true;
    browser.requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  }

  function bar(
    x: number,
    y: number,
    w: number,
    h: number,
    colour: string,
  ): void {
    context.fillStyle = colours[colour]!;
    context.fillRect(x, y, w, h);
  }

  /** Draws a lane's bars. Bars of one colour that touch are drawn as one: a lane has thousands. */
  class Bars {
    readonly #last = new Map<
      string,
      { begin: number; end: number; y: number; h: number }
    >();

    add(x: number, until: number, y: number, h: number, colour: string): void {
      const end = Math.min(Math.max(until, x + 2), width);
      const begin = Math.max(x, left);
      if (end <= begin) return;
      const last = this.#last.get(colour);
      if (last !== undefined && begin <= last.end && last.y === y) {
        last.end = Math.max(last.end, end);
        return;
      }
      this.#draw(colour);
      this.#last.set(colour, { begin, end, y, h });
    }

    /** Draws the last bars. */
    end(): void {
      for (const colour of this.#last.keys()) this.#draw(colour);
      this.#last.clear();
    }

    #draw(colour: string): void {
      const last = this.#last.get(colour);
      if (last === undefined) return;
      const { begin, end, y, h } = last;
      bar(begin, y, end - begin, h, colour);
    }
  }

  function draw(): void {
    const { devicePixelRatio: ratio } = browser;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const dim = (lane: number) =>
      followed !== null && lane !== 0 && lane !== followed[0];
    const lowest = Math.max(0, Math.floor(top / LANE));
    const highest = Math.min(rows.length - 1, Math.ceil((top + height) / LANE));
    context.save();
    context.beginPath();
    context.rect(0, RULER, width, height - RULER);
    context.clip();
    for (let lane = lowest; lane <= highest; lane++) {
      context.globalAlpha = dim(lane) ? 0.25 : 1;
      if (lane === 0) draw_loop();
      else draw_lane(lane);
      context.globalAlpha = 1;
      bar(0, y_of(lane) + LANE - 1, width, 1, "line");
    }
    draw_marks(lowest, highest);
    draw_chosen();
    draw_labels(lowest, highest, dim);
    context.restore();
    draw_ruler();
  }

  /** Draws the calls of a lane that can be seen; `place` returns a kind's offset and height. */
  function draw_calls(
    lane: number,
    y: number,
    bars: Bars,
    place: (kind: number) => [offset: number, height: number],
  ): void {
    const calls = row_calls[lane]!, end = first(calls, start_of, to);
    for (let k = before(calls, start_of, from); k < end; k++) {
      const i = calls[k]!, what = kind[i]!;
      const [offset, high] = place(what);
      const x = x_of(start_of(i));
      bars.add(x, x_of(end_of(i)), y + offset, high, KINDS[what]!);
    }
    bars.end();
  }

  function draw_loop(): void {
    const y = y_of(0), bars = new Bars();
    // With twins the event loop waits unseen, so the trace cannot tell when the program runs.
    if (count > 0 && !has_twins) {
      bars.add(x_of(0), x_of(end_of(count - 1)), y + 15, 8, "run");
      bars.end();
    }
    draw_waits(0, y, bars);
    draw_calls(0, y, bars, (what) => what === 0 ? [9, 20] : [5, 28]);
  }

  function draw_lane(lane: number): void {
    const y = y_of(lane), bars = new Bars();
    const opened = row_lives[lane]!;
    for (const life of opened.slice(before(opened, birth, from))) {
      const x = x_of(start_of(life[1])), end = x_of(end_of(life[2]));
      if (x > width) break;
      bars.add(x, end, y + 6, LANE - 13, "open");
      if (life === followed) {
        bars.end();
        context.strokeStyle = colours.chosen!;
        context.strokeRect(
          Math.max(x, left) - 0.5,
          y + 5.5,
          Math.min(end, width) - Math.max(x, left) + 1,
          LANE - 12,
        );
      }
    }
    bars.end();
    for (const span of row_spans[lane]!) {
      const x = x_of(end_of(span[2])), end = x_of(start_of(span[3]));
      if (x > width) break;
      if (end < left) continue;
      if (span[1] === 0) bars.add(x, end, y + 15, 7, "ready");
      else draw_blocked(span, x, end, y);
    }
    draw_waits(lane, y, bars);
    bars.end();
    // Reads above, writes below, others at the edge: the place tells kinds apart without colours.
    draw_calls(lane, y, bars, (what) => {
      return what === 1 ? [6, 13] : what === 2 ? [19, 13] : [28, 4];
    });
  }

  function draw_waits(lane: number, y: number, bars: Bars): void {
    for (const i of row_waits[lane]!) {
      if (start_of(i) <= to && end_of(i) >= from) {
        bars.add(x_of(start_of(i)), x_of(end_of(i)), y + 15, 7, "idle");
      }
    }
  }

  function draw_blocked(span: Span, x: number, end: number, y: number): void {
    const begin = Math.max(x, left),
      right = Math.min(Math.max(end, x + 2), width);
    if (right <= begin) return;
    context.save();
    context.beginPath();
    context.rect(begin, y + 23, right - begin, 8);
    context.clip();
    context.strokeStyle = colours.blocked!;
    context.lineWidth = 2.5;
    context.beginPath();
    for (let at = begin - 8 - (begin % 6); at < right; at += 6) {
      context.moveTo(at, y + 31);
      context.lineTo(at + 8, y + 23);
    }
    context.stroke();
    context.restore();
    const label = `${span[4].toLocaleString("en")} B queued`;
    context.font = "11.5px system-ui, sans-serif";
    if (right - begin > context.measureText(label).width + 8) {
      context.fillStyle = colours.ink!;
      context.textAlign = "left";
      context.fillText(label, begin + 4, y + 16);
    }
  }

  function draw_marks(lowest: number, highest: number): void {
    context.font = "bold 11px system-ui, sans-serif";
    context.textAlign = "center";
    for (const [call, lane] of marks) {
      const x = x_of(start_of(call));
      if (lane < lowest || lane > highest || x < left || x > width) continue;
      const y = y_of(lane) + 1;
      context.fillStyle = colours.mark!;
      context.beginPath();
      context.moveTo(x, y + 17);
      context.lineTo(x - 8, y + 1);
      context.lineTo(x + 8, y + 1);
      context.fill();
      context.fillStyle = colours.paper!;
      context.fillText("!", x, y + 11);
    }
  }

  function draw_chosen(): void {
    if (chosen < 0) return;
    const x = x_of(start_of(chosen)),
      end = Math.max(x_of(end_of(chosen)), x + 2);
    if (end < left || x > width) return;
    const y = y_of(row[chosen]!);
    context.strokeStyle = colours.chosen!;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(Math.max(x, left) - 0.5, RULER);
    context.lineTo(Math.max(x, left) - 0.5, height);
    context.stroke();
    context.setLineDash([]);
    context.lineWidth = 2;
    context.strokeRect(
      Math.max(x, left) - 2,
      y + 3,
      Math.min(end, width) - Math.max(x, left) + 4,
      LANE - 7,
    );
    context.lineWidth = 1;
  }

  function draw_labels(
    lowest: number,
    highest: number,
    dim: (lane: number) => boolean,
  ): void {
    bar(0, RULER, left, height, "paper");
    bar(left - 1, RULER, 1, height, "line");
    context.textAlign = "left";
    for (let lane = lowest; lane <= highest; lane++) {
      const y = y_of(lane);
      bar(0, y + LANE - 1, left, 1, "line");
      context.globalAlpha = dim(lane) ? 0.45 : 1;
      context.fillStyle = colours.ink!;
      context.font = "600 13px system-ui, sans-serif";
      const [name, which, about] = names_of(lane);
      const above = about === "" ? y + 24 : y + 17;
      context.fillText(name, 12, above);
      const after = 17 + context.measureText(name).width;
      context.font = "11.5px system-ui, sans-serif";
      context.fillStyle = colours.faint!;
      context.fillText(fitted(which, left - 6 - after), after, above);
      context.fillText(fitted(about, left - 18), 12, y + 31);
      context.globalAlpha = 1;
    }
  }

  /** Cuts a text to a width. */
  function fitted(text: string, most: number): string {
    if (context.measureText(text).width <= most) return text;
    let end = text.length;
    while (
      end > 0 && context.measureText(`${text.slice(0, end)}…`).width > most
    ) end--;
    return end === 0 ? "" : `${text.slice(0, end)}…`;
  }

  /** The label of a lane: number and kind, which of its clients is shown, its address. */
  function names_of(lane: number): [string, string, string] {
    if (lane === 0) return ["loop", "", ""];
    const opened = row_lives[lane]!;
    const middle = (from + to) / 2;
    const life = followed?.[0] === lane
      ? followed
      : opened[before(opened, birth, middle)]!;
    const words = life[3].split(" ");
    const which = opened.length > 1
      ? `${opened.indexOf(life) + 1}/${opened.length}`
      : "";
    return [words.slice(0, 2).join(" "), which, words.slice(2).join(" ")];
  }

  function draw_ruler(): void {
    bar(0, 0, width, RULER, "paper");
    bar(0, RULER - 1, width, 1, "line");
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colours.faint!;
    context.textAlign = "left";
    context.fillText(by_time ? "seconds" : "calls", 12, 17);
    const rough = (to - from) / Math.max(1, (width - left) / 110);
    const power = 10 ** Math.floor(Math.log10(rough));
    let step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!;
    if (!by_time) step = Math.max(1, Math.round(step));
    const digits = Math.max(
      0,
      Math.min(7, -Math.floor(Math.log10(step / 1e7) + 1e-9)),
    );
    const origin = by_time ? began : picture.dropped + 1;
    for (
      let at = Math.ceil((from + origin) / step) * step;
      at - origin <= to;
      at += step
    ) {
      const x = x_of(at - origin);
      if (x < left || at < origin) continue;
      context.fillStyle = colours.faint!;
      const label = by_time
        ? (at / 1e7).toFixed(digits)
        : at.toLocaleString("en");
      if (x + context.measureText(label).width + 6 < width) {
        context.fillText(label, x + 4, 17);
      }
      bar(x, RULER - 7, 1, 6, "faint");
    }
  }

  function clamp(): void {
    const most = whole(), least = by_time ? 20 : 4;
    const wide = Math.min(Math.max(to - from, least), most * 1.06);
    const middle = (from + to) / 2;
    const margin = most * 0.03;
    from = Math.min(Math.max(middle - wide / 2, -margin), most + margin - wide);
    to = from + wide;
    top = Math.max(0, Math.min(top, rows.length * LANE + RULER - height));
    redraw();
  }

  function zoom(factor: number, around: number): void {
    from = around - (around - from) * factor;
    to = around + (to - around) * factor;
    clamp();
  }

  function fit(): void {
    if (followed === null) {
      [from, to] = [-whole() * 0.03, whole() * 1.03];
    } else {
      const [begin, end] = [start_of(followed[1]), end_of(followed[2])];
      const margin = Math.max((end - begin) * 0.05, by_time ? 20 : 1);
      [from, to] = [begin - margin, end + margin];
    }
    clamp();
  }

  /** Switches between time and calls on the axis; keeps the chosen call in the middle. */
  function turn_axis(time_is_shown: boolean): void {
    const wide_open = to - from >= whole() * 0.98 && followed === null;
    by_time = time_is_shown;
    by_id("by-time").setAttribute("aria-pressed", String(by_time));
    by_id("by-call").setAttribute("aria-pressed", String(!by_time));
    fit();
    if (wide_open || chosen < 0) return;
    const wide = Math.min(
      whole(),
      by_time ? Math.max(took[chosen]! * 8, whole() / 40) : 60,
    );
    [from, to] = [start_of(chosen) - wide / 2, start_of(chosen) + wide / 2];
    clamp();
  }

  function life_of(i: number): Life | null {
    return row_lives[row[i]!]!.find((life) => life[1] <= i && i <= life[2]) ??
      null;
  }

  function choose(i: number, move = true): void {
    chosen = i;
    if (i >= 0 && move) {
      const [begin, end] = [start_of(i), end_of(i)];
      const wide = to - from;
      if (end < from + wide * 0.04 || begin > to - wide * 0.04) {
        [from, to] = [begin - wide / 2, begin + wide / 2];
      }
      const y = y_of(row[i]!);
      if (y < RULER) top -= RULER - y;
      else if (y + LANE > height) top += y + LANE - height;
      clamp();
    }
    redraw();
    describe();
    show_rows(move);
  }

  function element(tag: string, words: string, name = ""): Element {
    const made = document.createElement(tag);
    made.textContent = words;
    if (name !== "") made.className = name;
    return made;
  }

  function mark_element(which: number): Element {
    const [, , trouble, what, link] = marks[which]!;
    const made = element("p", "", "mark");
    const more = element("a", "The guide explains it.");
    more.href = link;
    made.append(element("b", trouble), ": ", what, " ", more);
    return made;
  }

  function describe(): void {
    detail.replaceChildren();
    if (chosen < 0) return;
    const life = life_of(chosen);
    const about = [
      `${seconds(chosen)} s`,
      `took ${duration(took[chosen]!)}`,
      ...(life === null ? [] : [life[3]]),
    ].join(" · ");
    detail.append(
      element("div", line_of(chosen), "call"),
      element("small", about),
    );
    for (const which of marked.get(chosen) ?? []) {
      detail.append(mark_element(which));
    }
  }

  function follow(life: Life | null): void {
    followed = life;
    by_id("unfollow").hidden = life === null;
    by_id("unfollow").textContent = life === null
      ? ""
      : `Following ${life[3]} ×`;
    if (life === null) {
      shown = all;
    } else {
      const calls = new Set(
        row_calls[life[0]]!.filter((i) => life[1] <= i && i <= life[2]),
      );
      if (life[1] >= 0) calls.add(life[1]); // the accept
      // The waits that reported it
      for (const span of row_spans[life[0]]!) {
        if (span[2] >= life[1] && span[2] <= life[2] && span[2] < count) {
          calls.add(span[2]);
        }
      }
      shown = [...calls].sort((a, b) => a - b);
    }
    size_rows();
    fit();
    show_rows(true);
  }

  function size_rows(): void {
    list.style.height = `${shown.length * LINE}px`;
    scroll.setAttribute("aria-rowcount", String(shown.length));
  }

  /** Fills the table's visible part. */
  function show_rows(move = false): void {
    if (move && chosen >= 0) {
      const at = first(shown, (i) => i, chosen) * LINE;
      if (
        at < scroll.scrollTop ||
        at > scroll.scrollTop + scroll.clientHeight - LINE
      ) {
        scroll.scrollTop = at - scroll.clientHeight / 2;
      }
    }
    const begin = Math.max(0, Math.floor(scroll.scrollTop / LINE) - 5);
    const end = Math.min(
      shown.length,
      begin + Math.ceil(scroll.clientHeight / LINE) + 10,
    );
    const made: Element[] = [];
    for (let k = begin; k < end; k++) {
      const i = shown[k]!;
      const line = element("div", "");
      line.setAttribute("role", "row");
      line.setAttribute("aria-rowindex", String(k + 1));
      line.setAttribute("aria-selected", String(i === chosen));
      line.dataset.call = String(i);
      line.style.top = `${k * LINE}px`;
      const call = element("span", "", "call");
      call.append(
        element("span", text[i]!),
        element("span", ` = ${outcome[i]}`),
      );
      call.style.setProperty("--colour", `var(--${KINDS[kind[i]!]})`);
      call.title = line_of(i);
      const troubles = marked.get(i);
      if (troubles !== undefined) {
        call.append(
          " ",
          element(
            "b",
            `▲ ${troubles.map((which) => marks[which]![2]).join(", ")}`,
            "marked",
          ),
        );
      }
      const cells = [
        element("span", seconds(i)),
        element("span", duration(took[i]!)),
        call,
      ];
      for (const cell of cells) cell.setAttribute("role", "cell");
      line.append(...cells);
      made.push(line);
    }
    list.replaceChildren(...made);
  }

  /** Finds the mark, call, span or descriptor at a point. */
  function under(
    x: number,
    y: number,
  ): { call: number; life: Life | null; span: Span | null; mark: number } {
    const nothing = { call: -1, life: null, span: null, mark: -1 };
    const lane = Math.floor((y - RULER + top) / LANE);
    if (y < RULER || x < left || lane < 0 || lane >= rows.length) {
      return nothing;
    }
    const at = at_x(x), near = (to - from) / (width - left) * 4;
    const mark = marks.findIndex(([call, which]) =>
      which === lane && Math.abs(x_of(start_of(call)) - x) < 9 &&
      y < y_of(lane) + 19
    );
    if (mark >= 0) return { ...nothing, mark, call: marks[mark]![0] };
    const life =
      row_lives[lane]!.find((one) =>
        start_of(one[1]) <= at && at <= end_of(one[2])
      ) ?? null;
    const calls = row_calls[lane]!;
    let call = -1, nearest = near;
    for (let k = before(calls, start_of, at); k < calls.length; k++) {
      const i = calls[k]!;
      if (start_of(i) > at + near) break;
      const away = Math.max(start_of(i) - at, at - end_of(i), 0);
      if (away < nearest) [call, nearest] = [i, away];
    }
    const span =
      row_spans[lane]!.find((one) =>
        end_of(one[2]) <= at && at <= start_of(one[3])
      ) ?? null;
    return { call, life, span: call < 0 ? span : null, mark: -1 };
  }

  function show_tip(x: number, y: number): void {
    const { call, life, span, mark } = under(x, y);
    canvas.classList.toggle("over", call >= 0 || life !== null);
    tip.hidden = call < 0 && life === null && span === null;
    if (tip.hidden) return;
    tip.replaceChildren();
    if (mark >= 0) {
      tip.append(
        element("b", marks[mark]![2]),
        element("div", marks[mark]![3]),
      );
    } else if (call >= 0) {
      const about = `${seconds(call)} s · took ${duration(took[call]!)}`;
      tip.append(
        element("div", line_of(call), "call"),
        element("small", about),
      );
    } else if (span !== null) {
      const [begin, end] = [Math.max(0, span[2]), Math.min(count - 1, span[3])];
      const for_ = duration(time[end]! - time[begin]! - took[begin]!);
      tip.append(element(
        "div",
        span[1] === 0
          ? `ready for ${for_}, and not yet served`
          : `${
            span[4].toLocaleString("en")
          } bytes queued for ${for_}: the kernel took no more`,
      ));
    }
    if (life !== null) tip.append(element("small", life[3]));
    const beside = x + 14 + tip.offsetWidth > width
      ? Math.max(4, x - tip.offsetWidth - 14)
      : x + 14;
    const below = y + 18 + tip.offsetHeight > height
      ? Math.max(4, y - tip.offsetHeight - 12)
      : y + 18;
    tip.style.left = `${beside}px`;
    tip.style.top = `${below}px`;
  }

  // Pointers: one drags, two zoom, a click chooses and follows.
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  const place = (event: Input) => ({ x: event.offsetX, y: event.offsetY });
  canvas.addEventListener("pointerdown", (event) => {
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("dragged");
    tip.hidden = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId), now = place(event);
    if (before === undefined) return show_tip(now.x, now.y);
    const [one, other] = [...pointers.values()];
    if (other === undefined) {
      const wide = (to - from) / (width - left);
      from -= (now.x - before.x) * wide;
      to -= (now.x - before.x) * wide;
      top -= now.y - before.y;
      travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    } else {
      const still = before === one ? other : one!;
      const was = Math.max(10, Math.abs(before.x - still.x));
      const is = Math.max(10, Math.abs(now.x - still.x));
      zoom(was / is, at_x(still.x));
      travelled = 99;
    }
    Object.assign(before, now);
    clamp();
  });
  const released = (event: Input) => {
    const known = pointers.delete(event.pointerId);
    canvas.classList.remove("dragged");
    if (!known || event.type === "pointercancel" || travelled > 5) return;
    const { call, life } = under(event.offsetX, event.offsetY);
    if (life !== null && life !== followed) follow(life);
    if (call >= 0) choose(call, false);
    else show_rows();
  };
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("pointerleave", () => tip.hidden = true);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    tip.hidden = true;
    const step = event.deltaMode === 1 ? 20 : 1;
    if (event.shiftKey) {
      top += (event.deltaY || event.deltaX) * step;
      return clamp();
    }
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const wide = (to - from) / (width - left) * event.deltaX * step;
      from += wide;
      to += wide;
      return clamp();
    }
    zoom(
      Math.exp(Math.max(-120, Math.min(120, event.deltaY * step)) * 0.004),
      at_x(event.offsetX),
    );
  }, { passive: false });

  function next_mark(): void {
    if (marks.length === 0) return;
    const calls = marks.map(([call]) => call).sort((a, b) => a - b);
    if (followed !== null) follow(null);
    choose(calls.find((call) => call > chosen) ?? calls[0]!);
  }

  /** The next call in a direction, among those that are shown. */
  function step(by: number): void {
    const at = first(shown, (i) => i, chosen);
    const beside = chosen < 0
      ? 0
      : by > 0 && shown[at] !== chosen
      ? at
      : at + by;
    const i = shown[Math.max(0, Math.min(shown.length - 1, beside))];
    if (i !== undefined) choose(i);
  }

  /** The nearest call in another lane. */
  function change_lane(by: number): void {
    const here = chosen < 0 ? -by : row[chosen]!;
    for (let lane = here + by; lane >= 0 && lane < rows.length; lane += by) {
      const calls = row_calls[lane]!;
      if (calls.length === 0) continue;
      return choose(
        calls[Math.min(calls.length - 1, first(calls, (i) => i, chosen))]!,
      );
    }
  }

  const keys: Record<string, () => void> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowDown: () => change_lane(1),
    ArrowUp: () => change_lane(-1),
    Home: () => shown.length > 0 && choose(shown[0]!),
    End: () => shown.length > 0 && choose(shown.at(-1)!),
    "+": () => zoom(0.6, middle()),
    "=": () => zoom(0.6, middle()),
    "-": () => zoom(1 / 0.6, middle()),
    "0": fit,
    Enter: () => chosen >= 0 && follow(life_of(chosen)),
    Escape: () => follow(null),
    m: next_mark,
    t: () => turn_axis(!by_time),
  };
  const middle = () => {
    const at = chosen < 0 ? NaN : start_of(chosen);
    return at >= from && at <= to ? at : (from + to) / 2;
  };
  for (const target of [canvas, scroll]) {
    target.addEventListener("keydown", (event) => {
      const key = event.key;
      if (
        event.ctrlKey || event.metaKey ||
        !Object.hasOwn(keys, key)
      ) return;
      event.preventDefault();
      keys[key]!();
    });
  }
  by_id("in").onclick = () => zoom(0.5, middle());
  by_id("out").onclick = () => zoom(2, middle());
  by_id("fit").onclick = fit;
  by_id("by-time").onclick = () => turn_axis(true);
  by_id("by-call").onclick = () => turn_axis(false);
  by_id("next-mark").onclick = next_mark;
  by_id("unfollow").onclick = () => follow(null);
  scroll.addEventListener("scroll", () => show_rows());
  list.addEventListener("click", (event) => {
    const line = event.target.closest("[data-call]");
    if (line !== null) choose(Number(line.dataset.call));
  });

  function measure(): void {
    ({ width, height } = canvas.getBoundingClientRect());
    canvas.width = Math.round(width * browser.devicePixelRatio);
    canvas.height = Math.round(height * browser.devicePixelRatio);
    left = width < 600 ? 116 : 150;
    clamp();
    show_rows();
  }

  function take_colours(): void {
    const style = browser.getComputedStyle(document.documentElement);
    colours = {};
    for (const name of COLOURS) {
      colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    redraw();
  }

  for (const [colour, label] of LABELS) {
    const item = element("li", "");
    const sample = element("i", "");
    sample.style.background = colour === "blocked"
      ? `repeating-linear-gradient(135deg, var(--blocked) 0 3px, transparent 3px 6px)`
      : `var(--${colour})`;
    item.append(sample, label);
    by_id("legend").append(item);
  }
  by_id("summary").textContent = [
    plural(count, "call"),
    `in ${duration(last - began)}`,
    `on ${plural(rows.length - 1, "descriptor")}`,
    picture.began,
    ...(picture.dropped > 0
      ? [`the ${plural(picture.dropped, "call")} before these were dropped`]
      : []),
  ].join(" · ");
  if (marks.length > 0) {
    by_id("next-mark").hidden = false;
    by_id("next-mark").textContent = `▲ ${plural(marks.length, "mark")}`;
  }
  document.body.style.setProperty("--lanes", String(rows.length));
  take_colours();
  browser.matchMedia("(prefers-color-scheme: dark)").addEventListener(
    "change",
    take_colours,
  );
  size_rows();
  fit();
  measure();
  fit();
  new browser.ResizeObserver(measure).observe(canvas);
}
