/**
 * The types of a browser that the page's program uses. With `dom` among the `lib`s of deno.json
 * every file would see a browser's names, and JSR rejects `<reference lib>`.
 *
 * @module
 */

/** An event of a key, a pointer or a wheel. */
export interface Input {
  readonly type: string;
  readonly target: Element;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly pointerId: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  preventDefault(): void;
}

/** A style declaration: the properties that the page sets. */
export interface Style {
  background: string;
  height: string;
  left: string;
  top: string;
  getPropertyValue(name: string): string;
  setProperty(name: string, value: string): void;
}

/** An element of the page. */
export interface Element {
  className: string;
  hidden: boolean;
  href: string;
  onclick: () => void;
  scrollTop: number;
  textContent: string;
  title: string;
  readonly classList: {
    add(name: string): void;
    remove(name: string): void;
    toggle(name: string, on: boolean): void;
  };
  readonly clientHeight: number;
  readonly dataset: Record<string, string>;
  readonly offsetHeight: number;
  readonly offsetWidth: number;
  readonly style: Style;
  addEventListener(
    type: string,
    listener: (event: Input) => void,
    options?: { passive: boolean },
  ): void;
  append(...parts: Array<Element | string>): void;
  closest(selector: string): Element | null;
  replaceChildren(...parts: Element[]): void;
  setAttribute(name: string, value: string): void;
}

/** A canvas. */
export interface Canvas extends Element {
  width: number;
  height: number;
  getBoundingClientRect(): { readonly width: number; readonly height: number };
  getContext(type: "2d"): Context;
  setPointerCapture(pointer: number): void;
}

/** A canvas's 2D context. */
export interface Context {
  fillStyle: string;
  font: string;
  globalAlpha: number;
  lineWidth: number;
  strokeStyle: string;
  textAlign: "left" | "center";
  beginPath(): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  clip(): void;
  fill(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  lineTo(x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  moveTo(x: number, y: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  restore(): void;
  save(): void;
  setLineDash(dash: readonly number[]): void;
  setTransform(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): void;
  stroke(): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
}

/** The globals. */
export interface Browser {
  readonly devicePixelRatio: number;
  readonly document: {
    readonly body: Element;
    readonly documentElement: Element;
    createElement(tag: string): Element;
    getElementById(id: string): Element;
  };
  readonly ResizeObserver: new (action: () => void) => {
    observe(element: Element): void;
  };
  getComputedStyle(element: Element): Style;
  matchMedia(query: string): Pick<Element, "addEventListener">;
  requestAnimationFrame(action: () => void): void;
}
