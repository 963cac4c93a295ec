/* Bytes in bulk, in C. A peer of bench/bulk.ts listens, prints its port and serves one
   connection after another; for each it prints how many bytes went:

     bulk recv            receives until the end
     bulk send            reads a count of 8 bytes, and sends as many

   The client connects to a peer:

     bulk to PORT BYTES   sends BYTES bytes
     bulk from PORT BYTES requests BYTES bytes, and receives them */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idle.h"

static char buffer[65536];

static int64_t receive_all(int fd) {
    int64_t total = 0;
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) total += got;
    return total;
}

static int64_t send_all(int fd, int64_t count) {
    for (int64_t left = count; left > 0;) {
        size_t size = left < (int64_t)sizeof buffer ? (size_t)left : sizeof buffer;
        ssize_t sent = send(fd, buffer, size, MSG_NOSIGNAL);
        if (sent < 0) return count - left;
        left -= sent;
    }
    return count;
}

static int serve(int sends) {
    start_idle_thread();
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(server, (struct sockaddr *)&address, length) < 0) return 1;
    listen(server, 8);
    getsockname(server, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        int64_t count;
        if (sends && recv(fd, &count, sizeof count, MSG_WAITALL) != sizeof count) return 1;
        printf("%lld\n", (long long)(sends ? send_all(fd, count) : receive_all(fd)));
        fflush(stdout);
        close(fd);
    }
}

int main(int argc, char **argv) {
    if (argc == 2) return serve(strcmp(argv[1], "send") == 0);
    if (argc != 4) return 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(atoi(argv[2])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t count = atoll(argv[3]);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    if (strcmp(argv[1], "to") == 0) return send_all(fd, count) != count;
    if (send(fd, &count, sizeof count, MSG_NOSIGNAL) != sizeof count) return 1;
    return receive_all(fd) != count;
}
