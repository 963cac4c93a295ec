"""The third server of document 001: reads in one pass, answers response in the other."""

import select
import socket
import sys

sk = socket.socket()
sk.bind(("127.0.0.1", int(sys.argv[1])))
sk.listen(5)
print("starting up on %s port %s" % sk.getsockname(), flush=True)

inputs = [sk]
outputs = []
while True:
    rlist, wlist, e = select.select(inputs, outputs, [], 1)
    print(len(inputs), len(rlist), flush=True)
    for r in rlist:
        print(r)
        if r == sk:
            conn, address = r.accept()
            inputs.append(conn)
            conn.sendall(bytes("hello", encoding="utf-8"))
        else:
            try:
                recv_data = r.recv(1024)
                if not recv_data:
                    raise Exception("disconnected")
                outputs.append(r)
            except Exception:
                # It is not closed: the client is left to wait.
                inputs.remove(r)
    for w in wlist:
        w.sendall(bytes("response", encoding="utf-8"))
        outputs.remove(w)
