"""Setting up one's second factor: the QR code, its confirmation by a code, the recovery codes, and taking it away again."""

import io
from functools import partial

import segno
from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import factor, sessions
from bot.agents.factor import AlreadySetError, Factor
from bot.agents.sessions import Session
from bot.agents.trail import Action, deed_of, record
from bot.web.console import cookies
from bot.web.console.confirming import WAIT, Problem, forgive_codes, may_try_a_code, password_problem
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded, SentForm, SessionNeeded, author_of, client_of
from bot.web.console.pages import page, root

router = APIRouter()
_LONGEST_CODE = 40


@router.get("/cuenta/segundo-factor")
async def show_factor(request: Request, session: SessionNeeded) -> Response:
    """How the second factor stands, and what can be done about it."""
    return await _shown(request, session)


@router.post("/cuenta/segundo-factor")
async def begin(request: Request, form: FormNeeded) -> Response:
    """Make a secret, to be shown on the page; whoever begins again gets another one."""
    console, agent_id = console_of(request), form.session.agent_id
    now = console.runtime.clock.now()
    try:
        await console.runtime.database.write(lambda connection: factor.begin(connection, agent_id, now))
    except AlreadySetError:
        return await _shown(request, form.session, problem="set", status=409)
    return RedirectResponse(f"{root(request)}/cuenta/segundo-factor", status_code=303)


@router.get("/cuenta/segundo-factor/qr.svg")
async def show_qr(request: Request, session: SessionNeeded) -> Response:
    """The secret as a QR code, until it is confirmed."""
    secret = await _secret(request, session)
    if secret is None:
        raise HTTPException(404)
    drawn = io.BytesIO()
    # Drawn on white whatever the page's colours are: not every camera reads a code in negative.
    segno.make(factor.address(secret, session.username), micro=False).save(drawn, kind="svg", scale=5, border=4, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.post("/cuenta/segundo-factor/confirmar")
async def confirm(request: Request, form: FormNeeded) -> Response:
    """Put the second factor into force, and show its recovery codes, only now. All other sessions of the agent end."""
    console, session = console_of(request), form.session
    if not await may_try_a_code(request, session):
        return await _shown(request, session, problem=Problem.THROTTLED, status=429)
    author, client, key = author_of(request, session), client_of(request), console.factor_key
    now, outside = console.runtime.clock.now(), console.runtime.clock.outside()
    given = form.fields.get("code", "")[:_LONGEST_CODE]

    def job(connection: Connection) -> tuple[list[str], str] | None:
        codes = factor.confirm(connection, key, session.agent_id, given, outside)
        if codes is None:
            return None
        record(connection, deed_of(author, Action.FACTOR_SET, session.username), now)
        sessions.end_all(connection, session.agent_id)
        return codes, sessions.start(connection, session.agent_id, now, console.lifetime, client, proved=True)

    done = await console.runtime.database.write(job)
    if done is None:
        return await _shown(request, session, problem=Problem.WRONG, status=403)
    await forgive_codes(request, session)
    codes, token = done
    renewed = await console.runtime.database.read(partial(sessions.find, token=token, now=now))
    answer = page(request, "recovery.html", session=renewed or session, codes=codes)
    cookies.put_session(request, answer, token)
    return answer


@router.post("/cuenta/segundo-factor/codigos")
async def renew_recovery(request: Request, form: FormNeeded) -> Response:
    """New recovery codes instead of the old ones, for whoever gives the password again."""
    console, session = console_of(request), form.session
    if (refusal := await _unless_password(request, form)) is not None:
        return refusal
    author, key, now = author_of(request, session), console.factor_key, console.runtime.clock.now()

    def job(connection: Connection) -> list[str]:
        if not factor.is_set(connection, session.agent_id):
            return []
        record(connection, deed_of(author, Action.RECOVERY_RENEWED, session.username), now)
        return factor.renew_recovery(connection, key, session.agent_id)

    codes = await console.runtime.database.write(job)
    if not codes:
        return RedirectResponse(f"{root(request)}/cuenta/segundo-factor", status_code=303)
    return page(request, "recovery.html", session=session, codes=codes)


@router.post("/cuenta/segundo-factor/quitar")
async def remove(request: Request, form: FormNeeded) -> Response:
    """Take one's second factor away, where it is not demanded, for whoever gives the password again. Other sessions end."""
    console, session = console_of(request), form.session
    if console.factor_required:
        return await _shown(request, session, problem="required", status=409)
    if (refusal := await _unless_password(request, form)) is not None:
        return refusal
    author, now = author_of(request, session), console.runtime.clock.now()

    client = client_of(request)

    def job(connection: Connection) -> str:
        if factor.is_set(connection, session.agent_id):
            record(connection, deed_of(author, Action.FACTOR_REMOVED, session.username), now)
        factor.reset(connection, session.agent_id)
        sessions.end_all(connection, session.agent_id)
        return sessions.start(connection, session.agent_id, now, console.lifetime, client)

    token = await console.runtime.database.write(job)
    answer = RedirectResponse(f"{root(request)}/cuenta/segundo-factor", status_code=303)
    cookies.put_session(request, answer, token)
    return answer


async def _unless_password(request: Request, form: SentForm) -> Response | None:
    problem = await password_problem(request, form.session, form.fields.get("password", ""))
    if problem is None:
        return None
    return await _shown(request, form.session, problem=f"password_{problem}", status=problem.status)


async def _secret(request: Request, session: Session) -> str | None:
    console = console_of(request)
    key = console.factor_key
    return await console.runtime.database.read(lambda connection: factor.secret(connection, key, session.agent_id))


async def _shown(request: Request, session: Session, *, problem: str = "", status: int = 200) -> Response:
    console = console_of(request)

    def job(connection: Connection) -> Factor | None:
        return factor.standing(connection, session.agent_id)

    secret = await _secret(request, session)
    answer = page(
        request,
        "factor.html",
        status=status,
        session=session,
        factor=await console.runtime.database.read(job),
        # In groups of four, as it is read off and typed.
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)) if secret else "",
        required=console.factor_required,
        problem=problem,
    )
    if status == Problem.THROTTLED.status:
        answer.headers.update(WAIT)
    return answer
