/**
 * Draws the pictures of ARCHITECTURE.md.
 *
 * ```sh
 * deno run --allow-write=docs/pictures docs/pictures/draw.ts && deno fmt docs/pictures
 * ```
 *
 * @module
 */

const WIDTH = 800;

/** Colours: of the paper, the letters, the lines, the boxes and the arrows. */
type Scheme = Readonly<
  Record<
    "paper" | "ink" | "faint" | "line" | "py" | "ffi" | "other" | "move",
    string
  >
>;

const LIGHT: Scheme = {
  paper: "#ffffff",
  ink: "#1f2328",
  faint: "#59636e",
  line: "#8c959f",
  py: "#ddf4ff",
  ffi: "#fff1d6",
  other: "#f0f2f5",
  move: "#0550ae",
};

const DARK: Scheme = {
  paper: "#0d1117",
  ink: "#e6edf3",
  faint: "#9aa4af",
  line: "#6e7681",
  py: "#12304f",
  ffi: "#48330f",
  other: "#21262d",
  move: "#79c0ff",
};

// Plain colours and no variables: not every viewer of SVG knows those.
function colours(scheme: Scheme): string {
  return `
  text { fill: ${scheme.ink}; }
  .faint { fill: ${scheme.faint}; }
  .paper { fill: ${scheme.paper}; }
  .py { fill: ${scheme.py}; }
  .ffi { fill: ${scheme.ffi}; }
  .other { fill: ${scheme.other}; }
  .box, .line { stroke: ${scheme.line}; }
  .move { stroke: ${scheme.move}; }
  .head { fill: ${scheme.move}; }`;
}

const STYLE = `
  text { font: 15px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .name { font-weight: 600; }
  .code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 14px; }
  .faint { font-size: 14px; }
  .middle { text-anchor: middle; }
  .line { stroke-dasharray: 4 4; }
  .move { stroke-width: 2; }${colours(LIGHT)}
  @media (prefers-color-scheme: dark) {${colours(DARK)}
  }`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function text(x: number, y: number, words: string, classes = ""): string {
  return `<text x="${x}" y="${y}" class="${classes}">${escaped(words)}</text>`;
}

function box(x: number, y: number, w: number, h: number, kind: string): string {
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" class="box ${kind}"/>`;
}

/** An arrow, straight up, down, left or right. */
function arrow(x1: number, y1: number, x2: number, y2: number): string {
  const angle = Math.atan2(y2 - y1, x2 - x1) * 180 / Math.PI;
  const head = `<path d="M0 0L-10 -5V5Z" class="head" ` +
    `transform="translate(${x2} ${y2}) rotate(${angle})"/>`;
  const [dx, dy] = [Math.sign(x2 - x1) * 8, Math.sign(y2 - y1) * 8];
  return `<path d="M${x1} ${y1}L${x2 - dx} ${y2 - dy}" class="move"/>${head}`;
}

function picture(height: number, title: string, parts: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect width="${WIDTH}" height="${height}" class="paper"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly lines: readonly string[];
  readonly knows: readonly string[];
  /** What stands beside it, and imports what is below. */
  readonly beside?: { readonly name: string; readonly line: string };
}

const LAYERS: readonly Layer[] = [
  {
    name: "scripts",
    kind: "other",
    lines: ["servers/, clients/, examples/", "what they share: cli/"],
    knows: ["what a program does:", "flags, prints, an orderly stop"],
  },
  {
    name: "mod.ts",
    kind: "other",
    lines: ["namespaces and", "exceptions"],
    knows: ["the entry point;", "trace/: every call and wait"],
    beside: { name: "trace/", line: "nothing imports it" },
  },
  {
    name: "py/",
    kind: "py",
    lines: [
      "select, socket, selectors, os, queue,",
      "errno, struct, socketserver",
    ],
    knows: ["Python: names, arguments,", "defaults, classes of errors"],
  },
  {
    name: "ffi/",
    kind: "ffi",
    lines: [
      "a table of libc's functions, structs,",
      "errno and EINTR, the reactor",
    ],
    knows: ["libc and Linux: symbols,", "layouts, error numbers"],
  },
  {
    name: "libc.so.6",
    kind: "other",
    lines: ["glibc, on x86-64 or aarch64"],
    knows: ["Deno.dlopen, which asks", "for --allow-ffi"],
  },
];

