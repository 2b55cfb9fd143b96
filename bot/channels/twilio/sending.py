"""The wire for what every message needs, in the event loop: many sends at once, and no thread for any of them.

It does what `http` does, for the calls of Twilio's SDK that are awaited, and tells failures in the same way.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from weakref import WeakKeyDictionary

import aiohttp
from twilio.http.response import Response  # type: ignore[import-untyped]
from yarl import URL

from bot.channels.base import Outcome, SendError
from bot.channels.twilio.http import CONNECT_TIMEOUT, checked

#: Connections kept open: at least as many as messages that are sent at once.
_POOL = 64
#: Twilio closes a connection that says nothing for longer; a send into a closed one ends in doubt.
_IDLE_SECONDS = 15.0
_PROXY_FAILED = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
#: Then the request cannot have left: no connection, a wrong certificate, or no way through the proxy.
_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ConnectionTimeoutError)


class SendingHttp:
    """An HTTP client in the shape in which the SDK awaits one. Each event loop has connections of its own."""

    is_async = True

    def __init__(self, *, timeout: float, proxy: str | None, certificates: str) -> None:
        """`timeout` in seconds, of silence; `certificates` is a file of those that are trusted besides the system's."""
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT_TIMEOUT, timeout), sock_read=timeout)
        self._proxy = proxy
        self._trusted = _trusting(certificates)
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    async def request(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,
    ) -> Response:
        """Send one request, never twice, and return a 2xx answer that holds a JSON object. Raises SendError for the rest.

        The SDK also passes a time limit and a word on redirects; both are settled here.
        """
        try:
            body = _form(data or {})
        except UnicodeEncodeError:
            raise SendError(Outcome.REFUSED, detail="half a surrogate pair cannot be sent") from None
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        try:
            async with self._session().request(
                method, url, data=body, headers=sent, proxy=self._proxy, allow_redirects=False
            ) as answer:
                return checked(answer.status, await answer.read(), answer.headers)
        # `from None`: the errors of the network library print addresses with the account in them.
        except _PROXY_FAILED:
            raise SendError(Outcome.BUSY, detail="ProxyError") from None
        except _NEVER_CONNECTED as error:
            raise SendError(Outcome.BUSY, detail=type(error).__name__) from None
        except (aiohttp.ClientError, OSError) as error:
            raise SendError(Outcome.UNKNOWN, detail=type(error).__name__) from None

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            connector = aiohttp.TCPConnector(limit=_POOL, keepalive_timeout=_IDLE_SECONDS, ssl=self._trusted)
            session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
            self._sessions[loop] = session
        return session

    async def close(self) -> None:
        """Close the connections of the running event loop. A later request opens new ones."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Loaded once: reading all certificate authorities takes longer than a send."""
    context = ssl.create_default_context()
    context.load_verify_locations(certificates)
    return context


def _form(data: Mapping[str, str | list[str]]) -> bytes:
    """What urlencode makes, in C. Raises UnicodeEncodeError for half a surrogate pair, which yarl would leave out."""
    for value in data.values():
        "".join(value).encode()
    return URL.build(query=dict(data)).raw_query_string.encode()
