"""The least that every answer of the product carries, whichever part gives it: what has headers of its own keeps those."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: For a year, by every name below this one too: nothing of the product is meant to be had without TLS.
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
#: An answer to a program: should a browser show it, it runs and frames nothing.
_LEAST = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class LeastHeaders:
    """Sets those that are not there yet."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """`secure`: the product is reached by https."""
        self._app = app
        self._headers = _LEAST | ({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and dress its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed)
