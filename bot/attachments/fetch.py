"""Fetch one file from where it lies, and from nowhere else.

httpx follows no redirect here and resolves no name: each hop is read, checked and looked up by us, and the connection goes
to the very IP address that was checked, while TLS and the Host header name the host. A name that resolves differently the
next moment changes nothing. Credentials go with the first hop only, which is an address that we made ourselves. Proxies of
the environment are not used: they would look the name up again.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache

import httpx

from bot.attachments.places import Place, is_allowed, is_public, place_of
from bot.attachments.tables import Reason
from bot.attachments.types import LARGEST
from bot.channels.base import Source

#: Host and port → IP addresses. Raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_MOST_HOPS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUSES = {401: Reason.DENIED, 403: Reason.DENIED, 404: Reason.MISSING, 410: Reason.MISSING}
#: Without compression: what is counted is what is kept, and nothing can unfold.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "soporte"}


class NotFetchedError(Exception):
    """The file was not had. `is_final`: it never will be, and need not be tried again."""

    def __init__(self, reason: Reason, detail: str = "", *, is_final: bool = False) -> None:
        """`detail` is for logs: it holds no address."""
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.is_final = is_final


async def resolve(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, as the system knows them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class Rules:
    """Where files may lie besides the provider's own server (see `places.is_allowed`), and how much of them is taken."""

    hosts: tuple[str, ...]
    is_dev: bool = False  #: http and private addresses are allowed too
    largest: int = LARGEST
    seconds: float = 60.0  #: for the whole of it
    silent_seconds: float = 10.0  #: for a connection, and between two pieces
    resolve: Resolve = resolve


async def fetch(source: Source, rules: Rules) -> bytes:
    """The content that lies at a source. Raises NotFetchedError."""
    place = origin = _allowed(place_of(source.url), None, rules)
    authorization: httpx.BasicAuth | None = httpx.BasicAuth(*source.authorization)
    try:
        async with asyncio.timeout(rules.seconds):
            for _ in range(_MOST_HOPS):
                answer = await _get(place, authorization, rules)
                if isinstance(answer, bytes):
                    return answer
                place, authorization = _allowed(place_of(answer), origin, rules), None
    except TimeoutError:
        raise NotFetchedError(Reason.TROUBLE, "too slow") from None
    raise NotFetchedError(Reason.REDIRECT, "too many hops", is_final=True)


def _allowed(place: Place | None, origin: Place | None, rules: Rules) -> Place:
    if place is None or not is_allowed(place, origin or place, rules.hosts, is_dev=rules.is_dev):
        raise NotFetchedError(Reason.REDIRECT, "a place that is not allowed", is_final=True)
    return place


async def _get(place: Place, authorization: httpx.BasicAuth | None, rules: Rules) -> bytes | str:
    """The content at a place, or where it says the content is."""
    address = await _checked_address(place, rules)
    server = f"[{address}]" if ":" in address else address
    # A client for each hop: a pooled connection belongs to an IP address, behind which several hosts may stand.
    limits = httpx.Timeout(rules.silent_seconds)
    try:
        async with (
            httpx.AsyncClient(verify=_tls(), trust_env=False, timeout=limits, follow_redirects=False) as client,
            client.stream(
                "GET",
                f"{place.scheme}://{server}:{place.port}{place.target}",
                headers=_HEADERS | {"Host": place.host_header},
                auth=authorization,
                extensions={"sni_hostname": place.host},
            ) as answer,
        ):
            if answer.status_code in _REDIRECTS:
                return str(answer.headers.get("Location", ""))
            return await _content(answer, rules)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        # `from None`: errors of the library print addresses.
        raise NotFetchedError(Reason.TROUBLE, type(error).__name__) from None


async def _checked_address(place: Place, rules: Rules) -> str:
    try:
        addresses = await rules.resolve(place.host, place.port)
    except (OSError, UnicodeError) as error:
        raise NotFetchedError(Reason.TROUBLE, type(error).__name__) from None
    if not addresses:
        raise NotFetchedError(Reason.TROUBLE, "no address")
    if not rules.is_dev and not all(is_public(address) for address in addresses):
        raise NotFetchedError(Reason.REDIRECT, "a private address", is_final=True)
    return addresses[0]


async def _content(answer: httpx.Response, rules: Rules) -> bytes:
    if answer.status_code != 200:
        raise NotFetchedError(_STATUSES.get(answer.status_code, Reason.TROUBLE), f"HTTP {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotFetchedError(Reason.TROUBLE, "compressed")
    content = bytearray()
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > rules.largest:
            raise NotFetchedError(Reason.SIZE, is_final=True)
    return bytes(content)


@cache
def _tls() -> ssl.SSLContext:
    """Loaded once: reading all certificate authorities takes long."""
    return ssl.create_default_context()
