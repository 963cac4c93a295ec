/* A server in C. It prints its port, and serves until it is killed.

     server echo      echoes, on epoll
     server receive   receives from a connection until its end, and closes it
     server send      sends 256 MiB to a connection, and closes it */
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "peer.h"

#define PORTION (1 << 28)

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
    int sends = strcmp(argv[1], "send") == 0;
    for (;;) transfer(accept4(listener, NULL, NULL, SOCK_CLOEXEC), sends ? PORTION : 0);
}
