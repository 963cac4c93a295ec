"""A server in CPython: arguments as in server.c, and the call that it uses."""

import os
import select
import socket
import sys
import threading

SIZE, PORTION = 65536, 2**28
chunk = bytearray(SIZE)


def epoll(server):
    poller = select.epoll()
    poller.register(server, select.EPOLLIN)
    clients = {}
    while True:
        for fd, event in poller.poll():
            if fd == server.fileno():
                client, _ = server.accept()
                clients[client.fileno()] = client
                poller.register(client, select.EPOLLIN)
                continue
            client = clients[fd]
            data = client.recv(SIZE)
            if data:
                client.send(data)
            else:
                del clients[fd]
                poller.unregister(client)
                client.close()


async def echo(reader, writer):
    while data := await reader.read(SIZE):
        writer.write(data)
        await writer.drain()
    writer.close()


def streams(server):
    import asyncio  # here, as it would count in the memory of the others

    async def serve():
        echoing = await asyncio.start_server(echo, sock=server, backlog=4096)
        await echoing.serve_forever()

    asyncio.run(serve())


def recv(conn):
    while conn.recv(SIZE):
        pass


def recv_into(conn):
    while conn.recv_into(chunk):
        pass


def sendall(conn):
    for _ in range(0, PORTION, SIZE):
        conn.sendall(chunk)


def sendfile(conn):
    with os.fdopen(os.memfd_create("bulk"), "rb") as file:
        os.ftruncate(file.fileno(), PORTION)
        conn.sendfile(file)


# A Deno process always has threads, and the kernel charges for the second one.
threading.Thread(target=threading.Event().wait, daemon=True).start()
server = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(server.getsockname()[1], flush=True)
what, call = sys.argv[1], globals()[sys.argv[2]]
if what == "echo":
    call(server)
while True:
    conn, _ = server.accept()
    with conn:
        call(conn)
