import { assertEquals } from "@std/assert";
import { os } from "@iomux/py";
import { test } from "../../descriptors.ts";
import { python } from "../../machine.ts";
import { test_unless } from "../socket/setup.ts";

const ours = Object.fromEntries(
  Object.entries(os as Record<string, unknown>)
    .filter(([name]) => /^[A-Z_0-9]+[A-Z]*$/.test(name)),
);

/** The values of the machine's own Python, `null` where there is none. */
const expected = python(
  `import json, os, sys, time
print(json.dumps({name: getattr(os, name, getattr(time, name, None))
                  for name in sys.argv[1:]}))`,
  ...Object.keys(ours),
) as Record<string, number> | null;

test_unless(
  expected === null ? "no python3 here" : null,
  "os's constants are those of the machine's Python",
  () => {
    for (const [name, value] of Object.entries(ours)) {
      // EFD_* and O_FSYNC came with Python 3.10, PIDFD_* with 3.12, TFD_* with 3.13.
      const newer = /^(EFD_|O_FSYNC$|PIDFD_|TFD_)/.test(name);
      if (newer && expected![name] === null) continue;
      // Python 3.9 has the highest, MFD_HUGE_16GB, as a negative int.
      const theirs = expected![name]!;
      assertEquals(
        value,
        name.startsWith("MFD_") ? theirs >>> 0 : theirs,
        name,
      );
    }
  },
);

test("os's constants for descriptors have Linux's values", () => {
  const arm64 = Deno.build.arch === "aarch64";
  const direct = arm64 ? 0o200000 : 0o40000;
  const directory = arm64 ? 0o40000 : 0o200000;
  assertEquals(
    Object.fromEntries(
      Object.entries(ours).filter(([name]) => !name.startsWith("MFD_HUGE")),
    ),
    {
      ...{ O_CLOEXEC: 0o2000000, O_NONBLOCK: 0o4000, O_NDELAY: 0o4000 },
      ...{ O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_ACCMODE: 3 },
      ...{ O_CREAT: 0o100, O_EXCL: 0o200, O_NOCTTY: 0o400, O_TRUNC: 0o1000 },
      ...{ O_APPEND: 0o2000, O_ASYNC: 0o20000, O_NOATIME: 0o1000000 },
      ...{ O_DSYNC: 0o10000, O_SYNC: 0o4010000, O_FSYNC: 0o4010000 },
      ...{ O_RSYNC: 0o4010000, O_LARGEFILE: 0, O_PATH: 0o10000000 },
      ...{ O_DIRECT: direct, O_DIRECTORY: directory },
      ...{ O_NOFOLLOW: arm64 ? 0o100000 : 0o400000 },
      ...{ O_TMPFILE: 0o20000000 | directory },
      ...{ SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2, SEEK_DATA: 3, SEEK_HOLE: 4 },
      ...{ EFD_CLOEXEC: 0o2000000, EFD_NONBLOCK: 0o4000, EFD_SEMAPHORE: 1 },
      ...{ TFD_CLOEXEC: 0o2000000, TFD_NONBLOCK: 0o4000 },
      ...{ TFD_TIMER_ABSTIME: 1, TFD_TIMER_CANCEL_ON_SET: 2 },
      ...{ CLOCK_REALTIME: 0, CLOCK_MONOTONIC: 1, CLOCK_BOOTTIME: 7 },
      ...{ MFD_CLOEXEC: 1, MFD_ALLOW_SEALING: 2 },
      ...{ PIDFD_NONBLOCK: 0o4000 },
    },
  );
});

test("os's sizes of huge pages are powers of 2 above MFD_HUGE_SHIFT", () => {
  const units: Record<string, number> = {
    KB: 2 ** 10,
    MB: 2 ** 20,
    GB: 2 ** 30,
  };
  for (const [name, value] of Object.entries(ours)) {
    const size = /^MFD_HUGE_(\d+)(..)$/.exec(name);
    if (size === null) continue;
    const bytes = Number(size[1]) * units[size[2]!]!;
    const power = Math.floor(Number(value) / 2 ** os.MFD_HUGE_SHIFT);
    assertEquals(power & os.MFD_HUGE_MASK, Math.log2(bytes), name);
  }
});
