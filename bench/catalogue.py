"""The catalogue with many datasets and roles: list, search, register one more."""
from asked import unavailable

PEER = "Cửu Long"


def catalogue(serve, cuulong):
    for line in ("catalogue-list", "catalogue-search", "catalogue-register"):
        unavailable(line, PEER, "", "not available: no filler of the catalogue was found")
