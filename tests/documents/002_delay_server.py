"""The server of document 002: sends one client at a time the time every 5 seconds."""

import socket
import sys
import time
import traceback

host = ""  # Bind to all interfaces
port = int(sys.argv[1])

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, port))
s.listen(1)
print("starting up on %s port %s" % s.getsockname(), flush=True)

while True:
    clientsock, clientaddr = s.accept()
    # Process the connection
    try:
        print("Got Connection from ", clientsock.getpeername(), flush=True)
        while True:
            try:
                clientsock.sendall((time.asctime() + "\n").encode())
            except OSError:
                break
            time.sleep(5)
    except Exception:
        traceback.print_exc()
    # Close the connection
    clientsock.close()
