"""Logging in and out."""

import asyncio
import logging
import re
import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts, factor, passwords, sessions
from bot.agents.accounts import Agent, Credentials
from bot.agents.sessions import Client
from bot.agents.trail import Action, Deed, record
from bot.web.console import cookies
from bot.web.console.confirming import WAIT, forgive, may_try
from bot.web.console.context import Console, console_of
from bot.web.console.cookies import Cookie
from bot.web.console.guard import FormNeeded, client_address, client_of, current_session, form_of, is_same, local_path
from bot.web.console.pages import page, root

router = APIRouter()
_log = logging.getLogger(__name__)
#: How long there is for the second factor.
HALF = timedelta(minutes=10)
_FORM_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_FORM_SECONDS = 3600
_LONGEST_USERNAME = 40  # a little more than accounts allow: what is longer is nobody's, and need not be remembered whole


@router.get("/entrar")
async def show_login(request: Request, next: str = "") -> Response:  # noqa: A002 (the parameter's name in the address)
    """The login form. Whoever comes with a session that is over is told so; whoever is logged in goes on."""
    if await current_session(request) is not None:
        return RedirectResponse(local_path(next, f"{root(request)}/"), status_code=303)
    expired = bool(cookies.read(request, Cookie.SESSION))
    answer = login_form(request, way_on=next, expired=expired)
    if expired:
        cookies.drop(request, answer, Cookie.SESSION)
    return answer


@router.post("/entrar")
async def log_in(request: Request) -> Response:
    """Check a login. Every refusal shows the form again, and does not tell which part was wrong."""
    fields = await form_of(request)
    username = accounts.folded(fields.get("username", ""))[:_LONGEST_USERNAME]
    way_on, address = fields.get("next", ""), client_address(request)
    if not is_same(fields.get("csrf", ""), cookies.read(request, Cookie.LOGIN_FORM)):
        return login_form(request, way_on=way_on, username=username, problem="stale", status=403)
    if not await may_try(request, username, address):
        _log.warning("too many attempts to log in, refused without a look")
        answer = login_form(request, way_on=way_on, username=username, problem="throttled", status=429)
        answer.headers.update(WAIT)
        return answer
    token = await _checked(request, username, fields.get("password", ""))
    if token is None:
        return login_form(request, way_on=way_on, username=username, problem="wrong", status=403)
    await forgive(request, username, address)
    answer = RedirectResponse(local_path(way_on, f"{root(request)}/"), status_code=303)
    cookies.put_session(request, answer, token)
    cookies.drop(request, answer, Cookie.LOGIN_FORM)
    return answer


@router.post("/salir")
async def log_out(request: Request, form: FormNeeded) -> Response:
    """End this session."""
    runtime = console_of(request).runtime
    token, session, address = cookies.read(request, Cookie.SESSION), form.session, client_address(request)
    now = runtime.clock.now()

    def job(connection: Connection) -> None:
        sessions.end(connection, token)
        record(connection, Deed(Action.LOGGED_OUT, session.username, session.agent_id, address), now)

    await runtime.database.write(job)
    answer = RedirectResponse(f"{root(request)}/entrar", status_code=303)
    cookies.drop(request, answer, Cookie.SESSION)
    return answer


async def _checked(request: Request, username: str, password: str) -> str | None:
    """The token of a new session if the password is right and the agent may log in; either way the trail tells."""
    console = console_of(request)
    database, now = console.runtime.database, console.runtime.clock.now()
    found = await database.read(lambda connection: accounts.credentials(connection, username))
    known_hash = found.password_hash if found else None
    async with console.checking:
        right = await asyncio.to_thread(passwords.is_right, password, known_hash)
        renewed = await asyncio.to_thread(passwords.renewed, password, known_hash) if right and known_hash else None
    before, client = cookies.read(request, Cookie.SESSION), client_of(request)

    def job(connection: Connection) -> str | None:
        # Looked up again: the agent may have been disabled, or given another password, while this one was checked.
        current = accounts.credentials(connection, username)
        if not right or current is None or current.password_hash != known_hash or current.agent.disabled_at is not None:
            record(connection, _failure(found, client.address), now)
            return None
        if renewed is not None:
            accounts.renew_hash(connection, current.agent.id, current.password_hash, renewed)
        return begun_session(connection, console, current.agent, (before, client))

    return await database.write(job)


def begun_session(connection: Connection, console: Console, agent: Agent, come: tuple[str, Client], by: str = "password") -> str:
    """The token of a new session for an agent who has shown who they are. `come`: the token they had before, and from where.

    `by`: by what, password or oidc. Where a second factor is in force the session opens nothing but the page that asks for it,
    and not for long.
    """
    before, client = come
    now, lifetime = console.runtime.clock.now(), console.lifetime
    sessions.end(connection, before)
    half = factor.is_set(connection, agent.id)
    action = Action.PASSWORD_RIGHT if half else Action.LOGIN_SUCCEEDED
    record(connection, Deed(action, agent.username, agent.id, client.address, {"by": by}), now)
    return sessions.start(connection, agent.id, now, min(HALF, lifetime) if half else lifetime, client)


def _failure(found: Credentials | None, address: str) -> Deed:
    # A name that is nobody's is not kept: people type passwords into the wrong field.
    return Deed(Action.LOGIN_FAILED, found.agent.username if found else "", address=address)


def login_form(request: Request, *, way_on: str, status: int = 200, **values: Any) -> Response:
    """The page to log in at."""
    # Of a browser's tabs that all show the form at once (a session is over), any may be filled in.
    known = cookies.read(request, Cookie.LOGIN_FORM)
    token = known if _FORM_TOKEN.fullmatch(known) else secrets.token_urlsafe(32)
    shown = {"username": "", "problem": "", "expired": False, "csrf": token, "next": local_path(way_on, "")}
    shown |= {"has_company": bool(console_of(request).runtime.settings.oidc.issuer), **values}
    answer = page(request, "login.html", status=status, **shown)
    answer.headers["Clear-Site-Data"] = '"storage"'  # what an agent searched for is nothing for the next one at this browser
    cookies.put(request, answer, Cookie.LOGIN_FORM, token, seconds=_FORM_SECONDS)
    return answer
