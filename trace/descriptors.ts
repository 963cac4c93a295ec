import { escaped } from "./names.ts";

/** The state of an open descriptor. */
export interface Descriptor {
  /** Its kind: `listener`, `client`, `socket`, `epoll`, `pipe`, … */
  kind: string;
  /** The address of its peer; a listener's own address. */
  address: string;
  /** Whether calls on it fail with EAGAIN rather than wait. */
  nonblocking: boolean;
  /** Whether a read of 0 bytes is the end. */
  stream: boolean;
}

// Kinds that a list of descriptors does not mention.
const PLAIN = ["socket", "client"];

/** The open descriptors, learned from the calls that make them. */
export class Descriptors {
  readonly #known = new Map<number, Descriptor>([
    [0, made("stdin")],
    [1, made("stdout")],
    [2, made("stderr")],
  ]);
  /** Counts changes: after one, texts that name descriptors are stale. */
  version = 0;

  /** Returns the state of a descriptor. */
  get(fd: number): Descriptor | undefined {
    return this.#known.get(fd);
  }

  /** Adds a new descriptor. */
  open(
    fd: number,
    kind: string,
    nonblocking = false,
    stream = false,
  ): Descriptor {
    const descriptor = made(kind, nonblocking, stream);
    this.#known.set(fd, descriptor);
    this.version++;
    return descriptor;
  }

  /** Returns a socket's state; adds a socket that was open before the trace began. */
  socket(fd: number): Descriptor {
    return this.#known.get(fd) ?? this.open(fd, "socket");
  }

  /** Forgets a descriptor. */
  close(fd: number): void {
    if (this.#known.delete(fd)) this.version++;
  }

  /** Adds a duplicate of a descriptor. */
  duplicate(fd: number, copy: number): void {
    const known = this.#known.get(fd);
    this.#known.set(copy, known === undefined ? made("file") : { ...known });
    this.version++;
  }

  /** Changes the kind and the address of a socket. */
  rename(fd: number, kind: string, address: string): void {
    const descriptor = this.socket(fd);
    descriptor.kind = kind;
    descriptor.address = address;
    this.version++;
  }

  /** Names a descriptor in a list: `3 listener`, `5`. */
  name(fd: number): string {
    const kind = this.#known.get(fd)?.kind;
    return kind === undefined || PLAIN.includes(kind)
      ? String(fd)
      : `${fd} ${kind}`;
  }

  /** Names a descriptor's lane: `3 listener 127.0.0.1:9999`. */
  label(fd: number): string {
    const { kind, address } = this.#known.get(fd) ?? made("");
    return escaped([fd, kind, address].filter((word) => word !== "").join(" "));
  }
}

function made(kind: string, nonblocking = false, stream = false): Descriptor {
  return { kind, address: "", nonblocking, stream };
}
