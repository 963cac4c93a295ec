"""The select server of document 004: an echo with a dictionary of queues."""

import queue
import select
import socket
import sys

server = socket.socket()
server.bind(("localhost", int(sys.argv[1])))
server.listen(1000)
server.setblocking(False)
print("starting up on %s port %s" % ("localhost", server.getsockname()[1]), flush=True)

msg_dic = {}
inputs = [server]
outputs = []
while True:
    readable, writeable, exceptional = select.select(inputs, outputs, inputs)
    print(readable, writeable, exceptional, flush=True)
    for r in readable:
        if r is server:
            conn, addr = server.accept()
            print("a new connection", addr)
            inputs.append(conn)
            msg_dic[conn] = queue.Queue()
        else:
            try:
                data = r.recv(1024)
                print("received", data)
                if not data:
                    # The document's server echoes the end for ever; it never closes.
                    inputs.remove(r)
                    continue
                msg_dic[r].put(data)
                outputs.append(r)
            except ConnectionResetError:
                print("the client left", r)
                if r in outputs:
                    outputs.remove(r)
                inputs.remove(r)
                del msg_dic[r]
    for w in writeable:
        data_to_client = msg_dic[w].get()
        w.send(data_to_client)
        outputs.remove(w)
    for e in exceptional:
        if e in outputs:
            outputs.remove(e)
        inputs.remove(e)
        del msg_dic[e]
