"""Prints the syslog messages (RFC 3164) that arrive by UDP.

    python3 examples/ports/syslog_receiver.py PORT
"""

import re
import socketserver
import sys

FACILITIES = ("kern user mail daemon auth syslog lpr news uucp cron authpriv "
              "ftp ntp audit alert clock local0 local1 local2 local3 local4 "
              "local5 local6 local7").split()
SEVERITIES = "emerg alert crit err warning notice info debug".split()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, _ = self.request
        host, _ = self.client_address
        match = re.match(rb"<(\d{1,3})>(.*)", data, re.DOTALL)
        if not match or int(match[1]) >= 8 * len(FACILITIES):
            print(host, "malformed:", data, flush=True)
            return
        facility, severity = divmod(int(match[1]), 8)
        source = "%s.%s" % (FACILITIES[facility], SEVERITIES[severity])
        count = self.server.counts.get(source, 0) + 1
        self.server.counts[source] = count
        text = match[2].decode(errors="replace").rstrip("\r\n\0")
        print("%s %s #%d: %s" % (host, source, count, text), flush=True)


class Server(socketserver.UDPServer):
    max_packet_size = 2048

    def __init__(self, address):
        super().__init__(address, Handler)
        self.counts = {}


def main():
    if len(sys.argv) <= 1:
        sys.exit("usage: syslog_receiver.py PORT")
    with Server(("127.0.0.1", int(sys.argv[1]))) as server:
        print("starting up on %s port %d" % server.server_address, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
