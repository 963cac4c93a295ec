"""What one call costs, as timing.h and timing.ts measure it."""

import statistics
import threading
import time

BATCHES = 15
# Nanoseconds that V8 needs to compile hot code; all peers warm up as long.
WARM_UP = 50e6
now = time.perf_counter_ns


def start_idle_thread():
    """A Deno process always has threads, and the kernel charges for the second one."""
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def measure(run, budget, most=float("inf")):
    """Nanoseconds per call: of short batches the median, so that an interrupted one
    does not count. `budget` is in nanoseconds, without the warm-up.
    `run(calls)` makes `calls` calls and returns the nanoseconds that they took."""
    end = now() + WARM_UP
    calls = 1
    while True:
        if run(calls) < budget / BATCHES / 2 and calls * 2 <= most:
            calls *= 2
        if now() >= end:
            break
    return statistics.median(run(calls) / calls for _ in range(BATCHES))
