"""One ticket with its conversation."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.agents import accounts
from bot.agents.accounts import Agent
from bot.agents.sessions import Session
from bot.agents.trail import Action, Deed, is_recorded_since, record
from bot.attachments.queries import Attachment, attachments_of
from bot.contacts import blocks
from bot.contacts.blocks import Blocked
from bot.conversations.queries import Standing, standing
from bot.conversations.trace import Arrivals, arrivals
from bot.coordination.base import Change
from bot.engine.effects import FieldValue
from bot.messages.queries import Message, transcript
from bot.messages.tables import Direction
from bot.tickets import canned, drafts, labels, queries
from bot.tickets.canned import Canned
from bot.tickets.labels import Label
from bot.tickets.lifecycle import Status, triggers_from
from bot.tickets.queries import Event, Ticket, TicketState
from bot.tickets.service import DETAIL, mark_read
from bot.web.console.attendance import colleagues, come
from bot.web.console.box import ReplyBox, Writer, reply_box
from bot.web.console.context import console_of
from bot.web.console.guard import BLOCK_HEADER, SessionNeeded, client_address
from bot.web.console.pages import page
from bot.web.console.terms import Clock, clocks
from bot.web.console.transcript import days, parts
from bot.web.console.whys import whys_of

router = APIRouter()
#: A conversation lasts as long as its customer: the page shows its end, the whole on request.
LATEST = 200
#: Of the customer's other tickets: the newest.
MOST_OTHERS = 10
#: A page that is open shows itself again with every change; that is one reading, on the trail once in so long.
_STILL_READING = timedelta(minutes=5)
#: Once a minute an open page looks how its ticket stands, read or not: that is on the trail once for each day at the desk.
_STILL_OPEN = timedelta(hours=12)
_LOOKED_AT = frozenset({"head", "reply"})
_HELD = (Status.ASSIGNED, Status.WAITING)


@dataclass(frozen=True)
class _Shown:
    ticket: Ticket
    events: list[Event]
    arrivals: Arrivals
    messages: list[Message]
    names: dict[str, str]  # of agents, by id and by username
    standing: Standing
    blocked: Blocked | None
    clock: Clock | None  # of a case of habeas data
    others: list[TicketState]  # of the same customer
    colleagues: list[Agent]  # who can be given the ticket
    draft: str  # of the agent who looks
    canned: list[Canned]
    labels: list[Label]  # that the ticket has
    known_labels: list[Label]  # that there are
    files: dict[str, Attachment]  # by the address or the id that messages and the ticket name them by


@router.get("/solicitudes/{number}")
async def show_ticket(request: Request, session: SessionNeeded, number: str, mensajes: str = "") -> Response:
    """One ticket. That it was read is on the trail before it is shown. `mensajes=todos` shows the whole conversation."""
    return await ticket_page(request, session, number, latest=None if mensajes == "todos" else LATEST)


@dataclass(frozen=True)
class Unfit:
    """A value that a field does not take. `reason`: why, in words; else it looks mistyped: `meant` is what it may have been."""

    field: str
    typed: str
    reason: str = ""
    meant: str = ""


@dataclass(frozen=True)
class Refused:
    """Why what an agent asked for was not done: a name in `refusals` of words.html, and what they had typed."""

    why: str
    agent: str = ""  #: username of the colleague who was faster
    text: str = ""
    note: str = ""
    file: str = ""  #: name of the file that was not taken
    largest: int = 0  #: the most bytes that such a file may have
    unfit: Unfit | None = None


async def ticket_page(
    request: Request, session: Session, number: str, *, latest: int | None = LATEST, refused: Refused | None = None
) -> Response:
    """The page of a ticket, with what was refused on top (status 409). That it was read is on the trail before."""
    runtime = console_of(request).runtime
    now = runtime.clock.now()
    shown = await runtime.database.read(lambda connection: _read(connection, number, latest, session.username, now))
    if shown is None:
        raise HTTPException(404)
    asked = request.headers.get(BLOCK_HEADER, "").split()
    if await _note_reading(request, session, number, asked):
        await runtime.coordination.publish(Change(shown.ticket.conversation_id))
    if not asked:
        await come(request, session, number)
    return page(
        request,
        "ticket.html",
        status=409 if refused else 200,
        refused=refused,
        session=session,
        names=shown.names,
        reply=_box(request, session, shown),
        **_about(shown),
        colleagues_here=await colleagues(request, session, number),
        **_canned(shown, session, (refused.text if refused else "") or shown.draft),
        files=shown.files,
        days=days(
            shown.messages[-latest:] if latest else shown.messages, shown.names, console_of(request).reasons, shown.arrivals
        ),
        whys=whys_of(shown.messages, runtime.flow),
        is_cut=latest is not None and len(shown.messages) > latest,
        latest=LATEST,
        cases={name: case.label for name, case in runtime.flow.cases.items()},
    )


async def _note_reading(request: Request, session: Session, number: str, asked: list[str]) -> bool:
    """Put it on the trail that the ticket was read; True if there was something new on it that is read now.

    `asked`: the blocks that an open page shows again, if it is one.
    """
    runtime = console_of(request).runtime
    deed, now = Deed(Action.TICKET_READ, number, session.agent_id, client_address(request)), runtime.clock.now()
    is_look = bool(asked) and _LOOKED_AT.issuperset(asked)

    def job(connection: Connection) -> bool:
        lasts = _STILL_OPEN if is_look else _STILL_READING
        if not (asked and is_recorded_since(connection, deed, now - lasts)):
            record(connection, deed, now)
        return not is_look and mark_read(connection, number)

    return await runtime.database.write(job)


def _box(request: Request, session: Session, shown: _Shown) -> ReplyBox | None:
    runtime = console_of(request).runtime
    can_invite = bool(runtime.settings.twilio.reopen_template_sid)
    return reply_box(shown.ticket, shown.standing, Writer(session.username, runtime.clock.now(), shown.draft, can_invite))


def _about(shown: _Shown) -> dict[str, Any]:
    """What stands around the conversation."""
    return {
        "ticket": shown.ticket,
        "triggers": triggers_from(shown.ticket.status),
        "events": shown.events,
        "corrections": [event for event in shown.events if event.kind == "corrected"],
        "fields": [*shown.ticket.fields, FieldValue(DETAIL, "", shown.ticket.detail)],
        "parts": parts,
        "notes": [event for event in shown.events if event.kind == "noted"],
        "key": secrets.token_urlsafe(18),
        "blocked": shown.blocked,
        "others": shown.others[:MOST_OTHERS],
        "colleagues": shown.colleagues if shown.ticket.status in _HELD else [],
        "pending": shown.standing.pending,
        "clock": shown.clock,
        "labels": shown.labels,
        "more_labels": [label for label in shown.known_labels if label.archived_at is None and label not in shown.labels],
    }


def _canned(shown: _Shown, session: Session, text: str) -> dict[str, Any]:
    """The canned replies, filled for this ticket, and which of their variables still stand in the text of the box."""
    values = canned.values_of(shown.ticket, session.name)
    return {
        "canned": [canned.filled(reply, values) for reply in shown.canned],
        "variables": canned.VARIABLES,
        "unresolved": canned.unresolved(text),
    }


def _read(connection: Connection, number: str, latest: int | None, username: str, now: datetime) -> _Shown | None:
    ticket = queries.ticket(connection, number)
    if ticket is None:
        return None
    agents = accounts.listed(connection)
    # One more than is shown tells whether there are more.
    messages = transcript(connection, ticket.conversation_id, latest=None if latest is None else latest + 1)
    here = standing(connection, ticket.conversation_id)
    named = [*ticket.attachments, *(item for message in messages for item in message.attachments)]
    named += [{"file": file.id} for waiting in here.pending for file in waiting.files]
    return _Shown(
        ticket=ticket,
        events=queries.events(connection, ticket.id),
        standing=here,
        blocked=blocks.blocked(connection, ticket.contact_id),
        others=[other for other in queries.tickets_of(connection, ticket.contact_id) if other.number != number],
        colleagues=[agent for agent in agents if agent.disabled_at is None and agent.username != ticket.assignee],
        draft=drafts.kept(connection, ticket.id, username),
        arrivals=arrivals(connection, (message.sid for message in messages if message.direction is Direction.IN)),
        canned=canned.listed(connection),
        labels=labels.of_tickets(connection, [ticket.id])[ticket.id],
        known_labels=labels.listed(connection),
        messages=messages,
        clock=clocks(connection, [ticket.id], now).get(ticket.id),
        files=attachments_of(connection, named),
        names={agent.id: agent.name for agent in agents} | {agent.username: agent.name for agent in agents},
    )
