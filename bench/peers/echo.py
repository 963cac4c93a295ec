"""The plainest echo on epoll, as CPython writes it."""

import select
import socket

from timing import start_idle_thread

start_idle_thread()

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 0))
server.listen(4096)
print(server.getsockname()[1], flush=True)

poller = select.epoll()
poller.register(server, select.EPOLLIN)
clients = {}
while True:
    for fd, event in poller.poll():
        if fd == server.fileno():
            client, _ = server.accept()
            clients[client.fileno()] = client
            poller.register(client, select.EPOLLIN)
        else:
            client = clients[fd]
            data = client.recv(65536)
            if data:
                client.send(data)
            else:
                del clients[fd]
                poller.unregister(client)
                client.close()
