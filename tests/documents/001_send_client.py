"""Document 001's client (2), in Python 3: prints the greeting, and sends lines.

usage: python3 001_send_client.py HOST PORT
"""

import socket
import sys

sk = socket.socket()
sk.connect((sys.argv[1], int(sys.argv[2])))
data = sk.recv(1024)
print(data)
while True:
    try:
        inp = input(">>")
    except EOFError:
        break
    sk.sendall(bytes(inp, encoding="utf-8"))
sk.close()