/** The layers, and which imports which. */
export function layers(): string {
  const parts = [
    text(150, 30, "imports go down, and none goes up", "faint"),
    text(570, 30, "what it knows", "faint"),
  ];
  const height = 74, gap = 34;
  LAYERS.forEach(({ name, kind, lines, knows, beside }, i) => {
    const y = 46 + i * (height + gap);
    const middle = (count: number, at: number) =>
      y + height / 2 + 5 + (at - (count - 1) / 2) * 22;
    parts.push(box(20, y, beside === undefined ? 520 : 350, height, kind));
    if (beside !== undefined) {
      parts.push(box(390, y, 150, height, kind));
      parts.push(text(406, middle(2, 0), beside.name, "name code"));
      parts.push(text(406, middle(2, 1), beside.line, "faint"));
      parts.push(arrow(465, y + height, 465, y + height + gap));
    }
    parts.push(text(40, middle(1, 0), name, "name code"));
    lines.forEach((line, at) =>
      parts.push(text(190, middle(lines.length, at), line))
    );
    knows.forEach((line, at) =>
      parts.push(text(570, middle(knows.length, at), line, "faint"))
    );
    if (i > 0) parts.push(arrow(80, y - gap, 80, y));
  });
  const bottom = 46 + LAYERS.length * (height + gap) - gap;
  const title =
    "Layers from the top: scripts, mod.ts with trace/ beside it, py/, ffi/, libc.so.6; each imports the next";
  return picture(bottom + 20, title, parts);
}

const [KERNEL, PACKAGE, PROGRAM] = [110, 400, 690];

type Step =
  | { readonly note: string; readonly at: number }
  | {
    readonly from: number;
    readonly to: number;
    readonly call: string;
    readonly what: string;
  };

const WAY: readonly Step[] = [
  { note: "a byte arrives: the socket is readable", at: KERNEL },
  {
    from: KERNEL,
    to: PACKAGE,
    call: "epoll_wait",
    what: "events, into a kept buffer",
  },
  {
    from: PACKAGE,
    to: PROGRAM,
    call: "epoll.poll()",
    what: "a list of [fd, event]",
  },
  { from: PROGRAM, to: PACKAGE, call: "sock.recv(n)", what: "n is checked" },
  {
    from: KERNEL,
    to: PACKAGE,
    call: "recv",
    what: "the byte, into a kept buffer",
  },
  {
    from: PACKAGE,
    to: PROGRAM,
    call: "Uint8Array",
    what: "a copy, the caller's to keep",
  },
  { note: "puts it into the client's queue, asks for EPOLLOUT", at: PROGRAM },
  {
    from: PROGRAM,
    to: PACKAGE,
    call: "sock.send(data)",
    what: "bytes are looked at in place",
  },
  {
    from: PACKAGE,
    to: KERNEL,
    call: "send",
    what: "what fits into the send buffer",
  },
  {
    from: KERNEL,
    to: PACKAGE,
    call: "-1, errno EAGAIN",
    what: "nothing fits any more",
  },
  {
    from: PACKAGE,
    to: PROGRAM,
    call: "BlockingIOError",
    what: "or a number less than all",
  },
  { note: "keeps the rest in the queue, and waits on", at: PROGRAM },
  {
    from: KERNEL,
    to: PROGRAM,
    call: "EPOLLOUT",
    what: "the peer has read: there is room again",
  },
  { note: "sends the rest; queue empty: asks for EPOLLIN alone", at: PROGRAM },
];

/** The way of a byte from the kernel to the program, and back. */
export function way(): string {
  const parts: string[] = [], steps: string[] = [];
  let y = 74;
  for (const step of WAY) {
    y += 44;
    if ("note" in step) {
      const width = 8 * step.note.length + 20;
      const x = Math.min(
        Math.max(step.at - width / 2, 14),
        WIDTH - 14 - width,
      );
      steps.push(box(x, y - 22, width, 30, "other"));
      steps.push(text(x + width / 2, y - 2, step.note, "middle"));
      continue;
    }
    const { from, to, call, what } = step;
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    // Past the package's line, the words stand beside it.
    const over = right - left > 300 ? right - 145 : (left + right) / 2;
    y += 4;
    steps.push(text(over, y - 8, call, "code middle"));
    steps.push(arrow(from, y, to, y));
    steps.push(text(over, y + 18, what, "faint middle"));
    y += 12;
  }
  const heads = [
    [KERNEL, "kernel", "other"],
    [PACKAGE, "ffi/ and py/", "py"],
    [PROGRAM, "your program", "other"],
  ] as const;
  for (const [x, name, kind] of heads) {
    parts.push(`<path d="M${x} 62V${y + 20}" class="line"/>`);
    parts.push(box(x - 90, 20, 180, 42, kind));
    parts.push(text(x, 47, name, "name middle"));
  }
  const title =
    "A byte goes from the kernel through ffi/ and py/ to the program, and back";
  return picture(y + 34, title, [...parts, ...steps]);
}

if (import.meta.main) {
  const folder = new URL(".", import.meta.url);
  Deno.writeTextFileSync(new URL("layers.svg", folder), layers());
  Deno.writeTextFileSync(new URL("way.svg", folder), way());
}
