"""What waking up costs in CPython; arguments and lines as in wake.c."""

import select
import socket
import sys

from timing import measure, now, start_idle_thread

ACTIVE = 10
# select refuses descriptors from here on.
FD_SETSIZE = 1024


def timed(call, *arguments):
    def run(calls):
        start = now()
        for _ in range(calls):
            call(*arguments)
        return now() - start

    return run


def waits(socks):
    if max(sock.fileno() for sock in socks) < FD_SETSIZE:
        yield "select", timed(select.select, socks, [], [])
    poller = select.poll()
    epoll = select.epoll()
    for sock in socks:
        poller.register(sock, select.POLLIN)
        epoll.register(sock, select.EPOLLIN)
    yield "poll", timed(poller.poll)
    yield "epoll", timed(epoll.poll)
    epoll.close()


def main():
    start_idle_thread()
    budget = float(sys.argv[1]) * 1e6
    idle = []
    for count in map(int, sys.argv[2:]):
        while len(idle) < count:
            idle.append(socket.socket(type=socket.SOCK_DGRAM))
        # The ready ones last, so that the kernel has to queue on all others first.
        pairs = [socket.socketpair() for _ in range(ACTIVE)]
        for a, _ in pairs:
            a.send(b"x")
        for call, run in waits(idle + [b for _, b in pairs]):
            print(f"{call}\t{count}\t{measure(run, budget):.1f}", flush=True)
        for a, b in pairs:
            a.close()
            b.close()


main()
