"""Document 004's client, in Python 3: sends commands, and prints the answers.

usage: python3 004_client.py HOST PORT
"""

import socket
import sys

client = socket.socket()
client.connect((sys.argv[1], int(sys.argv[2])))
while True:
    try:
        cmd = input(">>> ").strip()
    except EOFError:
        break
    if len(cmd) == 0:
        continue
    client.send(cmd.encode("utf-8"))
    data = client.recv(1024)
    print(data.decode())
client.close()
