"""The plainest echo on CPython's selectors, as its documentation writes it."""

import selectors
import socket

from timing import start_idle_thread

start_idle_thread()

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 0))
server.listen(4096)
server.setblocking(False)
print(server.getsockname()[1], flush=True)

selector = selectors.DefaultSelector()


def accept(server):
    client, _ = server.accept()
    client.setblocking(False)
    selector.register(client, selectors.EVENT_READ, read)


def read(client):
    data = client.recv(65536)
    if data:
        client.send(data)
    else:
        selector.unregister(client)
        client.close()


selector.register(server, selectors.EVENT_READ, accept)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
