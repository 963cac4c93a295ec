/* The client of bench/sparse.ts and bench/beside.ts: sends a message, waits for the answer,
   pauses, and prints the p50 and p99 of the round trips in microseconds.

   ping PORT COUNT PAUSE_IN_MICROSECONDS [MESSAGE] */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "timing.h"

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    int count = atoi(argv[2]), pause = atoi(argv[3]), one = 1;
    const char *message = argc > 4 ? argv[4] : "x";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    static char answer[65536];
    double *trips = calloc(count, sizeof *trips);
    for (int i = 0; i < count; i++) {
        double start = now();
        if (send(fd, message, strlen(message), MSG_NOSIGNAL) < 0) return 1;
        if (recv(fd, answer, sizeof answer, 0) <= 0) return 1;
        trips[i] = now() - start;
        if (pause > 0) usleep(pause);
    }
    qsort(trips, count, sizeof *trips, ascending);
    printf("%.1f\t%.1f\n", trips[count / 2] / 1e3, trips[count * 99 / 100] / 1e3);
}
