"""What stands before every page: the session, the right, the form's token, the size of a body, and where a link may lead."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from bot.agents import sessions
from bot.agents.rights import Stage, can
from bot.agents.sessions import Client, Session
from bot.agents.trail import Author
from bot.web.console import cookies
from bot.web.console.context import console_of
from bot.web.console.cookies import Cookie
from bot.web.console.verbs import verb_of

#: More than any login. An agent's reply can be longer: each letter may take twelve bytes on the way.
_LARGEST_BODY = 16 * 1024
LARGEST_BODY_OF_AN_AGENT = 64 * 1024
MOST_FIELDS = 20
_MINUTE = timedelta(minutes=1)
#: Names the blocks of a page that its script asks for; on the answer it tells that these are some, and not the login, say.
BLOCK_HEADER = "X-Block"
#: A path on this host, in visible ASCII: not `//host`, not `/\host`, which browsers take for another host.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}|/", re.ASCII)


class LoginNeededError(Exception):
    """Nobody is logged in: the page answers with the way to the login."""


class HalfLoggedInError(Exception):
    """The password was right, and something is still missing: the page answers with the way to it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(f"login not finished: {stage}")
        self.stage = stage


class NotYoursError(Exception):
    """The agent may not do this: the page answers 403 and tells nothing of what is there."""


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
    now, idle = runtime.clock.now(), timedelta(minutes=runtime.settings.console.idle_minutes)
    session = await runtime.database.read(lambda connection: sessions.find(connection, token, now, idle))
    if session is not None and session.seen_at is not None and session.seen_at <= now - _MINUTE and _is_by_hand(request):
        session_id = session.id
        await runtime.database.write(lambda connection: sessions.touch(connection, session_id, now))
    return session


def _is_by_hand(request: Request) -> bool:
    """Whether an agent did this, and not a page that keeps itself up to date."""
    return BLOCK_HEADER not in request.headers and not request.url.path.endswith("/vivo")


async def required_session(request: Request) -> Session:
    """Who is logged in, and may do what this address is for. Raises LoginNeededError, HalfLoggedInError, NotYoursError."""
    session = await current_session(request)
    if session is None:
        raise LoginNeededError
    actor, verb = session.actor(factor_required=console_of(request).factor_required), verb_of(request)
    if verb is None or not can(actor, verb, request.path_params.get("username")):
        raise NotYoursError if actor.stage is Stage.IN else HalfLoggedInError(actor.stage)
    return session


async def form_of(request: Request, largest: int = _LARGEST_BODY) -> dict[str, str]:
    """The fields of a posted form; of a repeated one the last. Raises FormRefusedError before reading more than the cap."""
    body = await body_of(request, largest)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # not ASCII, not UTF-8 behind the percent signs, or too many fields
        raise FormRefusedError(400) from None
    return dict(pairs)


async def sent_form(request: Request, session: Annotated[Session, Depends(required_session)]) -> SentForm:
    """The posted form, if it carries this session's token. Raises FormRefusedError, and what `required_session` raises."""
    fields = await form_of(request, LARGEST_BODY_OF_AN_AGENT)
    if not is_same(fields.get("csrf", ""), session.csrf_token):
        raise FormRefusedError(403)
    return SentForm(session, fields)


async def body_of(request: Request, largest: int) -> bytes:
    """What was posted. Raises FormRefusedError before reading more than the cap, in bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise FormRefusedError(413)
    return bytes(body)


def client_address(request: Request) -> str:
    """Who sent this, as the server saw it; behind a proxy that the server trusts, as the proxy saw it."""
    return request.client.host if request.client else ""


def client_of(request: Request) -> Client:
    """From where this comes, to be kept with a session."""
    return Client(client_address(request), request.headers.get("user-agent", ""))


def author_of(request: Request, session: Session) -> Author:
    """Who does this, to be kept on the trail."""
    return Author(session.agent_id, client_address(request))


def is_same(given: str, expected: str) -> bool:
    """Compare two tokens in equal time; an empty one is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def local_path(given: str, otherwise: str) -> str:
    """`given` if it leads to a page on this host, else `otherwise`."""
    return given if _LOCAL.fullmatch(given) else otherwise


SessionNeeded = Annotated[Session, Depends(required_session)]
FormNeeded = Annotated[SentForm, Depends(sent_form)]
