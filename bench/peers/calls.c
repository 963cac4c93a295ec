/* What calls cost in C. Prints lines of "call, tab, number, tab, nanoseconds".

     calls calls MS COUNT...  waits for COUNT sockets, of which none or all are ready;
                              messages
     calls wake MS COUNT...   waits that find 10 ready sockets among COUNT idle ones

   MS are the milliseconds for each figure. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "peer.h"

#define BATCHES 15
#define MOST 100000
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

static int fds[MOST], count, active, timeout, epfd;
static short events;
static struct pollfd pollfds[MOST];
static struct epoll_event found[MOST];
/* Longer than an fd_set, which ends at 1,024. */
static uint64_t wanted[MOST / 64], returned[MOST / 64];

static void call_select(void) {
    struct timeval none = {0}, *until = timeout == 0 ? &none : NULL;
    int nfds = fds[count - 1] + 1;
    fd_set *set = memcpy(returned, wanted, (nfds / 64 + 1) * sizeof *wanted);
    fd_set *r = events == POLLIN ? set : NULL, *w = events == POLLOUT ? set : NULL;
    if (select(nfds, r, w, NULL, until) == 0) return;
    for (int i = 0; i < count; i++)
        if (returned[fds[i] / 64] >> fds[i] % 64 & 1) seen += fds[i];
}

static void call_poll(void) {
    int left = poll(pollfds, count, timeout);
    for (int i = 0; left > 0; i++)
        if (pollfds[i].revents) seen += pollfds[i].fd, left--;
}

static void call_epoll(void) {
    int ready = epoll_wait(epfd, found, count, timeout);
    for (int i = 0; i < ready; i++) seen += found[i].data.fd;
}

/* Waits in three ways until sockets are readable or writable. */
static void show_waits(const char *state, short mask) {
    int at = count - active;
    events = mask;
    memset(wanted, 0, sizeof wanted);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        wanted[fds[i] / 64] |= 1ul << fds[i] % 64;
        pollfds[i] = (struct pollfd){.fd = fds[i], .events = events};
        struct epoll_event event = {.events = events, .data.fd = fds[i]};
        epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event);
    }
    show("select", state, at, call_select);
    show("poll", state, at, call_poll);
    show("epoll.poll", state, at, call_epoll);
    close(epfd);
}

static int pair[2];
static size_t message;

static void call_transfer(void) {
    send(pair[0], buffer, message, MSG_NOSIGNAL);
    seen += recv(pair[1], buffer, sizeof buffer, 0);
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    start_idle_thread();
    int wake = strcmp(argv[1], "wake") == 0;
    if (wake) active = 10, timeout = -1;
    budget = atof(argv[2]) * 1e6;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (message = 64; !wake && message <= sizeof buffer; message *= 1024) {
        show("send + recv", "", message, call_transfer);
        show("send + recv_into", "", message, call_transfer);
    }
    for (int i = 3, made = 0; i < argc; i++) {
        /* These never receive data: they are never readable, and always writable. */
        for (count = atoi(argv[i]); made < count; made++)
            if ((fds[made] = socket(AF_INET, SOCK_DGRAM, 0)) < 0 || fds[made] > MOST - 64) return 1;
        /* The ready ones last, so that the kernel has to queue on all others first. */
        for (int ready = 0; ready < active; ready++) {
            socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            send(pair[0], "x", 1, MSG_NOSIGNAL);
            fds[count++] = pair[1];
        }
        show_waits(wake ? "" : ", nothing ready", POLLIN);
        if (!wake) show_waits(", all ready", POLLOUT);
    }
}
