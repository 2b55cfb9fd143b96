"""Who may use the simulator: pages of this very machine. It speaks for any customer, so nobody else may reach it."""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

#: Only our own files, no inline script or style. Pictures that a customer picked come from our own address.
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def require_this_machine(request: Request) -> None:
    """Raise 403 unless the request names a loopback host and, if it changes something, comes from our own page.

    A foreign page can make its visitor's browser call 127.0.0.1, and can point its own name there (DNS rebinding): the
    first is told by Origin, the second by Host.
    """
    host = request.headers.get("host", "")
    if _name(host) not in _LOOPBACK:
        raise HTTPException(403, "the simulator answers to 127.0.0.1 and localhost only")
    if request.method in {"GET", "HEAD"}:
        return
    origin = request.headers.get("origin")
    foreign = request.headers.get("sec-fetch-site", "same-origin") != "same-origin"
    if foreign or origin not in {None, f"http://{host}"}:
        raise HTTPException(403, "posts to the simulator come from its own page")


def _name(host: str) -> str | None:
    """The host's name in lower case, without a port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
