/* What the calls of bench/calls.ts cost in C. Arguments: milliseconds for each, and the
   numbers of descriptors. Lines of "call, tab, number, tab, nanoseconds". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "idle.h"
#include "timing.h"

#define LONG_BITS (8 * (int)sizeof(long))

static int *fds, count, epfd, writing;
static struct pollfd *pollfds;
static struct epoll_event *events;
/* Longer than an fd_set, which ends at 1,024. */
static unsigned long *wanted, *returned;
static volatile long seen;

static double run_select(long calls) {
    int nfds = fds[count - 1] + 1;
    size_t size = (nfds + LONG_BITS - 1) / LONG_BITS * sizeof(long);
    double start = now();
    for (long i = 0; i < calls; i++) {
        memcpy(returned, wanted, size);
        fd_set *set = (fd_set *)returned;
        struct timeval none = {0};
        if (select(nfds, writing ? NULL : set, writing ? set : NULL, NULL, &none) == 0)
            continue;
        for (int j = 0; j < count; j++)
            if (returned[fds[j] / LONG_BITS] >> fds[j] % LONG_BITS & 1) seen += fds[j];
    }
    return now() - start;
}

static double run_poll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int left = poll(pollfds, count, 0);
        for (int j = 0; left > 0; j++)
            if (pollfds[j].revents) seen += pollfds[j].fd, left--;
    }
    return now() - start;
}

static double run_epoll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int ready = epoll_wait(epfd, events, count, 0);
        for (int j = 0; j < ready; j++) seen += events[j].data.fd;
    }
    return now() - start;
}

static void prepare(void) {
    memset(wanted, 0, fds[count - 1] / 8 + sizeof(long));
    epfd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        wanted[fds[i] / LONG_BITS] |= 1ul << fds[i] % LONG_BITS;
        pollfds[i] = (struct pollfd){.fd = fds[i], .events = writing ? POLLOUT : POLLIN};
        struct epoll_event event = {.events = writing ? EPOLLOUT : EPOLLIN,
                                    .data.fd = fds[i]};
        epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event);
    }
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

#define MOST_PENDING 64
static int listener;
static struct sockaddr_in address;

static double run_accept(long calls) {
    int clients[MOST_PENDING];
    for (long i = 0; i < calls; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connect(clients[i], (struct sockaddr *)&address, sizeof address);
    }
    double start = now();
    for (long i = 0; i < calls; i++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        close(accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC));
    }
    double spent = now() - start;
    /* A reset, so that no port is left in TIME_WAIT. */
    struct linger reset = {.l_onoff = 1};
    for (long i = 0; i < calls; i++) {
        setsockopt(clients[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(clients[i]);
    }
    return spent;
}

int main(int argc, char **argv) {
    start_idle_thread();
    double budget = atof(argv[1]) * 1e6;

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (message = 64; message <= sizeof buffer; message *= 1024) {
        double ns = measure(run_transfer, budget, LONG_MAX);
        printf("send + recv\t%zu\t%.1f\n", message, ns);
        printf("send + recv_into\t%zu\t%.1f\n", message, ns);
    }

    listener = socket(AF_INET, SOCK_STREAM, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, MOST_PENDING);
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("accept + close\t1\t%.1f\n", measure(run_accept, budget, MOST_PENDING));

    int most = atoi(argv[argc - 1]);
    fds = calloc(most, sizeof *fds);
    pollfds = calloc(most, sizeof *pollfds);
    events = calloc(most, sizeof *events);
    wanted = calloc(most + 1024, 1);
    returned = calloc(most + 1024, 1);
    /* These never receive data: they are never readable, and always writable. */
    int made = 0;
    for (int i = 2; i < argc; i++) {
        for (count = atoi(argv[i]); made < count; made++)
            if ((fds[made] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0) return 1;
        for (writing = 0; writing <= 1; writing++) {
            const char *ready = writing ? "all ready" : "nothing ready";
            prepare();
            printf("select, %s\t%d\t%.1f\n", ready, count,
                   measure(run_select, budget, LONG_MAX));
            printf("poll, %s\t%d\t%.1f\n", ready, count,
                   measure(run_poll, budget, LONG_MAX));
            printf("epoll.poll, %s\t%d\t%.1f\n", ready, count,
                   measure(run_epoll, budget, LONG_MAX));
            close(epfd);
        }
    }
}
