"""One's own account: the password, and the sessions that are open."""

import asyncio
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts, factor, passwords, sessions
from bot.agents.passwords import Reason
from bot.agents.sessions import Listed, Session
from bot.agents.trail import Action, deed_of, record
from bot.web.console import cookies
from bot.web.console.confirming import WAIT, Problem, password_problem
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded, SessionNeeded, author_of, client_of
from bot.web.console.pages import page, root

router = APIRouter()


@router.get("/cuenta")
async def show_account(request: Request, session: SessionNeeded, hecho: str = "") -> Response:
    """The account. `hecho`: what was just done."""
    return await _shown(request, session, done=hecho)


@router.post("/cuenta/contrasena")
async def change_password(request: Request, form: FormNeeded) -> Response:
    """Change one's password, for whoever knows the old one. Every session of the agent ends; this browser gets a new one."""
    console, session, fields = console_of(request), form.session, form.fields
    new = fields.get("new", "")
    reason = "different" if new != fields.get("again", "") else passwords.refusal(new, session.username)
    if reason is not None:
        return await _shown(request, session, problem=reason, status=422)
    problem = await password_problem(request, session, fields.get("old", ""))
    if problem is not None:
        return await _shown(request, session, problem=problem, status=problem.status)
    async with console.checking:
        password_hash = await asyncio.to_thread(passwords.hashed, new, session.username)
    author, client, now = author_of(request, session), client_of(request), console.runtime.clock.now()

    def job(connection: Connection) -> str:
        accounts.set_password(connection, session.username, password_hash, now, author)
        return sessions.start(connection, session.agent_id, now, console.lifetime, client, proved=session.proved)

    token = await console.runtime.database.write(job)
    answer = _back(request, "contrasena")
    cookies.put_session(request, answer, token)
    return answer


@router.get("/atajos")
async def show_keys(request: Request, session: SessionNeeded) -> Response:
    """The keyboard shortcuts."""
    return page(request, "keys_page.html", session=session)


@router.post("/cuenta/atajos")
async def switch_keys(request: Request, form: FormNeeded) -> Response:
    """Switch the keyboard shortcuts on or off."""
    agent_id, is_on = form.session.agent_id, bool(form.fields.get("on"))
    await console_of(request).runtime.database.write(partial(accounts.set_keys, agent_id=agent_id, is_on=is_on))
    return _back(request, "atajos")


@router.post("/cuenta/sesiones/{id}/cerrar")
async def end_session(request: Request, form: FormNeeded, id: str) -> Response:  # noqa: A002 (the parameter's name in the address)
    """End one of one's own sessions; somebody else's is not found."""
    console, session = console_of(request), form.session
    author, now = author_of(request, session), console.runtime.clock.now()

    def job(connection: Connection) -> bool:
        if not id.isalnum() or not sessions.end_one(connection, session.agent_id, id):
            return False
        record(connection, deed_of(author, Action.SESSIONS_ENDED, session.username), now)
        return True

    if not await console.runtime.database.write(job):
        raise HTTPException(404)
    return _back(request, "sesion")


@router.post("/cuenta/sesiones/cerrar-otras")
async def end_others(request: Request, form: FormNeeded) -> Response:
    """End all of one's sessions but this one."""
    console, session = console_of(request), form.session
    author, now = author_of(request, session), console.runtime.clock.now()

    def job(connection: Connection) -> None:
        if sessions.end_others(connection, session.agent_id, session.id):
            record(connection, deed_of(author, Action.SESSIONS_ENDED, session.username), now)

    await console.runtime.database.write(job)
    return _back(request, "otras")


def _back(request: Request, done: str) -> Response:
    return RedirectResponse(f"{root(request)}/cuenta?hecho={done}", status_code=303)


async def _shown(
    request: Request, session: Session, *, done: str = "", problem: Problem | Reason | str = "", status: int = 200
) -> Response:
    console = console_of(request)
    now = console.runtime.clock.now()
    read = console.runtime.database.read
    found: list[Listed] = await read(partial(sessions.listed, agent_id=session.agent_id, now=now))
    answer = page(
        request,
        "account.html",
        status=status,
        session=session,
        sessions=found,
        factor=await read(partial(factor.standing, agent_id=session.agent_id)),
        shortest=passwords.SHORTEST,
        done=done,
        problem=problem,
    )
    if problem is Problem.THROTTLED:
        answer.headers.update(WAIT)
    return answer
