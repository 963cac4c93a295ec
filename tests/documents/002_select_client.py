"""Document 002's select client, in Python 3: the same as its poll client.

usage: python3 002_select_client.py HOST PORT
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

while True:
    infds, outfds, errfds = select.select([s], [], [s], 0.05)
    if len(infds):
        data = s.recv(4096)
        if not len(data):
            print("\rRemote end closed connection; exiting.")
            break
        # Only one item in here -- if there's anything, it's for us
        sys.stdout.write("\rReceived: " + data.decode())
        sys.stdout.flush()
    if len(errfds):
        print("\rProblem occurred; exiting.")
        sys.exit(0)
    spin()
