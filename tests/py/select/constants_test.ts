import { assertEquals } from "@std/assert";
import { OSError, select } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { python } from "../../machine.ts";
import { test_unless } from "../socket/setup.ts";

function constants(): Map<string, number> {
  const all: Array<[string, unknown]> = Object.entries(select);
  return new Map(
    all.filter((entry): entry is [string, number] =>
      /^[A-Z_0-9]+$/.test(entry[0])
    ),
  );
}

/** The constants of the machine's own Python, `null` where there is none. */
const expected = python(`import json, select
print(json.dumps({name: value for name, value in vars(select).items()
                  if name.isupper() and isinstance(value, int)}))`) as
  | Record<string, number>
  | null;

test_unless(
  expected === null ? "no python3 here" : null,
  "select's constants are those of the machine's Python",
  () => {
    const ours = constants();
    for (const [name, value] of Object.entries(expected!)) {
      assertEquals(ours.get(name), value, name);
    }
    // Python 3.14's, and later ones'.
    const since = new Set(["EPOLLWAKEUP"]);
    for (const name of ours.keys()) {
      if (since.has(name)) continue;
      assertEquals(name in expected!, true, `Python has no ${name}`);
    }
  },
);

test("select's constants have the values of Linux's headers", () => {
  // <poll.h>, <sys/epoll.h>, <linux/limits.h>, in octal, hex and decimal as there.
  assertEquals(Object.fromEntries(constants()), {
    ...{ POLLIN: 0x001, POLLPRI: 0x002, POLLOUT: 0x004, POLLERR: 0x008 },
    ...{ POLLHUP: 0x010, POLLNVAL: 0x020, POLLRDNORM: 0x040 },
    ...{ POLLRDBAND: 0x080, POLLWRNORM: 0x100, POLLWRBAND: 0x200 },
    ...{ POLLMSG: 0x400, POLLRDHUP: 0x2000, PIPE_BUF: 4096, EPOLLIN: 0x001 },
    ...{ EPOLLPRI: 0x002, EPOLLOUT: 0x004, EPOLLERR: 0x008, EPOLLHUP: 0x010 },
    ...{ EPOLLRDNORM: 0x040, EPOLLRDBAND: 0x080, EPOLLWRNORM: 0x100 },
    ...{ EPOLLWRBAND: 0x200, EPOLLMSG: 0x400, EPOLLRDHUP: 0x2000 },
    ...{ EPOLL_CLOEXEC: 0o2000000, EPOLLEXCLUSIVE: 2 ** 28 },
    ...{ EPOLLWAKEUP: 2 ** 29, EPOLLONESHOT: 2 ** 30, EPOLLET: 2 ** 31 },
  });
});

test("select.error is OSError", () => {
  assertEquals(select.error, OSError);
});

test("select has Python's names and no others but its classes and the Async twins", () => {
  const names = Object.keys(select).filter((name) =>
    !constants().has(name) && !name.endsWith("Async")
  );
  assertEquals(names.sort(), [
    "Epoll",
    "Poll",
    "epoll",
    "error",
    "poll",
    "select",
  ]);
});
