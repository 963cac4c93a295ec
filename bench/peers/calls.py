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


def show_waits(state, at, socks, writing, timeout):
    """Waits in three ways until sockets are readable or writable."""
    r, w = ([], socks) if writing else (socks, [])
    poller, epoll = select.poll(), select.epoll()
    for sock in socks:
        mask = select.POLLOUT if writing else select.POLLIN  # the same as of epoll
        poller.register(sock, mask)
        epoll.register(sock, mask)
    if max(sock.fileno() for sock in socks) < FD_SETSIZE:
        statement = f"select(r, w, [], {timeout})"
        show(f"select{state}", at, statement, select=select.select, r=r, w=w)
    show(f"poll{state}", at, f"poll({timeout})", poll=poller.poll)
    show(f"epoll.poll{state}", at, f"poll({timeout}, {len(socks)})", poll=epoll.poll)
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
        # The ready ones last, so that the kernel has to queue on all others first.
        pairs = [socket.socketpair() for _ in range(ACTIVE)]
        for a, _ in pairs:
            a.send(b"x")
        show_waits("", count, socks + [b for _, b in pairs], False, None)
        continue
    # These never receive data: they are never readable, and always writable.
    show_waits(", nothing ready", count, socks, False, 0)
    show_waits(", all ready", count, socks, True, 0)
