/* A server in C. It prints its port, and serves until it is killed.

     server echo      echoes, on epoll
     server receive   receives from a connection until its end, and prints how many bytes
     server send      reads a count of 8 bytes, sends as many bytes, and prints how many */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>

#include "peer.h"

static char buffer[65536];

static void echo(int listener) {
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[1023], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(epfd, events, 1023, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                epoll_ctl(epfd, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            ssize_t size = recv(fd, buffer, sizeof buffer, 0);
            if (size > 0)
                send(fd, buffer, size, MSG_NOSIGNAL);
            else
                close(fd);
        }
    }
}

static int64_t receive_all(int fd) {
    int64_t total = 0;
    for (ssize_t size; (size = recv(fd, buffer, sizeof buffer, 0)) > 0;) total += size;
    return total;
}

static int64_t send_all(int fd) {
    int64_t count, sent = 0;
    if (recv(fd, &count, sizeof count, MSG_WAITALL) != sizeof count) exit(1);
    while (sent < count) {
        int64_t left = count - sent;
        size_t most = left < (int64_t)sizeof buffer ? (size_t)left : sizeof buffer;
        ssize_t size = send(fd, buffer, most, MSG_NOSIGNAL);
        if (size < 0) break;
        sent += size;
    }
    return sent;
}

int main(int argc, char **argv) {
    if (argc != 2) return 1;
    start_idle_thread();
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0) return 1;
    listen(listener, 4096);
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    if (strcmp(argv[1], "echo") == 0) echo(listener);
    for (int sends = strcmp(argv[1], "send") == 0;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        printf("%lld\n", (long long)(sends ? send_all(fd) : receive_all(fd)));
        fflush(stdout);
        close(fd);
    }
}
