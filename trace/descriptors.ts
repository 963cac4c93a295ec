import { escaped } from "./names.ts";

/** What is known of an open descriptor. */
export interface Descriptor {
  /** What it is: `listener`, `client`, `socket`, `epoll`, `pipe`, … */
  kind: string;
  /** The address at the other end, or of a listener its own. */
  address: string;
  /** Whether calls on it fail with EAGAIN rather than wait. */
  nonblocking: boolean;
  /** Whether 0 bytes are the end of it. */
  stream: boolean;
  /** Bytes that can be written without another look: it was found to have room. */
  room: number;
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

  /** What is known of a descriptor. */
  get(fd: number): Descriptor | undefined {
    return this.#known.get(fd);
  }

  /** Takes note of a new descriptor. */
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

  /** A descriptor that is a socket, perhaps one that was open before the trace began. */
  socket(fd: number): Descriptor {
    return this.#known.get(fd) ?? this.open(fd, "socket");
  }

  /** Forgets a descriptor. */
  close(fd: number): void {
    if (this.#known.delete(fd)) this.version++;
  }

  /** Gives a second number to the same file. */
  duplicate(fd: number, copy: number): void {
    const known = this.#known.get(fd);
    this.#known.set(copy, known === undefined ? made("file") : { ...known });
    this.version++;
  }

  /** Changes what a descriptor is. */
  rename(fd: number, kind: string, address: string): void {
    const descriptor = this.socket(fd);
    descriptor.kind = kind;
    descriptor.address = address;
    this.version++;
  }

  /** How a list names a descriptor: `3 listener`, `5`. */
  name(fd: number): string {
    const kind = this.#known.get(fd)?.kind;
    return kind === undefined || PLAIN.includes(kind)
      ? String(fd)
      : `${fd} ${kind}`;
  }

  /** How a lane names a descriptor: `3 listener 127.0.0.1:9999`. */
  label(fd: number): string {
    const { kind, address } = this.#known.get(fd) ?? made("");
    return escaped([fd, kind, address].filter((word) => word !== "").join(" "));
  }
}

function made(kind: string, nonblocking = false, stream = false): Descriptor {
  return { kind, address: "", nonblocking, stream, room: 0 };
}
