"""The headers that keep browsers from running, framing, keeping or leaking a page, on everything the console answers."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Of scripts only our own file runs, and it reaches only this host; the pages work without.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def protective(*, secure: bool) -> dict[str, str]:
    """The headers of every answer; with `secure` browsers are told to come by https only, for a year."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


class ProtectiveHeaders:
    """Sets them. Style sheets may be kept by the browser if it asks each time whether they changed."""

    def __init__(self, app: ASGIApp, *, secure: bool, static: str) -> None:
        """`static`: the path under the console whose files hold nothing of any customer."""
        self._app = app
        self._headers = protective(secure=secure)
        self._static = static

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and dress its answer."""
        # Looked at now: routing changes the scope.
        is_static = scope["type"] == "http" and scope["path"].startswith(scope.get("root_path", "") + self._static)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                stricter = headers.get("Content-Security-Policy")  # a file that is handed out has one of its own
                headers.update(self._headers)
                if stricter:
                    headers["Content-Security-Policy"] = stricter
                if is_static:
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, dressed)
