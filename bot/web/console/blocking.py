"""Customers who are not answered: blocked from a ticket, listed, and let in again. What that means: `conversations.blocking`."""

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts
from bot.agents.trail import Action, deed_of, record
from bot.contacts import blocks
from bot.contacts.blocks import Reason
from bot.conversations import blocking
from bot.coordination.base import Change
from bot.tickets import queries
from bot.web.console.context import console_of
from bot.web.console.desk import KnownNumber
from bot.web.console.guard import FormNeeded, SessionNeeded, author_of
from bot.web.console.pages import page, root

router = APIRouter()


@router.post("/solicitudes/{number}/bloquear")
async def block(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Block the customer of a ticket, for a `reason`; once more changes nothing."""
    given = form.fields.get("reason", "")
    if given not in set(Reason):
        raise HTTPException(400)
    runtime, session, reason = console_of(request).runtime, form.session, Reason(given)
    now, author = runtime.clock.now(), author_of(request, session)

    def job(connection: Connection) -> str:
        ticket = queries.ticket(connection, number)
        if ticket is None:
            raise HTTPException(404)
        if blocking.block(connection, ticket.contact_id, reason, session.username, now):
            record(connection, deed_of(author, Action.CUSTOMER_BLOCKED, number, {"reason": reason.value}), now)
        return ticket.conversation_id

    await runtime.coordination.publish(Change(await runtime.database.write(job)))
    return RedirectResponse(f"{root(request)}/solicitudes/{number}", status_code=303)


@router.get("/bloqueados")
async def show_blocked(request: Request, session: SessionNeeded, hecho: str = "") -> Response:
    """Everybody who is blocked. `hecho`: what was just done."""
    database = console_of(request).runtime.database
    found, agents = await database.read(lambda connection: (blocks.listed(connection), accounts.listed(connection)))
    names = {agent.username: agent.name for agent in agents}
    return page(request, "blocked.html", session=session, blocked=found, names=names, done=hecho)


@router.post("/bloqueados/{contact}/desbloquear")
async def unblock(request: Request, form: FormNeeded, contact: str) -> Response:
    """Let a customer be answered again."""
    runtime = console_of(request).runtime
    now, author = runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection) -> bool:
        before = blocks.blocked(connection, contact)
        if before is None or not blocks.unblock(connection, contact):
            return False
        record(connection, deed_of(author, Action.CUSTOMER_UNBLOCKED, contact, {"reason": before.reason.value}), now)
        return True

    if not await runtime.database.write(job):
        raise HTTPException(404)
    return RedirectResponse(f"{root(request)}/bloqueados?hecho=desbloquear", status_code=303)
