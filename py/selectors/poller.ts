import type { FileDescriptorLike } from "../fileno.ts";
import { POLLIN, POLLOUT } from "../select/constants.ts";
import { EVENT_READ, EVENT_WRITE, type SelectorKey } from "./key.ts";
import { Registry } from "./registry.ts";
import { eventmask } from "./wait.ts";

/** What poll and epoll objects have in common; POLLIN is EPOLLIN, POLLOUT is EPOLLOUT. */
interface Pollable {
  register(fd: number, eventmask: number): void;
  modify(fd: number, eventmask: number): void;
  unregister(fd: number): void;
}

/** A selector on an object that is told of each descriptor once. */
export abstract class Poller<
  File extends FileDescriptorLike,
  Data,
  Object extends Pollable,
> extends Registry<File, Data> {
  /** The poll or epoll object. */
  protected readonly object: Object;

  constructor(object: Object) {
    super();
    this.object = object;
  }

  protected override watch(fd: number, events: number): void {
    this.object.register(fd, eventmask(events));
  }

  protected override change(fd: number, events: number): void {
    this.object.modify(fd, eventmask(events));
  }

  protected override forget(fd: number): void {
    this.object.unregister(fd);
  }

  /** What the object found, with keys in the place of descriptors. */
  protected ready(
    found: ReadonlyArray<[fd: number, event: number]>,
  ): Array<[key: SelectorKey<File, Data>, events: number]> {
    const ready: Array<[SelectorKey<File, Data>, number]> = [];
    for (const [fd, event] of found) {
      const key = this.keys.get(fd);
      // A duplicate keeps a descriptor in an epoll object that forgot to unregister it.
      if (key === undefined) continue;
      // Errors and hang-ups are for readers and writers alike.
      let events = 0;
      if (event & ~POLLOUT) events |= EVENT_READ;
      if (event & ~POLLIN) events |= EVENT_WRITE;
      ready.push([key, events & key.events]);
    }
    return ready;
  }
}
