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
now = time.perf_counter_ns
wake, budget = sys.argv[1] == "wake", float(sys.argv[2]) * 1e6
active, timeout = (10, None) if wake else (0, 0)


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


def show_waits(state, socks, mask):
    """Waits in three ways until sockets are readable or writable."""
    r, w = (socks, []) if mask == select.POLLIN else ([], socks)
    poller, epoll = select.poll(), select.epoll()
    for sock in socks:
        poller.register(sock, mask)
        epoll.register(sock, mask)
    at = len(socks) - active
    if max(sock.fileno() for sock in socks) < 1024:  # or select() refuses them
        statement = f"select(r, w, [], {timeout})"
        show(f"select{state}", at, statement, select=select.select, r=r, w=w)
    show(f"poll{state}", at, f"poll({timeout})", poll=poller.poll)
    show(f"epoll.poll{state}", at, f"poll({timeout}, {len(socks)})", poll=epoll.poll)
    epoll.close()


# A Deno process always has threads, and the kernel charges for the second one.
threading.Thread(target=threading.Event().wait, daemon=True).start()
a, b = socket.socketpair()
names = {"send": a.send, "buffer": bytearray(65536)}
for size in [] if wake else [64, 65536]:
    names["data"] = bytes(size)
    show("send + recv", size, "send(data); recv(65536)", recv=b.recv, **names)
    show("send + recv_into", size, "send(data); recv(buffer)", recv=b.recv_into, **names)
# These never receive data: they are never readable, and always writable.
socks = []
for count in map(int, sys.argv[3:]):
    while len(socks) < count:
        socks.append(socket.socket(type=socket.SOCK_DGRAM))
    # The ready ones last, so that the kernel has to queue on all others first.
    pairs = [socket.socketpair() for _ in range(active)]
    for a, _ in pairs:
        a.send(b"x")
    ready = [b for _, b in pairs]
    show_waits("" if wake else ", nothing ready", socks + ready, select.POLLIN)
    if not wake:
        show_waits(", all ready", socks, select.POLLOUT)
