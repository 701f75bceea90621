"""Writing over HTTP: single observations from 64 clients, and batches of 1 000; both acknowledged when durable."""
from asked import unavailable

PEER = "Cửu Long"


def write(serve, cuulong, add):
    for line, what in (("write-single", "one observation a request, 64 clients"), ("write-batch", "1 000 observations a request, 64 clients")):
        unavailable(line, PEER, what, "not available: the node takes files only")
