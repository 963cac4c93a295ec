"""Serves a few files by TFTP (RFC 1350), to any number of clients.

    python3 examples/ports/tftp_server.py PORT [SECONDS]

A packet that is not acknowledged within SECONDS is sent again.
"""

import select
import socket
import struct
import sys
import time

READ, WRITE, DATA, ACK, ERROR = 1, 2, 3, 4, 5
NOT_FOUND, DENIED, ILLEGAL = 1, 2, 4
BLOCK = 512
ATTEMPTS = 5

FILES = {
    "hello.txt": b"Hello, world!\n",
    "empty.txt": b"",
    "numbers.bin": bytes(range(256)) * 10,
}


class Transfer:
    """A file on its way to a client, on a port of its own."""

    def __init__(self, host, client, content, seconds):
        self.client = client
        self.content = content
        self.seconds = seconds
        self.block = 1
        self.attempts = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.send()

    def fileno(self):
        return self.sock.fileno()

    def part(self):
        start = (self.block - 1) * BLOCK
        return self.content[start:start + BLOCK]

    def send(self):
        header = struct.pack("!HH", DATA, self.block & 0xFFFF)
        self.sock.sendto(header + self.part(), self.client)
        self.attempts += 1
        self.deadline = time.monotonic() + self.seconds

    def receive(self):
        """Takes a packet; returns whether the transfer goes on."""
        data, sender = self.sock.recvfrom(1024)
        if sender != self.client:
            return True
        if len(data) < 4:
            return False
        code, number = struct.unpack_from("!HH", data)
        if code != ACK:
            return False
        if number != self.block & 0xFFFF:
            return True  # a duplicate; an answer would double the rest
        if len(self.part()) < BLOCK:
            print("sent %d bytes" % len(self.content))
            return False
        self.block += 1
        self.attempts = 0
        self.send()
        return True


def request(data):
    """Returns the code and the file name of a client's first packet."""
    code, = struct.unpack_from("!H", data)
    name, mode = data[2:].split(b"\0")[:2]
    if mode.lower() not in (b"octet", b"netascii"):
        raise ValueError(mode)
    return code, name.decode("ascii")


def main():
    if len(sys.argv) <= 1:
        sys.exit("usage: tftp_server.py PORT [SECONDS]")
    port = int(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    host, port = server.getsockname()
    print("starting up on %s port %d" % (host, port))
    transfers = set()

    def refuse(client, code, text):
        packet = struct.pack("!HH", ERROR, code) + text.encode() + b"\0"
        server.sendto(packet, client)

    def accept():
        data, client = server.recvfrom(1024)
        try:
            code, name = request(data)
        except (struct.error, ValueError):
            print("malformed:", data)
            refuse(client, ILLEGAL, "malformed request")
            return
        if code == WRITE:
            refuse(client, DENIED, "read only")
        elif code != READ:
            refuse(client, ILLEGAL, "expected a request")
        elif name not in FILES:
            print("no file", repr(name))
            refuse(client, NOT_FOUND, "no such file")
        else:
            print("sending", repr(name))
            transfers.add(Transfer(host, client, FILES[name], seconds))

    def forget(transfer):
        transfers.discard(transfer)
        transfer.sock.close()

    while True:
        pause = None
        if transfers:
            soonest = min(transfer.deadline for transfer in transfers)
            pause = max(0.0, soonest - time.monotonic())
        readable, _, _ = select.select([server, *transfers], [], [], pause)
        for ready in readable:
            if ready is server:
                accept()
            elif not ready.receive():
                forget(ready)
        now = time.monotonic()
        for transfer in list(transfers):
            if transfer.deadline > now:
                continue
            if transfer.attempts < ATTEMPTS:
                transfer.send()
            else:
                print("gave up")
                forget(transfer)


if __name__ == "__main__":
    main()
