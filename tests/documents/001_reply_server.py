"""The fourth server of document 001: answers each client's own message + response."""

import select
import socket
import sys

sk = socket.socket()
sk.bind(("127.0.0.1", int(sys.argv[1])))
sk.listen(5)
print("starting up on %s port %s" % sk.getsockname(), flush=True)

inputs = [sk]
outputs = []
messages = {}
while True:
    rlist, wlist, elist = select.select(inputs, outputs, [sk], 1)
    print(len(inputs), len(rlist), flush=True)
    for r in rlist:
        print(r)
        if r == sk:
            conn, address = r.accept()
            inputs.append(conn)
            messages[conn] = []
            conn.sendall(bytes("hello", encoding="utf-8"))
        else:
            try:
                recv_data = r.recv(1024)
                if not recv_data:
                    raise Exception("disconnected")
                outputs.append(r)
                messages[r].append(recv_data)
            except Exception:
                inputs.remove(r)
                # The document deletes what is still to be answered, and fails below.
                if r not in outputs:
                    del messages[r]
    for w in wlist:
        print(messages[w])
        msg = messages[w].pop()
        resp = msg + bytes("response", encoding="utf-8")
        w.sendall(resp)
        outputs.remove(w)
