"""A name server in a file: `NAMES` says what `seats.test` is, to the command itself and, after a blank, to the processes it starts.

Python reads this at its start where the folder is on its path.  Several addresses with commas are given one a lookup, the last for good.
"""

import os
import socket
import sys

_ask = socket.getaddrinfo
_here, _, _below = os.environ["NAMES"].partition(" ")
_left = (_below if _below and "rushproof.engine" in sys.orig_argv else _here).split(",")


def _told(host, port, *further, **named):
    if host in ("seats.test", b"seats.test"):
        host = _left.pop(0) if len(_left) > 1 else _left[0]
    return _ask(host, port, *further, **named)


socket.getaddrinfo = _told
