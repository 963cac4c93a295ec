"""Asks a name server for the addresses of names.

    python3 examples/ports/dns_lookup.py SERVER PORT NAME...
"""

import random
import socket
import struct
import sys

ATTEMPTS = 3
PATIENCE = 1.0  # seconds for each
HEADER = "!HHHHHH"  # identifier, flags, and the number of records of each kind
RESPONSE, RECURSION = 0x8000, 0x0100
A, CNAME, AAAA = 1, 5, 28
INTERNET = 1
ERRORS = {1: "format error", 2: "server failure", 3: "no such name",
          5: "refused"}


class Malformed(Exception):
    pass


def query(number, name):
    labels = name.rstrip(".").split(".")
    encoded = b"".join(
        bytes([len(label)]) + label.encode("ascii") for label in labels)
    header = struct.pack(HEADER, number, RECURSION, 1, 0, 0, 0)
    return header + encoded + b"\0" + struct.pack("!HH", A, INTERNET)


def read_name(data, at):
    """Returns the name at an offset, and the offset of the next field."""
    labels = []
    end = None
    for _ in range(128):  # a pointer may lead back to itself
        length = data[at]
        if length & 0xC0 == 0xC0:
            if end is None:
                end = at + 2
            at = struct.unpack_from("!H", data, at)[0] & 0x3FFF
        elif length:
            labels.append(data[at + 1:at + 1 + length].decode("latin-1"))
            at += 1 + length
        else:
            return ".".join(labels), at + 1 if end is None else end
    raise Malformed("endless name")


def records(data):
    """Describes each answer in a response."""
    _, flags, questions, answers, _, _ = struct.unpack_from(HEADER, data)
    if flags & 15:
        return [ERRORS.get(flags & 15, "error %d" % (flags & 15))]
    at = struct.calcsize(HEADER)
    for _ in range(questions):
        _, at = read_name(data, at)
        at += 4
    found = []
    for _ in range(answers):
        name, at = read_name(data, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", data, at)
        at += struct.calcsize("!HHIH")
        if kind == A and length == 4:
            value = socket.inet_ntop(socket.AF_INET, data[at:at + 4])
        elif kind == AAAA and length == 16:
            value = socket.inet_ntop(socket.AF_INET6, data[at:at + 16])
        elif kind == CNAME:
            value = "is " + read_name(data, at)[0]
        else:
            value = "type %d: %r" % (kind, data[at:at + length])
        found.append("%s %s (%d s)" % (name, value, ttl))
        at += length
    return found


def is_answer(data, number):
    return len(data) > 2 and data[:2] == struct.pack("!H", number) \
        and data[2] & RESPONSE >> 8


def ask(server, name):
    number = random.randrange(1 << 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(server)  # the kernel then drops other senders' packets
        for _ in range(ATTEMPTS):
            sock.send(query(number, name))
            try:
                data = sock.recv(4096)
                while not is_answer(data, number):
                    data = sock.recv(4096)
            except (TimeoutError, ConnectionRefusedError):
                continue
            else:
                break
        else:
            return ["no answer"]
    try:
        return records(data)
    except (struct.error, IndexError, Malformed):
        return ["malformed: %r" % data[2:]]


def main():
    if len(sys.argv) <= 3:
        sys.exit("usage: dns_lookup.py SERVER PORT NAME...")
    host, port, *names = sys.argv[1:]
    for name in names:
        print(name + ":")
        for line in ask((host, int(port)), name):
            print("   ", line)


if __name__ == "__main__":
    main()
