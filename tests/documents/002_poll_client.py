"""Document 002's poll client, in Python 3: a spinner between the times that arrive.

usage: python3 002_poll_client.py HOST PORT
"""

import select
import socket
import sys

spinsize = 10
spinpos = 0
spindir = 1


def spin():
    global spinpos, spindir
    spinstr = "." * spinpos + "|" + "." * (spinsize - spinpos - 1)
    sys.stdout.write("\r" + spinstr + " ")
    sys.stdout.flush()
    spinpos += spindir
    if spinpos < 0:
        spindir = 1
        spinpos = 1
    elif spinpos >= spinsize:
        spinpos -= 2
        spindir = -1


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.connect((sys.argv[1], int(sys.argv[2])))

p = select.poll()
p.register(s.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)

while True:
    results = p.poll(50)
    if len(results):
        if results[0][1] == select.POLLIN:
            data = s.recv(4096)
            if not len(data):
                print("\rRemote end closed connection; exiting.")
                break
            # Only one item in here -- if there's anything, it's for us
            sys.stdout.write("\rReceived: " + data.decode())
            sys.stdout.flush()
        else:
            print("\rProblem occurred; exiting.")
            sys.exit(0)
    spin()
