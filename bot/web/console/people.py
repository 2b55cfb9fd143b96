"""Who works here: for admins. A password made here is shown once, on the page that answers; it is kept nowhere."""

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts, factor, passwords, sessions
from bot.agents.accounts import AccountRefusedError, Agent
from bot.agents.rights import Role
from bot.agents.sessions import Session
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded, SentForm, SessionNeeded, author_of
from bot.web.console.pages import page, root

router = APIRouter()


@router.get("/personas")
async def show_people(request: Request, session: SessionNeeded) -> Response:
    """Everybody who may log in, or could once, and the form that lets somebody in."""
    return await _list(request, session)


@router.post("/personas")
async def add_person(request: Request, form: FormNeeded) -> Response:
    """Let somebody in, and show the password that was made for them."""
    session, fields = form.session, form.fields
    typed = {"name": fields.get("name", "")[:200], "username": fields.get("username", "")[:40], "role": fields.get("role", "")}
    if typed["role"] not in set(Role):
        return await _list(request, session, problem="role", typed=typed, status=422)
    try:
        username = accounts.folded(typed["username"]) or accounts.username_from(typed["name"])
    except AccountRefusedError:
        return await _list(request, session, problem="no_username", typed=typed, status=422)
    password, password_hash = await _made(request)
    author, now = author_of(request, session), console_of(request).runtime.clock.now()

    def job(connection: Connection) -> Agent:
        accounts.add(connection, typed["name"], username, password_hash, now, author)
        return accounts.set_role(connection, username, Role(typed["role"]), now, author)

    try:
        agent = await console_of(request).runtime.database.write(job)
    except AccountRefusedError as refused:
        return await _list(request, session, problem=refused.reason, typed=typed, status=422)
    return page(request, "password.html", session=session, agent=agent, password=password, is_new=True)


@router.get("/personas/{username}")
async def show_person(request: Request, session: SessionNeeded, username: str, hecho: str = "") -> Response:
    """One person, and what can be done about their account. `hecho`: what was just done."""
    now = console_of(request).runtime.clock.now()

    def job(connection: Connection) -> tuple[Agent, bool, int]:
        agent = accounts.known(connection, username)
        is_set = factor.is_set(connection, agent.id)
        return agent, is_set, len(sessions.listed(connection, agent.id, now))

    try:
        agent, has_factor, open_sessions = await console_of(request).runtime.database.read(job)
    except AccountRefusedError:
        raise HTTPException(404) from None
    return page(
        request, "person.html", session=session, agent=agent, has_factor=has_factor, open_sessions=open_sessions, done=hecho
    )


@router.post("/personas/{username}/rol")
async def change_role(request: Request, form: FormNeeded, username: str) -> Response:
    """Make somebody an agent, a supervisor or an admin."""
    role = form.fields.get("role", "")
    if role not in set(Role):
        raise HTTPException(422)
    return await _done(request, form, username, "rol", partial(accounts.set_role, role=Role(role)))


@router.post("/personas/{username}/desactivar")
async def disable_person(request: Request, form: FormNeeded, username: str) -> Response:
    """Shut somebody out at once."""
    return await _done(request, form, username, "desactivar", accounts.disable)


@router.post("/personas/{username}/activar")
async def enable_person(request: Request, form: FormNeeded, username: str) -> Response:
    """Let somebody in again."""
    return await _done(request, form, username, "activar", accounts.enable)


@router.post("/personas/{username}/segundo-factor")
async def reset_factor(request: Request, form: FormNeeded, username: str) -> Response:
    """Take somebody's second factor away: they lost their phone."""
    return await _done(request, form, username, "factor", accounts.reset_factor)


@router.post("/personas/{username}/sesiones")
async def end_sessions(request: Request, form: FormNeeded, username: str) -> Response:
    """Log somebody out everywhere."""
    return await _done(request, form, username, "sesiones", accounts.end_sessions)


@router.post("/personas/{username}/contrasena")
async def give_password(request: Request, form: FormNeeded, username: str) -> Response:
    """Give somebody a new password, and show it."""
    password, password_hash = await _made(request)
    author, now = author_of(request, form.session), console_of(request).runtime.clock.now()

    def job(connection: Connection) -> Agent:
        return accounts.set_password(connection, username, password_hash, now, author)

    try:
        agent = await console_of(request).runtime.database.write(job)
    except AccountRefusedError:
        raise HTTPException(404) from None
    return page(request, "password.html", session=form.session, agent=agent, password=password, is_new=False)


async def _made(request: Request) -> tuple[str, str]:
    """A new password and its hash."""
    password = passwords.generated()
    async with console_of(request).checking:
        return password, await asyncio.to_thread(passwords.hashed, password)


async def _done(request: Request, form: SentForm, username: str, done: str, change: Callable[..., Agent]) -> Response:
    """Do it and go back to the person's page."""
    author, now = author_of(request, form.session), console_of(request).runtime.clock.now()
    try:
        agent = await console_of(request).runtime.database.write(
            lambda connection: change(connection, username=username, now=now, by=author)
        )
    except AccountRefusedError:
        raise HTTPException(404) from None
    return RedirectResponse(f"{root(request)}/personas/{agent.username}?hecho={done}", status_code=303)


async def _list(
    request: Request, session: Session, *, problem: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> Response:
    def job(connection: Connection) -> tuple[list[Agent], set[str]]:
        return accounts.listed(connection), factor.confirmed(connection)

    people, with_factor = await console_of(request).runtime.database.read(job)
    return page(
        request,
        "people.html",
        status=status,
        session=session,
        people=people,
        with_factor=with_factor,
        roles=list(Role),
        problem=problem,
        typed=typed or {"name": "", "username": "", "role": Role.AGENT.value},
    )
