/* What one call costs, as timing.py and timing.ts measure it. */
#ifndef TIMING_H
#define TIMING_H

#include <stdlib.h>
#include <time.h>

#define BATCHES 15
/* Nanoseconds that V8 needs to compile hot code; all peers warm up as long. */
#define WARM_UP 50e6

/* Makes this number of calls; returns the nanoseconds that they took. */
typedef double batch(long calls);

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds per call: of short batches the median, so that an interrupted one does
   not count. `budget` is in nanoseconds, without the warm-up. */
static inline double measure(batch *run, double budget, long most) {
    double figures[BATCHES], end = now() + WARM_UP;
    long calls = 1;
    do {
        if (run(calls) < budget / BATCHES / 2 && calls * 2 <= most) calls *= 2;
    } while (now() < end);
    for (int i = 0; i < BATCHES; i++) figures[i] = run(calls) / calls;
    qsort(figures, BATCHES, sizeof *figures, ascending);
    return figures[BATCHES / 2];
}

#endif
