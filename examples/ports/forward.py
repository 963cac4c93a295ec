"""Forwards TCP connections to another address.

    python3 examples/ports/forward.py PORT HOST PORT
"""

import selectors
import socket
import sys

MOST = 65536  # bytes kept for a side that does not read

sel = selectors.DefaultSelector()


class Side:
    """One of the two sockets of a forwarded connection."""

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock
        self.other = None
        self.unsent = bytearray()  # what the other side sent to this one
        self.connected = True
        self.read_end = self.write_end = False

    def watch(self):
        """Registers the socket for the events that it can use, if any."""
        events = 0
        room = len(self.other.unsent) < MOST
        if self.connected and not self.read_end and room:
            events |= selectors.EVENT_READ
        if self.unsent or not self.connected:
            events |= selectors.EVENT_WRITE
        registered = self.sock in sel.get_map()
        if events and registered:
            sel.modify(self.sock, events, self)
        elif events:
            sel.register(self.sock, events, self)
        elif registered:
            sel.unregister(self.sock)

    def read(self):
        data = self.sock.recv(MOST)
        self.other.unsent += data
        if not data:
            self.read_end = True

    def write(self):
        if not self.connected:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise ConnectionError("cannot connect")
            self.connected = True
        if self.unsent:
            sent = self.sock.send(self.unsent)
            del self.unsent[:sent]

    def finish(self):
        """Passes the other side's end on, once all its data is sent."""
        if self.other.read_end and not self.unsent and self.connected \
                and not self.write_end:
            self.sock.shutdown(socket.SHUT_WR)
            self.write_end = True


def close(side):
    for one in (side, side.other):
        if one.sock in sel.get_map():
            sel.unregister(one.sock)
        one.sock.close()


def accept(server, target):
    client, address = server.accept()
    print("forwarding", address[0], flush=True)
    near = Side(client)
    far = Side(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    near.other, far.other = far, near
    far.connected = False
    far.sock.connect_ex(target)
    for side in (near, far):
        side.watch()


def serve(side, mask):
    try:
        if mask & selectors.EVENT_WRITE:
            side.write()
        if mask & selectors.EVENT_READ:
            side.read()
        for one in (side, side.other):
            one.finish()
    except BlockingIOError:
        pass
    except OSError as error:
        print("closing after", type(error).__name__, flush=True)
        close(side)
        return
    if side.write_end and side.other.write_end:
        print("closing after both ends", flush=True)
        close(side)
        return
    for one in (side, side.other):
        one.watch()


def main():
    if len(sys.argv) <= 3:
        sys.exit("usage: forward.py PORT HOST PORT")
    port, host, target = sys.argv[1:]
    server = socket.create_server(("127.0.0.1", int(port)))
    print("starting up on %s port %d" % server.getsockname(), flush=True)
    sel.register(server, selectors.EVENT_READ)
    while True:
        for key, mask in sel.select():
            if key.fileobj is server:
                accept(server, (host, int(target)))
            elif key.fileobj.fileno() >= 0:  # not closed in this round
                serve(key.data, mask)


if __name__ == "__main__":
    main()
