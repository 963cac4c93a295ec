"""The epoll server of document 004: edge-triggered; prints, and does not answer."""

import select
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(10)
print("starting up on %s port %s" % s.getsockname(), flush=True)
epoll = select.epoll()
print(s.fileno())
print(select.EPOLLIN | select.EPOLLET)
epoll.register(s.fileno(), select.EPOLLIN | select.EPOLLET)

connections = {}
addresses = {}
while True:
    epoll_list = epoll.poll()
    for fd, events in epoll_list:
        print(fd)
        print(events)
        if fd == s.fileno():
            conn, addr = s.accept()
            print("a new client %s" % str(addr))
            connections[conn.fileno()] = conn
            addresses[conn.fileno()] = addr
            epoll.register(conn.fileno(), select.EPOLLIN | select.EPOLLET)
        elif events == select.EPOLLIN:
            recvData = connections[fd].recv(1024)
            if len(recvData) > 0:
                print("recv:%s" % recvData, flush=True)
            else:
                epoll.unregister(fd)
                connections[fd].close()
                print("%s---offline---" % str(addresses[fd]), flush=True)
