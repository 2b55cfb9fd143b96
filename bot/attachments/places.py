"""Where a file may be fetched from. Pure: addresses are read by a pattern of our own that knows only what it allows.

Two readers of one address may disagree on its host (`https://a\\@b/`, `https://a#@b/`): here anything out of the ordinary
(a user, a backslash, a bracket, a percent sign in the host) is no address at all, and the connection is made to what was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_URL = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::([0-9]{1,5}))?(/[!$-;=?-Z_a-z~]{0,4000})", re.ASCII
)
_PORTS = {"http": 80, "https": 443}
#: IPv4 inside of IPv6: where a network has only IPv6, real addresses look like this too.
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Place:
    """An address, taken apart. `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """Host and port as the server wants them told."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    def shares_server(self, other: "Place") -> bool:
        """True if both stand on the same server: scheme, host and port."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)


def place_of(url: str) -> Place | None:
    """An absolute address in its plainest form; None for every other text."""
    read = _URL.fullmatch(url)
    # A path that climbs ("/ours/../theirs") begins in one place and ends in another.
    if read is None or ".." in read[2] or "/." in read[4].partition("?")[0]:
        return None
    port = int(read[3]) if read[3] else _PORTS[read[1]]
    return Place(read[1], read[2].lower(), port, read[4]) if 0 < port < 65536 else None


def is_allowed(place: Place, origin: Place, hosts: Sequence[str], *, is_dev: bool) -> bool:
    """True if a file that belongs to `origin` may be fetched from `place`: there, or from one of `hosts`; by https outside dev.

    One of `hosts` is `host`, `.domain` (all hosts below it), `host:port` or `host/path/` (all paths that begin so).
    """
    if place.scheme != "https" and not is_dev:
        return False
    return place.shares_server(origin) or any(_matches(place, host) for host in hosts)


def _matches(place: Place, pattern: str) -> bool:
    server, slash, path = pattern.partition("/")
    host, _, port = server.partition(":")
    is_host = place.host.endswith(host) if host.startswith(".") else place.host == host
    own = place.target.partition("?")[0]
    is_path = not slash or (own.startswith(f"/{path}") and "%" not in own)  # "%2e%2e" climbs where somebody decodes it
    return is_host and is_path and place.port == int(port or _PORTS["https"])


def is_public(address: str) -> bool:
    """True for an IP address on the open internet: none of this machine, of its network, or of a cloud's own services."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip.ipv4_mapped or ip.sixtofour or ip.teredo:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
