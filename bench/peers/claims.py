"""The costs of claims.ts in CPython; its argument and lines."""

import os
import select
import socket
import sys

from timing import measure, now, start_idle_thread

# select refuses descriptors from here on.
FD_SETSIZE = 1024
message = bytes(64)


def show(what, at, call, *arguments):
    def run(calls):
        start = now()
        for _ in range(calls):
            call(*arguments)
        return now() - start

    print(f"{what}\t{at}\t{measure(run, budget):.1f}", flush=True)


def high(number):
    a, b = socket.socketpair()
    fd = os.dup2(a.fileno(), number)
    poller = select.poll()
    epoll = select.epoll()
    poller.register(fd, select.POLLIN)
    epoll.register(fd, select.EPOLLIN)
    if fd < FD_SETSIZE:
        show("select, one descriptor", number, select.select, [fd], [], [], 0)
    show("poll, one descriptor", number, poller.poll, 0)
    show("epoll.poll, one descriptor", number, epoll.poll, 0)
    epoll.close()
    os.close(fd)


def messages(what, eventmask, read):
    epoll = select.epoll()
    epoll.register(b, eventmask)

    def call():
        a.send(message)
        epoll.poll()
        read()

    show(what, len(message), call)
    epoll.close()


def once():
    b.recv(65536)


def until_eagain():
    try:
        while True:
            b.recv(65536)
    except BlockingIOError:
        pass


start_idle_thread()
budget = float(sys.argv[1]) * 1e6
for number in 100, 1000, 10_000:
    high(number)
a, b = socket.socketpair()
b.setblocking(False)
messages("level, one recv", select.EPOLLIN, once)
messages("edge, one recv", select.EPOLLIN | select.EPOLLET, once)
messages("edge, recv until EAGAIN", select.EPOLLIN | select.EPOLLET, until_eagain)
