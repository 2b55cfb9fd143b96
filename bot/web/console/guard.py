"""What stands before every page: the session, the form's token, the size of a body, and where a link may lead."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from bot.agents import sessions
from bot.agents.sessions import Session
from bot.web.console import cookies
from bot.web.console.context import console_of
from bot.web.console.cookies import Cookie

#: More than any login. An agent's reply can be longer: each letter may take twelve bytes on the way.
_LARGEST_BODY = 16 * 1024
_LARGEST_BODY_OF_AN_AGENT = 64 * 1024
_MOST_FIELDS = 20
#: A path on this host, in visible ASCII: not `//host`, not `/\host`, which browsers take for another host.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}|/", re.ASCII)


class LoginNeededError(Exception):
    """Nobody is logged in: the page answers with the way to the login."""


class FormRefusedError(Exception):
    """A form without the right token, too large, or unreadable. `status` is the HTTP status to refuse it with."""

    def __init__(self, status: int) -> None:
        super().__init__(f"form refused: {status}")
        self.status = status


@dataclass(frozen=True)
class SentForm:
    """A form that the logged-in agent really sent from a page of ours."""

    session: Session
    fields: Mapping[str, str]


async def current_session(request: Request) -> Session | None:
    """Who is logged in, if anybody."""
    token = cookies.read(request, Cookie.SESSION)
    if not token:
        return None
    runtime = console_of(request).runtime
    now = runtime.clock.now()
    return await runtime.database.read(lambda connection: sessions.find(connection, token, now))


async def required_session(request: Request) -> Session:
    """Who is logged in. Raises LoginNeededError."""
    session = await current_session(request)
    if session is None:
        raise LoginNeededError
    return session


async def form_of(request: Request, largest: int = _LARGEST_BODY) -> dict[str, str]:
    """The fields of a posted form; of a repeated one the last. Raises FormRefusedError before reading more than the cap."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise FormRefusedError(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:  # not ASCII, not UTF-8 behind the percent signs, or too many fields
        raise FormRefusedError(400) from None
    return dict(pairs)


async def sent_form(request: Request, session: Annotated[Session, Depends(required_session)]) -> SentForm:
    """The posted form, if it carries this session's token. Raises LoginNeededError and FormRefusedError."""
    fields = await form_of(request, _LARGEST_BODY_OF_AN_AGENT)
    if not is_same(fields.get("csrf", ""), session.csrf_token):
        raise FormRefusedError(403)
    return SentForm(session, fields)


def is_same(given: str, expected: str) -> bool:
    """Compare two tokens in equal time; an empty one is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def local_path(given: str, otherwise: str) -> str:
    """`given` if it leads to a page on this host, else `otherwise`."""
    return given if _LOCAL.fullmatch(given) else otherwise


SessionNeeded = Annotated[Session, Depends(required_session)]
FormNeeded = Annotated[SentForm, Depends(sent_form)]
