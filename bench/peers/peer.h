/* What the programs in C share. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

static void *idle(void *unused) {
    while (pause() == -1) continue;
    return unused;
}

/* A Deno process always has threads, and the kernel charges for the second one. */
static inline void start_idle_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
}

static inline struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Sends bytes, and receives until the end; returns how many it received, or -1. */
static inline long transfer(int fd, long bytes) {
    long received = 0;
    ssize_t size = 1;
    for (long left = bytes; left > 0 && size > 0; left -= size)
        size = send(fd, buffer, sizeof buffer, MSG_NOSIGNAL);
    int failed = bytes > 0 && shutdown(fd, SHUT_WR) < 0;
    while ((size = recv(fd, buffer, sizeof buffer, 0)) > 0) received += size;
    close(fd);
    return failed || size < 0 ? -1 : received;
}

/* Nanoseconds. */
static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
