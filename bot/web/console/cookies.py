"""The console's cookies: the session, and those that tie a login form, or a login elsewhere, to the browser it began in.

Under https their names begin with `__Host-`, so that browsers refuse them from anywhere but this very host.
"""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from bot.web.console.context import console_of


class Cookie(StrEnum):
    """What is kept in the browser."""

    SESSION = "soporte-session"
    LOGIN_FORM = "soporte-login-form"
    COMPANY = "soporte-company"


def read(request: Request, cookie: Cookie) -> str:
    """The cookie's value, or empty."""
    return request.cookies.get(_name(request, cookie), "")


def put(request: Request, response: Response, cookie: Cookie, value: str, *, seconds: int) -> None:
    """Hand a cookie to the browser: no script can read it, and other sites' forms do not bring it along."""
    response.set_cookie(
        _name(request, cookie),
        value,
        max_age=seconds,
        path="/",
        secure=console_of(request).secure,
        httponly=True,
        samesite="lax",
    )


def put_session(request: Request, response: Response, token: str) -> None:
    """Hand a session's token to the browser, for as long as a session may last."""
    hours = console_of(request).runtime.settings.console.session_hours
    put(request, response, Cookie.SESSION, token, seconds=hours * 3600)


def drop(request: Request, response: Response, cookie: Cookie) -> None:
    """Take a cookie back."""
    put(request, response, cookie, "", seconds=0)


def _name(request: Request, cookie: Cookie) -> str:
    return f"__Host-{cookie}" if console_of(request).secure else cookie.value
