/* What waking up costs in C, 10 sockets ready among many idle ones. Arguments:
   milliseconds for each figure, and the numbers of idle sockets. */
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "idle.h"
#include "timing.h"

#define ACTIVE 10
#define LONG_BITS (8 * (int)sizeof(long))

static int *fds, count, epfd;
static struct pollfd *pollfds;
static struct epoll_event events[1023];
static unsigned long *wanted, *returned;
static volatile long seen;

static double run_select(long calls) {
    int nfds = fds[count - 1] + 1;
    size_t size = (nfds + LONG_BITS - 1) / LONG_BITS * sizeof(long);
    double start = now();
    for (long i = 0; i < calls; i++) {
        memcpy(returned, wanted, size);
        select(nfds, (fd_set *)returned, NULL, NULL, NULL);
        for (int j = 0; j < count; j++)
            if (returned[fds[j] / LONG_BITS] >> fds[j] % LONG_BITS & 1) seen += fds[j];
    }
    return now() - start;
}

static double run_poll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int left = poll(pollfds, count, -1);
        for (int j = 0; left > 0; j++)
            if (pollfds[j].revents) seen += pollfds[j].fd, left--;
    }
    return now() - start;
}

static double run_epoll(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) {
        int ready = epoll_wait(epfd, events, 1023, -1);
        for (int j = 0; j < ready; j++) seen += events[j].data.fd;
    }
    return now() - start;
}

int main(int argc, char **argv) {
    start_idle_thread();
    double budget = atof(argv[1]) * 1e6;
    int most = atoi(argv[argc - 1]) + ACTIVE;
    fds = calloc(most, sizeof *fds);
    pollfds = calloc(most, sizeof *pollfds);
    wanted = calloc(most + 1024, 1);
    returned = calloc(most + 1024, 1);
    int made = 0;
    for (int i = 2; i < argc; i++) {
        int idle = atoi(argv[i]), pairs[ACTIVE][2];
        for (; made < idle; made++)
            if ((fds[made] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0) return 1;
        /* The ready ones last, so that the kernel has to queue on all others first. */
        for (int j = 0; j < ACTIVE; j++) {
            socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[j]);
            send(pairs[j][0], "x", 1, MSG_NOSIGNAL);
            fds[idle + j] = pairs[j][1];
        }
        count = idle + ACTIVE;
        memset(wanted, 0, fds[count - 1] / 8 + sizeof(long));
        epfd = epoll_create1(EPOLL_CLOEXEC);
        for (int j = 0; j < count; j++) {
            wanted[fds[j] / LONG_BITS] |= 1ul << fds[j] % LONG_BITS;
            pollfds[j] = (struct pollfd){.fd = fds[j], .events = POLLIN};
            struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[j]};
            epoll_ctl(epfd, EPOLL_CTL_ADD, fds[j], &event);
        }
        printf("select\t%d\t%.1f\n", idle, measure(run_select, budget, LONG_MAX));
        printf("poll\t%d\t%.1f\n", idle, measure(run_poll, budget, LONG_MAX));
        printf("epoll\t%d\t%.1f\n", idle, measure(run_epoll, budget, LONG_MAX));
        close(epfd);
        for (int j = 0; j < ACTIVE; j++) close(pairs[j][0]), close(pairs[j][1]);
    }
}
