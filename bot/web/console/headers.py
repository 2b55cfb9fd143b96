"""The headers that keep browsers from running, framing, keeping or leaking a page, on everything the console answers."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.headers import STRICT_TRANSPORT

#: Of scripts only our own files run, they reach only this host, and make elements of texts in one place (trusted.js); the pages
#: work without. What a browser holds back it reports to us.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types soporte; report-uri {reports}; report-to csp"
)


def protective(*, secure: bool, reports: str) -> dict[str, str]:
    """The headers of every answer; with `secure` browsers are told to come by https only. `reports`: the path for reports."""
    headers = {
        "Content-Security-Policy": _POLICY.format(reports=reports),
        "Reporting-Endpoints": f'csp="{reports}"',
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if secure:
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return headers


class ProtectiveHeaders:
    """Sets them. Style sheets may be kept by the browser if it asks each time whether they changed."""

    def __init__(self, app: ASGIApp, *, secure: bool, static: str, reports: str) -> None:
        """`static`: the path under the console whose files hold nothing of any customer; `reports`: that for reports."""
        self._app = app
        self._secure = secure
        self._static = static
        self._reports = reports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and dress its answer."""
        # Looked at now: routing changes the scope.
        root = scope.get("root_path", "")
        protection = protective(secure=self._secure, reports=root + self._reports)
        is_static = scope["type"] == "http" and scope["path"].startswith(root + self._static)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                stricter = headers.get("Content-Security-Policy")  # a file that is handed out has one of its own
                headers.update(protection)
                if stricter:
                    headers["Content-Security-Policy"] = stricter
                if is_static:
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, dressed)
