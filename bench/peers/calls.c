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

static double run(void (*call)(void), long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) call();
    return now() - start;
}

/* Prints the median of short batches, so that an interrupted one does not count. */
static void show(const char *name, const char *state, long at, void (*call)(void)) {
    double figures[BATCHES], end = now() + WARM_UP;
    long calls = 1;
    do {
        if (run(call, calls) < budget / BATCHES / 2) calls *= 2;
    } while (now() < end);
    for (int i = 0; i < BATCHES; i++) figures[i] = run(call, calls) / calls;
    qsort(figures, BATCHES, sizeof *figures, ascending);
    printf("%s%s\t%ld\t%.1f\n", name, state, at, figures[BATCHES / 2]);
}

#define LONG_BITS (8 * (int)sizeof(long))
static int *fds, count, epfd, writing, timeout;
static struct pollfd *pollfds;
static struct epoll_event *events;
/* Longer than an fd_set, which ends at 1,024. */
static unsigned long *wanted, *returned;

static void call_select(void) {
    struct timeval none = {0}, *until = timeout == 0 ? &none : NULL;
    int nfds = fds[count - 1] + 1;
    fd_set *set = memcpy(returned, wanted, (nfds / LONG_BITS + 1) * sizeof(long));
    if (select(nfds, writing ? NULL : set, writing ? set : NULL, NULL, until) == 0) return;
    for (int i = 0; i < count; i++)
        if (returned[fds[i] / LONG_BITS] >> fds[i] % LONG_BITS & 1) seen += fds[i];
}

static void call_poll(void) {
    int left = poll(pollfds, count, timeout);
    for (int i = 0; left > 0; i++)
        if (pollfds[i].revents) seen += pollfds[i].fd, left--;
}

static void call_epoll(void) {
    int ready = epoll_wait(epfd, events, count, timeout);
    for (int i = 0; i < ready; i++) seen += events[i].data.fd;
}

/* Waits until the sockets are readable or writable. */
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
    show("select", state, at, call_select);
    show("poll", state, at, call_poll);
    show("epoll.poll", state, at, call_epoll);
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

static void call_transfer(void) {
    send(pair[0], buffer, message, MSG_NOSIGNAL);
    seen += recv(pair[1], buffer, sizeof buffer, 0);
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    start_idle_thread();
    int wakes = strcmp(argv[1], "wake") == 0;
    budget = atof(argv[2]) * 1e6;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (message = 64; !wakes && message <= sizeof buffer; message *= 1024) {
        show("send + recv", "", message, call_transfer);
        show("send + recv_into", "", message, call_transfer);
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
