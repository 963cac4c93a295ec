"""Document 001's client (3) and (4), in Python 3: sends lines, and prints the answers.

usage: python3 001_prompt_client.py HOST PORT
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
    print(sk.recv(1024))
sk.close()
