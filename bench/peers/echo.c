/* The plainest echo on epoll, as C writes it; the measure of bench/echo.ts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idle.h"

int main(void) {
    start_idle_thread();

    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(server, (struct sockaddr *)&address, length) < 0) return 1;
    listen(server, 4096);
    getsockname(server, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int epfd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
    static struct epoll_event events[1023];
    static char buffer[65536];
    epoll_ctl(epfd, EPOLL_CTL_ADD, server, &event);
    for (;;) {
        int ready = epoll_wait(epfd, events, 1023, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == server) {
                int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
                event.events = EPOLLIN;
                event.data.fd = client;
                epoll_ctl(epfd, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            ssize_t received = recv(fd, buffer, sizeof buffer, 0);
            if (received > 0)
                send(fd, buffer, received, MSG_NOSIGNAL);
            else
                close(fd);
        }
    }
}
