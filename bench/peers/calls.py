"""What the calls of bench/calls.ts cost in CPython; arguments and lines as in calls.c."""

import select
import socket
import struct
import sys

from timing import measure, now, start_idle_thread

MOST_PENDING = 64
# select refuses descriptors from here on.
FD_SETSIZE = 1024


def transfer(message):
    a, b = socket.socketpair()
    data = bytes(message)
    send, recv = a.send, b.recv

    def run(calls):
        start = now()
        for _ in range(calls):
            send(data)
            recv(65536)
        return now() - start

    return run


def transfer_into(message):
    a, b = socket.socketpair()
    data, buffer = bytes(message), bytearray(65536)
    send, recv_into = a.send, b.recv_into

    def run(calls):
        start = now()
        for _ in range(calls):
            send(data)
            recv_into(buffer)
        return now() - start

    return run


def accept_and_close():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(MOST_PENDING)
    address = listener.getsockname()
    reset = struct.pack("ii", 1, 0)

    def run(calls):
        clients = [socket.create_connection(address) for _ in range(calls)]
        start = now()
        for _ in range(calls):
            connection, _ = listener.accept()
            connection.close()
        spent = now() - start
        # A reset, so that no port is left in TIME_WAIT.
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            client.close()
        return spent

    return run


def run_select(reading, writing):
    def run(calls):
        start = now()
        for _ in range(calls):
            select.select(reading, writing, [], 0)
        return now() - start

    return run


def run_poll(poller, *arguments):
    poll = poller.poll

    def run(calls):
        start = now()
        for _ in range(calls):
            poll(0, *arguments)
        return now() - start

    return run


def waits(socks):
    """The three waits on sockets that are never readable, and always writable."""
    for ready, writing in (("nothing ready", False), ("all ready", True)):
        if socks[-1].fileno() < FD_SETSIZE:
            lists = ([], socks) if writing else (socks, [])
            yield f"select, {ready}", run_select(*lists)
        poller = select.poll()
        epoll = select.epoll()
        for sock in socks:
            poller.register(sock, select.POLLOUT if writing else select.POLLIN)
            epoll.register(sock, select.EPOLLOUT if writing else select.EPOLLIN)
        yield f"poll, {ready}", run_poll(poller)
        yield f"epoll.poll, {ready}", run_poll(epoll, len(socks))
        epoll.close()


def main():
    start_idle_thread()
    budget = float(sys.argv[1]) * 1e6
    for message in (64, 65536):
        print(f"send + recv\t{message}\t{measure(transfer(message), budget):.1f}")
        into = measure(transfer_into(message), budget)
        print(f"send + recv_into\t{message}\t{into:.1f}")
    accepting = measure(accept_and_close(), budget, MOST_PENDING)
    print(f"accept + close\t1\t{accepting:.1f}")
    socks = []
    for count in map(int, sys.argv[2:]):
        while len(socks) < count:
            socks.append(socket.socket(type=socket.SOCK_DGRAM))
        for call, run in waits(socks):
            print(f"{call}\t{count}\t{measure(run, budget):.1f}", flush=True)


main()
