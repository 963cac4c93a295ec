"""Bytes in bulk in CPython: arguments and lines as in bulk.c, ways by name."""

import os
import socket
import struct
import sys

from timing import start_idle_thread

SIZE, FILE = 65536, 2**26
chunk = bytearray(SIZE)


def receive(conn, way):
    total = 0
    if way == "recv":
        while data := conn.recv(SIZE):
            total += len(data)
    else:
        while size := conn.recv_into(chunk):
            total += size
    return total


def send(conn, way, count):
    if way == "sendall":
        for _ in range(0, count, SIZE):
            conn.sendall(chunk)
    else:
        with os.fdopen(os.memfd_create("bulk"), "rb") as file:
            os.ftruncate(file.fileno(), FILE)
            for _ in range(0, count, FILE):
                conn.sendfile(file, 0, FILE)
    return count


def main():
    start_idle_thread()
    way = sys.argv[1]
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        conn, _ = server.accept()
        if way.startswith("send"):
            (count,) = struct.unpack("=q", conn.recv(8))
            total = send(conn, way, count)
        else:
            total = receive(conn, way)
        print(total, flush=True)
        conn.close()


main()
