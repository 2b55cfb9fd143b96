"""The second half of a login: the code of the agent's phone, or a recovery code."""

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from bot.agents import factor, sessions
from bot.agents.factor import Proof
from bot.agents.rights import Stage
from bot.agents.sessions import Session
from bot.agents.trail import Action, Author, deed_of, record
from bot.web.console import cookies
from bot.web.console.confirming import WAIT, Problem, forgive_codes, may_try_a_code
from bot.web.console.context import console_of
from bot.web.console.cookies import Cookie
from bot.web.console.guard import FormNeeded, SessionNeeded, author_of, client_of, local_path
from bot.web.console.pages import page, root

router = APIRouter()
#: Longer than any code, also with blanks in it.
_LONGEST_CODE = 40


@router.get("/entrar/codigo")
async def show_code(request: Request, session: SessionNeeded, next: str = "") -> Response:  # noqa: A002 (the address' word)
    """The form for the code; whoever is in already goes on."""
    if _is_in(request, session):
        return RedirectResponse(local_path(next, f"{root(request)}/"), status_code=303)
    return page(request, "code.html", session=session, next=local_path(next, ""), problem="")


@router.post("/entrar/codigo")
async def prove(request: Request, form: FormNeeded) -> Response:
    """Check the code and go on with a session of another token."""
    session, way_on = form.session, local_path(form.fields.get("next", ""), f"{root(request)}/")
    answer = RedirectResponse(way_on, status_code=303)
    if _is_in(request, session):
        return answer
    if not await may_try_a_code(request, session):
        return _refused(request, session, way_on, Problem.THROTTLED)
    token = await _proved(request, session, form.fields.get("code", "")[:_LONGEST_CODE])
    if token is None:
        return _refused(request, session, way_on, Problem.WRONG)
    await forgive_codes(request, session)
    cookies.put_session(request, answer, token)
    return answer


async def _proved(request: Request, session: Session, given: str) -> str | None:
    """The token of the session that takes this one's place; None if the code is not right. Either way the trail tells."""
    console, author = console_of(request), author_of(request, session)
    key, now, outside = console.factor_key, console.runtime.clock.now(), console.runtime.clock.outside()
    before, client = cookies.read(request, Cookie.SESSION), client_of(request)

    def job(connection: Connection) -> str | None:
        proof = factor.prove(connection, key, session.agent_id, given, outside)
        _tell(connection, proof, author, session.username)
        if proof is None:
            return None
        sessions.end(connection, before)
        return sessions.start(connection, session.agent_id, now, console.lifetime, client, proved=True)

    def _tell(connection: Connection, proof: Proof | None, author: Author, username: str) -> None:
        actions = {
            None: (Action.CODE_WRONG,),
            Proof.CODE: (Action.LOGIN_SUCCEEDED,),
            Proof.RECOVERY: (Action.RECOVERY_USED, Action.LOGIN_SUCCEEDED),
        }
        for action in actions[proof]:
            record(connection, deed_of(author, action, username), now)

    return await console.runtime.database.write(job)


def _is_in(request: Request, session: Session) -> bool:
    return session.actor(factor_required=console_of(request).factor_required).stage is not Stage.CODE


def _refused(request: Request, session: Session, way_on: str, problem: Problem) -> Response:
    answer = page(request, "code.html", status=problem.status, session=session, next=way_on, problem=problem.value)
    if problem is Problem.THROTTLED:
        answer.headers.update(WAIT)
    return answer
