"""What calls cost in CPython: arguments and lines as in calls.c."""

import select
import socket
import statistics
import sys
import threading
import time
import timeit

BATCHES = 15
# Nanoseconds that V8 needs to compile hot code; all peers warm up as long.
WARM_UP = 50e6
FD_SETSIZE = 1024  # select refuses descriptors from here on
ACTIVE = 10
now = time.perf_counter_ns
mode, budget = sys.argv[1], float(sys.argv[2]) * 1e6


def show(call, at, statement, **names):
    """Prints the median of short batches, so that an interrupted one does not count."""
    # timeit by itself would stop the garbage collector.
    run = timeit.Timer(statement, "import gc; gc.enable()", now, names).timeit
    end = now() + WARM_UP
    calls = 1
    while now() < end:
        if run(calls) < budget / BATCHES / 2:
            calls *= 2
    nanoseconds = statistics.median(run(calls) / calls for _ in range(BATCHES))
    print(f"{call}\t{at}\t{nanoseconds:.1f}", flush=True)


def show_transfers(size):
    a, b = socket.socketpair()
    names = {"send": a.send, "data": bytes(size), "buffer": bytearray(65536)}
    show("send + recv", size, "send(data); recv(65536)", recv=b.recv, **names)
    show("send + recv_into", size, "send(data); recv(buffer)", recv=b.recv_into, **names)


def registered(socks, eventmask):
    poller, epoll = select.poll(), select.epoll()
    for sock in socks:
        poller.register(sock, eventmask)  # POLLIN is EPOLLIN, and POLLOUT EPOLLOUT
        epoll.register(sock, eventmask)
    return poller, epoll


def show_waits(socks, writing):
    """Waits with a time-out of 0 for sockets that are never readable, and always writable."""
    n, state = len(socks), "all ready" if writing else "nothing ready"
    if socks[-1].fileno() < FD_SETSIZE:
        r, w = ([], socks) if writing else (socks, [])
        show(f"select, {state}", n, "select(r, w, [], 0)", select=select.select, r=r, w=w)
    poller, epoll = registered(socks, select.POLLOUT if writing else select.POLLIN)
    show(f"poll, {state}", n, "poll(0)", poll=poller.poll)
    show(f"epoll.poll, {state}", n, "poll(0, n)", poll=epoll.poll, n=n)
    epoll.close()


def show_wake(idle):
    """Waits for 10 ready sockets among idle ones."""
    # The ready ones last, so that the kernel has to queue on all others first.
    pairs = [socket.socketpair() for _ in range(ACTIVE)]
    for a, _ in pairs:
        a.send(b"x")
    socks = idle + [b for _, b in pairs]
    if max(sock.fileno() for sock in socks) < FD_SETSIZE:
        show("select", len(idle), "select(socks, [], [])", select=select.select, socks=socks)
    poller, epoll = registered(socks, select.POLLIN)
    show("poll", len(idle), "poll()", poll=poller.poll)
    show("epoll.poll", len(idle), "poll()", poll=epoll.poll)
    epoll.close()


# A Deno process always has threads, and the kernel charges for the second one.
threading.Thread(target=threading.Event().wait, daemon=True).start()
if mode == "calls":
    show_transfers(64)
    show_transfers(65536)
socks = []
for count in map(int, sys.argv[3:]):
    while len(socks) < count:
        socks.append(socket.socket(type=socket.SOCK_DGRAM))
    if mode == "wake":
        show_wake(socks)
    else:
        show_waits(socks, writing=False)
        show_waits(socks, writing=True)
