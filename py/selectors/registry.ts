import { type FileDescriptorLike, whole } from "../arguments.ts";
import { KeyError, OSError, ValueError } from "../exceptions.ts";
import { attached, BaseSelector, type DataArgument } from "./base.ts";
import {
  EVENT_READ,
  EVENT_WRITE,
  Key,
  lookup,
  repr,
  type SelectorKey,
  SelectorMapping,
} from "./key.ts";

/** A selector that keeps the keys, and leaves the watching to the class that extends it. */
export abstract class Registry<
  File extends FileDescriptorLike = FileDescriptorLike,
  Data = unknown,
> extends BaseSelector<File, Data> {
  /** The keys of all that is registered, by descriptor. */
  protected readonly keys = new Map<number, SelectorKey<File, Data>>();
  #map: SelectorMapping<File, Data> | null = new SelectorMapping(this.keys);

  /** Starts to watch a descriptor that is not watched yet. */
  protected abstract watch(fd: number, events: number): void;
  /** Changes what a descriptor is watched for. */
  protected abstract change(fd: number, events: number): void;
  /** Stops watching a descriptor, perhaps one that is closed by now. */
  protected abstract forget(fd: number): void;

  override register(
    fileobj: File,
    events: number,
    ...[data]: DataArgument<Data>
  ): SelectorKey<File, Data> {
    check_events(events);
    const value = attached<Data>("register", data);
    const fd = lookup(this.keys, fileobj);
    if (this.keys.has(fd)) {
      throw new KeyError(`${repr(fileobj)} (FD ${fd}) is already registered`);
    }
    this.watch(fd, events);
    const key = new Key(fileobj, fd, events, value);
    this.keys.set(fd, key);
    return key;
  }

  override unregister(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.#key(fileobj);
    this.keys.delete(key.fd);
    try {
      this.forget(key.fd);
    } catch (error) {
      // The kernel forgot it when it was closed.
      if (!(error instanceof OSError)) throw error;
    }
    return key;
  }

  override modify(
    fileobj: File,
    events: number,
    ...[data]: DataArgument<Data>
  ): SelectorKey<File, Data> {
    const key = this.#key(fileobj);
    check_events(events);
    const value = attached<Data>("modify", data);
    if (events === key.events && value === key.data) return key;
    if (events !== key.events) {
      try {
        this.change(key.fd, events);
      } catch (error) {
        this.keys.delete(key.fd);
        throw error;
      }
    }
    const changed = new Key(key.fileobj, key.fd, events, value);
    this.keys.set(key.fd, changed);
    return changed;
  }

  override close(): void {
    this.keys.clear();
    this.#map = null;
  }

  override get_map(): SelectorMapping<File, Data> | null {
    return this.#map;
  }

  #key(fileobj: File | number): SelectorKey<File, Data> {
    const key = this.keys.get(lookup(this.keys, fileobj));
    if (key === undefined) {
      throw new KeyError(`${repr(fileobj)} is not registered`);
    }
    return key;
  }
}

function check_events(events: unknown): void {
  const mask = whole(events, "events");
  // Compared, as | and & would cut a larger number to 32 bits.
  if (mask < EVENT_READ || mask > (EVENT_READ | EVENT_WRITE)) {
    throw new ValueError(`Invalid events: ${mask}`);
  }
}
