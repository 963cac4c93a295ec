"""Keeps values under names for its clients, each of which has a thread.

    python3 examples/ports/key_value.py PORT

A client sends lines: SET name value, GET name, DEL name, KEYS, QUIT.
"""

import socket
import sys
import threading

store = {}
lock = threading.Lock()


def reply(line):
    """Returns the answer to a line, or None after QUIT."""
    command, _, rest = line.strip().partition(" ")
    command = command.upper()
    if command == "QUIT":
        return None
    with lock:
        if command == "SET":
            name, _, value = rest.partition(" ")
            if not name:
                return "ERROR no name"
            store[name] = value
            return "OK"
        if command == "GET":
            return store.get(rest, "(none)")
        if command == "DEL":
            try:
                value = store.pop(rest)
            except KeyError:
                return "ERROR no such name"
            else:
                return "OK was " + value
        if command == "KEYS":
            if not store:
                return "(empty)"
            return " ".join(sorted(store))
    return "ERROR what is %r?" % command


def serve(conn, address):
    """Answers one client until it leaves."""
    try:
        with conn, conn.makefile("rw", encoding="utf-8", errors="replace",
                                 newline="\r\n") as file:
            for line in file:
                answer = reply(line)
                if answer is None:
                    break
                file.write(answer + "\n")
                file.flush()
    except OSError as error:
        print("lost a client:", error.strerror, flush=True)
    else:
        print("a client left", flush=True)


def main():
    if len(sys.argv) <= 1:
        sys.exit("usage: key_value.py PORT")
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        print("starting up on %s port %d" % server.getsockname(), flush=True)
        while True:
            conn, address = server.accept()
            threading.Thread(
                target=serve, args=(conn, address), daemon=True).start()


if __name__ == "__main__":
    main()
