"""Prints the public names of Python's modules, and of what they make, as JSON.

docs/conformance/python3.13.json is what it prints with CPython 3.13.
"""

import errno, json, os, queue, select, selectors, socket, socketserver, struct, sys


def names(thing):
    return " ".join(name for name in dir(thing) if not name.startswith("_"))


def names_of_handler(base, request):
    class Handler(base):
        def handle(self):
            self.found = names(self)

        def finish(self):
            pass

    return Handler(request, None, None).found


def names_of_server(kind, address):
    with kind(address, socketserver.BaseRequestHandler, False) as server:
        return names(server)


local, peer = socket.socketpair()
objects = {
    "select.poll": names(select.poll()),
    "select.epoll": names(select.epoll()),
    "socket.socket": names(local),
    "queue.Queue": names(queue.Queue()),
    "queue.LifoQueue": names(queue.LifoQueue()),
    "queue.PriorityQueue": names(queue.PriorityQueue()),
    "queue.SimpleQueue": names(queue.SimpleQueue()),
    "selectors.SelectSelector": names(selectors.SelectSelector()),
    "selectors.PollSelector": names(selectors.PollSelector()),
    "selectors.EpollSelector": names(selectors.EpollSelector()),
    "selectors.SelectorKey": names(selectors.SelectorKey(0, 0, 0, None)),
    "socketserver.TCPServer": names_of_server(socketserver.TCPServer, ("localhost", 0)),
    "socketserver.UDPServer": names_of_server(socketserver.UDPServer, ("localhost", 0)),
    "socketserver.UnixStreamServer": names_of_server(socketserver.UnixStreamServer, ""),
    "socketserver.UnixDatagramServer": names_of_server(
        socketserver.UnixDatagramServer, ""
    ),
    "socketserver.BaseRequestHandler": names_of_handler(
        socketserver.BaseRequestHandler, local
    ),
    "socketserver.StreamRequestHandler": names_of_handler(
        socketserver.StreamRequestHandler, local
    ),
    "socketserver.DatagramRequestHandler": names_of_handler(
        socketserver.DatagramRequestHandler, (b"", local)
    ),
    "struct.Struct": names(struct.Struct("")),
}

modules = [select, selectors, socket, socketserver, queue, struct, errno, os]
print(
    json.dumps(
        {
            "version": "%d.%d" % sys.version_info[:2],
            "modules": {module.__name__: names(module) for module in modules},
            "objects": objects,
        },
        indent=2,
    )
)
