"""The first server of document 001: says hello to each client, and no more."""

import select
import socket
import sys

sk = socket.socket()
sk.bind(("127.0.0.1", int(sys.argv[1])))
sk.listen(5)
print("starting up on %s port %s" % sk.getsockname(), flush=True)

connections = []
while True:
    rlist, w, e = select.select([sk], [], [], 5)
    print(rlist, flush=True)
    for r in rlist:
        print(r)
        conn, address = r.accept()
        conn.sendall(bytes("hello", encoding="utf-8"))
        # The document keeps only the last one: Python closes the others.
        connections.append(conn)
