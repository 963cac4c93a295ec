/* The clients: in C, to leave the CPU to the servers.

     client ping PORT COUNT PAUSE MESSAGE
                              sends a message and waits for the answer, then for PAUSE
                              microseconds; prints the median round trip in microseconds
     client crowd PORT COUNT  has a byte echoed on each of COUNT connections, prints how
                              many seconds it took, and holds them
     client to PORT BYTES     sends BYTES bytes, a multiple of 65,536, and waits until the
                              server closes the connection
     client from PORT BYTES   receives BYTES bytes */
#define _GNU_SOURCE
#include <netinet/tcp.h>

#include "peer.h"

/* Connections of a crowd that are made at once: fewer than any server's backlog. */
#define WINDOW 64

static struct sockaddr_in address;

static int connected(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    perror("connect");
    exit(1);
}

static int ping(int count, int pause, const char *message) {
    int fd = connected(), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    double *trips = calloc(count, sizeof *trips);
    for (int i = 0; i < count; i++) {
        double start = now();
        if (send(fd, message, strlen(message), MSG_NOSIGNAL) < 0) return 1;
        if (recv(fd, buffer, sizeof buffer, 0) <= 0) return 1;
        trips[i] = now() - start;
        if (pause > 0) usleep(pause);
    }
    qsort(trips, count, sizeof *trips, ascending);
    printf("%.1f\n", trips[count / 2] / 1e3);
    return 0;
}

static int crowd(int count) {
    int fds[WINDOW];
    double start = now();
    for (int made = 0, window; made < count; made += window) {
        window = count - made < WINDOW ? count - made : WINDOW;
        for (int i = 0; i < window; i++) send(fds[i] = connected(), "x", 1, MSG_NOSIGNAL);
        for (int i = 0; i < window; i++)
            if (recv(fds[i], buffer, 1, 0) != 1) return 1;
    }
    printf("%.6f\n", (now() - start) / 1e9);
    fflush(stdout);
    return pause();
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    address = loopback(atoi(argv[2]));
    long count = atol(argv[3]);
    if (strcmp(argv[1], "to") == 0) return transfer(connected(), count) != 0;
    if (strcmp(argv[1], "from") == 0) return transfer(connected(), 0) != count;
    if (strcmp(argv[1], "crowd") == 0) return crowd(count);
    return argc == 6 ? ping(count, atoi(argv[4]), argv[5]) : 1;
}
