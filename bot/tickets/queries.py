"""Reading tickets: one with its history, and what one customer asked for. The list, page by page, is in `listing`.

The transcript that belongs to a ticket is read with `bot.messages.queries`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.contacts.tables import contacts
from bot.engine.effects import FieldValue
from bot.tickets.lifecycle import Status
from bot.tickets.tables import IS_OURS, ticket_events, tickets

_NUMBER = re.compile(r"SF-[0-9]{6,19}", re.ASCII)


@dataclass(frozen=True)
class TicketState:
    """What a customer who asks is told about one of their tickets."""

    number: str
    category: str
    status: Status
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None  #: None while it is not resolved
    answer_due: datetime | None = None  #: until when a first answer was promised that was not given yet


@dataclass(frozen=True)
class Ticket:
    """A ticket with what is known of its customer. `profile_name` and all the texts come from the customer: untrusted."""

    id: int
    number: str
    contact_id: str
    conversation_id: str
    category: str
    case: str
    status: Status
    assignee: str  #: username of the agent who has it or had it last, or empty
    version: int  #: goes into every form of the page: an agent acts on what they saw
    rating: int | None  #: 1 to 5 stars
    rating_comment: str
    fields: tuple[FieldValue, ...]
    detail: str
    attachments: tuple[dict[str, Any], ...]
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime  #: when the customer last wrote while the ticket was not resolved: the window counts from here
    unread: bool  #: the customer wrote since an agent opened the ticket's page
    profile_name: str
    phone: str  #: E.164, or empty while WhatsApp hides it
    resolved_at: datetime | None = None  #: while it is resolved
    first_response_due_at: datetime | None = None
    resolution_due_at: datetime | None = None
    first_responded_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """The same as the condition `is_overdue`, for this ticket."""
        late_answer = self.first_responded_at is None and _has_passed(self.first_response_due_at, now)
        in_our_hands = self.status in (Status.OPEN, Status.ASSIGNED)
        return in_our_hands and (late_answer or _has_passed(self.resolution_due_at, now))

    @property
    def customer(self) -> str:
        """The name as given in the form, else the one of the WhatsApp profile; may be empty."""
        given = next((field.value for field in self.fields if field.name == "nombre"), "")
        return given.strip() or self.profile_name.strip()


@dataclass(frozen=True)
class Event:
    """One line of a ticket's history. `actor`: customer, bot, or an agent's username."""

    at: datetime
    kind: str
    actor: str
    data: dict[str, Any]


def ticket(connection: Connection, number: str) -> Ticket | None:
    """The ticket with this number; None also for what is no number at all, which PostgreSQL may not take as a parameter."""
    if not _NUMBER.fullmatch(number):
        return None
    row = connection.execute(select().where(tickets.c.number == number)).one_or_none()
    return None if row is None else from_row(row)


def events(connection: Connection, ticket_id: int) -> list[Event]:
    """A ticket's history, oldest first."""
    query = sa.select(ticket_events).where(ticket_events.c.ticket_id == ticket_id).order_by(ticket_events.c.id)
    return [Event(at=row.at, kind=row.kind, actor=row.actor, data=row.data) for row in connection.execute(query)]


def tickets_of(connection: Connection, contact_id: str) -> list[TicketState]:
    """What this customer asked for, newest first."""
    unanswered = sa.and_(tickets.c.first_responded_at.is_(None), tickets.c.status != Status.RESOLVED.value)
    names = ("number", "category", "status", "created_at", "updated_at", "resolved_at")
    columns = [*(tickets.c[name] for name in names), sa.case((unanswered, tickets.c.first_response_due_at))]
    query = sa.select(*columns).where(tickets.c.contact_id == contact_id).order_by(tickets.c.id.desc())
    return [
        TicketState(number, category, Status(status), *times) for number, category, status, *times in connection.execute(query)
    ]


def _has_passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and due <= now


def is_overdue(now: datetime) -> sa.ColumnElement[bool]:
    """The condition on `tickets` for those that we let wait longer than was promised; not those that wait for the customer."""
    late_answer = sa.and_(tickets.c.first_responded_at.is_(None), tickets.c.first_response_due_at <= now)
    return sa.and_(IS_OURS, sa.or_(late_answer, tickets.c.resolution_due_at <= now))


def select() -> sa.Select[Any]:
    """All that `from_row` needs, to be narrowed down and ordered."""
    return sa.select(tickets, contacts.c.profile_name, contacts.c.phone).join(contacts, contacts.c.id == tickets.c.contact_id)


def from_row(row: Row[Any]) -> Ticket:
    """A ticket from a row of `select`."""
    return Ticket(
        id=row.id,
        number=row.number,
        contact_id=row.contact_id,
        conversation_id=row.conversation_id,
        category=row.category,
        case=row.case,
        status=Status(row.status),
        assignee=row.assignee,
        version=row.version,
        rating=row.rating,
        rating_comment=row.rating_comment,
        fields=tuple(FieldValue(**field) for field in row.fields),
        detail=row.detail,
        attachments=tuple(row.attachments),
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_message_at=row.last_message_at,
        unread=row.unread,
        profile_name=row.profile_name,
        phone=row.phone,
        resolved_at=row.resolved_at,
        first_response_due_at=row.first_response_due_at,
        resolution_due_at=row.resolution_due_at,
        first_responded_at=row.first_responded_at,
    )
