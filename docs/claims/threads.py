"""What a change does to a wait on another thread: the table of docs/guide.md, Threads.

python3 docs/claims/threads.py
"""

import select
import socket
import threading
import time

# Seconds until the other thread is in its wait, and that a wait lasts.
SOON, LONG = 0.5, 2


class ByPoller:
    def __init__(self, poller, sock, unit):
        self.poller, self.unit = poller, unit
        self.add(sock)

    def add(self, sock):
        self.poller.register(sock, select.POLLIN)

    def wait(self):
        return [event for _, event in self.poller.poll(LONG * self.unit)]


class BySelect:
    def __init__(self, sock):
        self.socks = [sock]

    def add(self, sock):
        self.socks.append(sock)

    def wait(self):
        return ["readable" for _ in select.select(self.socks, [], [], LONG)[0]]


WAYS = {
    "select": BySelect,
    "poll": lambda sock: ByPoller(select.poll(), sock, 1000),
    "epoll": lambda sock: ByPoller(select.epoll(), sock, 1),
}


def waiting(way, change):
    """What a wait returns that is under way while `change` is made."""
    returned = []
    thread = threading.Thread(target=lambda: returned.append(way.wait()))
    thread.start()
    time.sleep(SOON)
    change()
    thread.join()
    return returned[0]


def added(make):
    (_, idle), (peer, ready) = socket.socketpair(), socket.socketpair()
    peer.send(b"x")
    way = make(idle)
    return waiting(way, lambda: way.add(ready))


def closed(make):
    peer, sock = socket.socketpair()
    peer.settimeout(SOON)
    seen = []

    def change():
        sock.close()
        try:
            seen.append(peer.recv(1))
        except TimeoutError:
            seen.append("no end")
        try:
            peer.send(b"x")
        except BrokenPipeError:
            seen.append("broken pipe")

    returned = waiting(make(sock), change)
    return f"the peer sees {seen}, the wait returns {returned}"


for name, make in WAYS.items():
    print(f"{name}\tadded\tthe wait returns {added(make)}")
    print(f"{name}\tclosed\t{closed(make)}", flush=True)
