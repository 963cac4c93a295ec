"""Finds out which TCP ports of a host accept connections.

    python3 examples/ports/port_scan.py HOST PORT...
"""

import errno
import select
import socket
import sys
import time

AT_ONCE = 100  # connections in progress
PATIENCE = 2.0  # seconds for each


def started(host, port):
    """Starts to connect; returns the socket and the error number so far."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        return sock, sock.connect_ex((host, port))
    except OSError:
        sock.close()
        raise


def scan(host, ports):
    """Returns a dictionary of error numbers by port; 0 means open."""
    results = {}
    waiting = {}  # the port and the deadline of each socket
    ports = list(ports)
    while ports or waiting:
        while ports and len(waiting) < AT_ONCE:
            port = ports.pop(0)
            sock, error = started(host, port)
            if error == errno.EINPROGRESS:
                waiting[sock] = port, time.monotonic() + PATIENCE
            else:
                results[port] = error
                sock.close()
        if not waiting:
            continue
        soonest = min(deadline for _, deadline in waiting.values())
        pause = max(0.0, soonest - time.monotonic())
        _, writable, _ = select.select([], waiting, [], pause)
        now = time.monotonic()
        for sock, (port, deadline) in list(waiting.items()):
            if sock in writable:
                results[port] = sock.getsockopt(
                    socket.SOL_SOCKET, socket.SO_ERROR)
            elif deadline <= now:
                results[port] = errno.ETIMEDOUT
            else:
                continue
            del waiting[sock]
            sock.close()
    return results


def service(port):
    try:
        name = socket.getservbyport(port, "tcp")
    except OSError:
        return "unknown"
    else:
        return name


def main():
    if len(sys.argv) <= 2:
        sys.exit("usage: port_scan.py HOST PORT...")
    host, *ports = sys.argv[1:]
    results = scan(host, map(int, ports))
    for port, error in sorted(results.items()):
        state = errno.errorcode[error] if error else "open"
        print("%5d/tcp  %-12s  %s" % (port, state, service(port)))
    count = list(results.values()).count(0)
    if not count:
        print("no port is open on", host)
    else:
        print(count, "of", len(results), "ports are open on", host)


if __name__ == "__main__":
    main()
