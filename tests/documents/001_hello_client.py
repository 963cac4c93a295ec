"""Document 001's client (1), in Python 3: prints the greeting.

usage: python3 001_hello_client.py HOST PORT
"""

import socket
import sys

sk = socket.socket()
sk.connect((sys.argv[1], int(sys.argv[2])))
data = sk.recv(1024)
print(data)
while True:
    try:
        input(">>")
    except EOFError:
        break
sk.close()
