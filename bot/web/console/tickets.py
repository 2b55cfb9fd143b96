"""One ticket with its conversation."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.agents import accounts
from bot.agents.trail import Action, Deed, record
from bot.attachments.queries import Attachment, attachments_of
from bot.coordination.base import Change
from bot.messages.queries import Message, transcript
from bot.tickets import queries
from bot.tickets.queries import Event, Ticket
from bot.tickets.service import mark_read
from bot.web.console.context import console_of
from bot.web.console.guard import SessionNeeded, client_address
from bot.web.console.pages import page
from bot.web.console.transcript import days

router = APIRouter()
#: A conversation lasts as long as its customer: the page shows its end, the whole on request.
LATEST = 200


@dataclass(frozen=True)
class _Shown:
    ticket: Ticket
    events: list[Event]
    messages: list[Message]
    names: dict[str, str]  # of agents, by id and by username
    files: dict[str, Attachment]  # by the address or the id that messages and the ticket name them by


@router.get("/solicitudes/{number}")
async def show_ticket(request: Request, session: SessionNeeded, number: str, mensajes: str = "") -> Response:
    """One ticket, read from now on; that is on the trail before it is shown. `mensajes=todos` shows the whole conversation."""
    runtime = console_of(request).runtime
    latest = None if mensajes == "todos" else LATEST
    shown = await runtime.database.read(lambda connection: _read(connection, number, latest))
    if shown is None:
        raise HTTPException(404)
    deed = Deed(Action.TICKET_READ, number, session.agent_id, client_address(request))
    now = runtime.clock.now()

    def job(connection: Connection) -> bool:
        record(connection, deed, now)
        return mark_read(connection, number)

    if await runtime.database.write(job):
        await runtime.coordination.publish(Change(shown.ticket.conversation_id))
    return page(
        request,
        "ticket.html",
        session=session,
        ticket=shown.ticket,
        events=shown.events,
        names=shown.names,
        files=shown.files,
        days=days(shown.messages[-latest:] if latest else shown.messages, shown.names, console_of(request).reasons),
        is_cut=latest is not None and len(shown.messages) > latest,
        latest=LATEST,
        cases={name: case.label for name, case in runtime.flow.cases.items()},
    )


def _read(connection: Connection, number: str, latest: int | None) -> _Shown | None:
    ticket = queries.ticket(connection, number)
    if ticket is None:
        return None
    agents = accounts.listed(connection)
    # One more than is shown tells whether there are more.
    messages = transcript(connection, ticket.conversation_id, latest=None if latest is None else latest + 1)
    return _Shown(
        ticket=ticket,
        events=queries.events(connection, ticket.id),
        messages=messages,
        files=attachments_of(connection, [*ticket.attachments, *(item for message in messages for item in message.attachments)]),
        names={agent.id: agent.name for agent in agents} | {agent.username: agent.name for agent in agents},
    )
