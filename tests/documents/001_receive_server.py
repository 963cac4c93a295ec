"""The second server of document 001: says hello, and prints what clients send."""

import select
import socket
import sys

sk = socket.socket()
sk.bind(("127.0.0.1", int(sys.argv[1])))
sk.listen(5)
print("starting up on %s port %s" % sk.getsockname(), flush=True)

inputs = [sk]
left = []
while True:
    rlist, w, e = select.select(inputs, [], [], 1)
    print(len(inputs), len(rlist), flush=True)
    for r in rlist:
        print(r)
        if r == sk:
            conn, address = r.accept()
            inputs.append(conn)
            conn.sendall(bytes("hello", encoding="utf-8"))
        else:
            recv_data = r.recv(1024)
            print(recv_data, flush=True)
            if not recv_data:
                # The document's server spins from here on; it never closes either.
                inputs.remove(r)
                left.append(r)
