/* The client of bench/crowd.ts: connects COUNT times, has one byte echoed on
   each, prints the seconds that it took, and holds them all until its input ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "timing.h"

/* At once: fewer than any server's backlog. */
#define WINDOW 64

int main(int argc, char **argv) {
    if (argc != 3) return 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int count = atoi(argv[2]), fds[WINDOW];
    char byte = 'x';
    double start = now();
    for (int made = 0; made < count;) {
        int window = count - made < WINDOW ? count - made : WINDOW;
        for (int i = 0; i < window; i++) {
            fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (connect(fds[i], (struct sockaddr *)&address, sizeof address) < 0) {
                perror("connect");
                return 1;
            }
            send(fds[i], &byte, 1, MSG_NOSIGNAL);
        }
        for (int i = 0; i < window; i++)
            if (recv(fds[i], &byte, 1, 0) != 1) return 1;
        made += window;
    }
    printf("%.6f\n", (now() - start) / 1e9);
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {
    }
}
