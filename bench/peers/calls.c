/* What calls cost in C. Prints lines of "call, tab, number, tab, nanoseconds".

     calls calls MS COUNT...  waits for COUNT sockets, of which none or all are ready;
                              messages
     calls wake MS COUNT...   waits that find 10 ready sockets among COUNT idle ones

   MS are the milliseconds for each figure. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "peer.h"

#define BATCHES 15
/* Nanoseconds that V8 needs to compile hot code; all peers warm up as long. */
#define WARM_UP 50e6

static double budget;
static volatile long seen;

/* Prints the median of short batches, so that an interrupted one does not count. `run`
   makes a number of calls, and returns the nanoseconds that they took. */
static void show(const char *call, const char *state, long at, double (*run)(long calls)) {
    double figures[BATCHES], end = now() + WARM_UP;
    long calls = 1;
    do {
        if (run(calls) < budget / BATCHES / 2) calls *= 2;
    } while (now() < end);
    for (int i = 0; i < BATCHES; i++) figures[i] = run(calls) / calls;
    qsort(figures, BATCHES, sizeof *figures, ascending);
    printf("%s%s\t%ld\t%.1f\n", call, state, at, figures[BATCHES / 2]);
}

#define LONG_BITS (8 * (int)sizeof(long))
static int *fds, count, epfd, writing, timeout;
static struct pollfd *pollfds;
static struct epoll_event *events;
/* Longer than an fd_set, which ends at 1,024. */
static unsigned long *wanted, *returned;

static double run_select(long calls) {
    int nfds = fds[count - 1] + 1;
    size_t size = (nfds + LONG_BITS - 1) / LONG_BITS * sizeof(long);
    fd_set *set = (fd_set *)returned;
    double start = now();
    for (long i = 0; i < calls; i++) {
        memcpy(returned, wanted, size);
        struct timeval none = {0};
        if (select(nfds, writing ? NULL : set, writing ? set : NULL, NULL,
                   timeout == 0 ? &none : NULL) == 0)
            continue;
        for (int j = 0; j < count; j++)
            if (returned[fds[j] / LONG_BITS] >> fds[j] % LONG_BITS & 1) seen += fds[j];
    }
    return now() - start;
}

static double run_poll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int left = poll(pollfds, count, timeout);
        for (int j = 0; left > 0; j++)
            if (pollfds[j].revents) seen += pollfds[j].fd, left--;
    }
    return now() - start;
}

static double run_epoll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int ready = epoll_wait(epfd, events, count, timeout);
        for (int j = 0; j < ready; j++) seen += events[j].data.fd;
    }
    return now() - start;
}

/* Waits until the sockets are readable or writable; `state` ends the names. */
static void show_waits(const char *state, long at) {
    short mask = writing ? POLLOUT : POLLIN;
    memset(wanted, 0, fds[count - 1] / 8 + sizeof(long));
    epfd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        wanted[fds[i] / LONG_BITS] |= 1ul << fds[i] % LONG_BITS;
        pollfds[i] = (struct pollfd){.fd = fds[i], .events = mask};
        struct epoll_event event = {.events = mask, .data.fd = fds[i]};
        epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event);
    }
    show("select", state, at, run_select);
    show("poll", state, at, run_poll);
    show("epoll.poll", state, at, run_epoll);
    close(epfd);
}

#define ACTIVE 10

/* The ready ones last, so that the kernel has to queue on all others first. */
static void show_wake(int idle_sockets) {
    int pairs[ACTIVE][2];
    for (int i = 0; i < ACTIVE; i++) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]);
        send(pairs[i][0], "x", 1, MSG_NOSIGNAL);
        fds[idle_sockets + i] = pairs[i][1];
    }
    count = idle_sockets + ACTIVE;
    timeout = -1;
    show_waits("", idle_sockets);
    for (int i = 0; i < ACTIVE; i++) close(pairs[i][0]), close(pairs[i][1]);
}

static int pair[2];
static size_t message;
static char buffer[65536];

static double run_transfer(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        send(pair[0], buffer, message, MSG_NOSIGNAL);
        seen += recv(pair[1], buffer, sizeof buffer, 0);
    }
    return now() - start;
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    start_idle_thread();
    int wakes = strcmp(argv[1], "wake") == 0;
    budget = atof(argv[2]) * 1e6;
    if (!wakes) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        for (message = 64; message <= sizeof buffer; message *= 1024) {
            show("send + recv", "", message, run_transfer);
            show("send + recv_into", "", message, run_transfer);
        }
    }
    int most = atoi(argv[argc - 1]) + ACTIVE, made = 0;
    fds = calloc(most, sizeof *fds);
    pollfds = calloc(most, sizeof *pollfds);
    events = calloc(most, sizeof *events);
    wanted = calloc(most + 1024, 1);
    returned = calloc(most + 1024, 1);
    for (int i = 3; i < argc; i++) {
        /* These never receive data: they are never readable, and always writable. */
        for (count = atoi(argv[i]); made < count; made++)
            if ((fds[made] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0) return 1;
        if (wakes) {
            show_wake(count);
            continue;
        }
        for (writing = 0; writing <= 1; writing++)
            show_waits(writing ? ", all ready" : ", nothing ready", count);
    }
}
