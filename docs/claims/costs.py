"""The costs of level and edge in CPython, as in costs.ts: what, a number, nanoseconds."""

import select
import socket
import statistics
import timeit

a, b = socket.socketpair()
b.setblocking(False)
once = "send(data); poll(); recv(65536)"
until_eagain = """send(data); poll()
try:
    while True: recv(65536)
except BlockingIOError: pass"""
edge = select.EPOLLIN | select.EPOLLET

for what, mask, statement in (
    ("level, one recv", select.EPOLLIN, once),
    ("edge, one recv", edge, once),
    ("edge, recv until EAGAIN", edge, until_eagain),
):
    with select.epoll() as epoll:
        epoll.register(b, mask)
        names = {"send": a.send, "poll": epoll.poll, "recv": b.recv, "data": bytes(64)}
        timer = timeit.Timer(statement, globals=names)
        seconds = statistics.median(timer.repeat(number=20_000))
        print(f"{what}\t64\t{seconds / 20_000 * 1e9:.1f}")
