"""The only writer of tickets and of their history. Reading is in `queries`; what is allowed is in `lifecycle`.

Every function works inside the caller's transaction: what it wrote is there together with the caller's own rows, or not at all.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.engine.effects import FieldValue
from bot.statements import Prepared, insert, insert_new
from bot.tickets import labels, lifecycle, search
from bot.tickets.desk_tables import ticket_labels
from bot.tickets.labels import UnknownLabelError
from bot.tickets.lifecycle import NotAllowedError, Status
from bot.tickets.promises import Due
from bot.tickets.tables import IS_UNREAD, ticket_events, tickets

#: What a ticket's history can tell besides its moves.
HAPPENINGS = ("opened", "transferred", "corrected", "noted", "labelled", "unlabelled", "rated", "commented")
#: Names the ticket's detail among its fields: no field of a flow can be called so.
DETAIL = "@detail"

_BY_CAUSE = Prepared(sa.select(tickets.c.id, tickets.c.number).where(tickets.c.cause == sa.bindparam("cause")))
_GIVE_NUMBER = Prepared(
    sa.update(tickets).where(tickets.c.id == sa.bindparam("identity")).values(number=sa.bindparam("new_number"))
)
_WHOSE = Prepared(sa.select(contacts.c.phone, contacts.c.profile_name).where(contacts.c.id == sa.bindparam("contact_id")))
_HEAR = Prepared(
    sa.update(tickets)
    .where(tickets.c.conversation_id == sa.bindparam("conversation"), tickets.c.status != Status.RESOLVED.value)
    .values(unread=sa.true(), last_message_at=sa.bindparam("now"))
    .returning(tickets.c.id)
)
_MOVE_LABELS = Prepared(
    sa.update(ticket_labels)
    .where(ticket_labels.c.ticket_id == sa.bindparam("ticket"))
    .values(last_message_at=sa.bindparam("now"))
)


@dataclass(frozen=True)
class NewTicket:
    """A ticket before it has a number. `cause` names the input that opened it and is unique for all time."""

    contact_id: str
    conversation_id: str
    cause: str
    category: str
    case: str  #: the documented case that the detail was recognised as, or empty
    fields: tuple[FieldValue, ...]
    detail: str
    attachments: tuple[dict[str, Any], ...] = ()  #: files as `url` and `content_type`, places as `latitude`, `longitude`, …
    said: tuple[str, ...] = ()  #: what the customer wrote before, to find the ticket by


@dataclass(frozen=True)
class Correction:
    """What a field of a ticket (or `DETAIL`) holds from now on."""

    field: str
    value: str
    actor: str  #: an agent's username


class UnknownTicketError(LookupError):
    """No ticket has this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no ticket {number}")
        self.number = number


class TicketChangedError(Exception):
    """The ticket is not any more as the agent saw it when they decided: somebody else was faster."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} has changed meanwhile")
        self.number = number


def number_of(identity: int) -> str:
    """What customers and agents call the ticket: `SF-` and at least six digits."""
    return f"SF-{identity:06d}"


def open_ticket(connection: Connection, ticket: NewTicket, now: datetime, due: Due | None = None) -> str:
    """Open a ticket, promised until `due`, and return its number.

    A second call with the same cause returns the same number and writes nothing.
    """
    if known := _number_by_cause(connection, ticket.cause):
        return known
    values = {
        **{name: getattr(ticket, name) for name in ("contact_id", "conversation_id", "cause", "category", "case", "detail")},
        # The number is made from the id, which only the insert gives: until the update below, the cause stands in for it.
        "number": f"cause:{ticket.cause}",
        "status": Status.OPEN.value,
        "assignee": "",
        "fields": [asdict(field) for field in ticket.fields],
        "attachments": list(ticket.attachments),
        "created_at": now,
        "updated_at": now,
        "first_response_due_at": due and due.first_response_at,
        "resolution_due_at": due and due.resolution_at,
        "last_message_at": now,
        "unread": False,
        "version": 0,
        "rating_comment": "",
    }
    inserted = insert_new(connection, tickets, values)
    identity, number = _BY_CAUSE.first(connection, cause=ticket.cause)
    if not inserted:
        # Another process opened it between our look and our insert; the row was visible only after its commit, number and all.
        return str(number)
    number = number_of(identity)
    _GIVE_NUMBER.run(connection, identity=identity, new_number=number)
    search.add(connection, identity, number, *_about(connection, ticket))
    _record(connection, identity, now, kind="opened", actor="customer", data={"to": Status.OPEN.value})
    return number


def move(connection: Connection, number: str, trigger: str, actor: str, now: datetime, *, seen: int | None = None) -> Status:
    """Move a ticket by a trigger of the lifecycle and return its new state; `actor` is an agent's username, or bot, or customer.

    `seen` is the version that the actor decided on. Raises UnknownTicketError, TicketChangedError if the ticket is not any more
    as it was seen, and NotAllowedError if the lifecycle knows no such move.
    """
    identity, status, version = _state(connection, number)
    if seen is not None and seen != version:
        raise TicketChangedError(number)
    new = lifecycle.after(status, trigger)
    values: dict[str, Any] = {"status": new.value, "version": version + 1, "updated_at": now}
    values["resolved_at"] = now if new is Status.RESOLVED else None
    if new is Status.OPEN:
        values["assignee"] = ""
    elif trigger == "assign":
        values["assignee"] = actor
    unchanged = sa.and_(tickets.c.id == identity, tickets.c.version == version)
    if connection.execute(sa.update(tickets).where(unchanged).values(values)).rowcount != 1:
        raise TicketChangedError(number)
    data = {"from": status.value, "to": new.value}
    _record(connection, identity, now, kind=lifecycle.EVENTS[trigger], actor=actor, data=data)
    return new


def transfer(connection: Connection, number: str, to: str, actor: str, now: datetime, *, seen: int) -> None:
    """Give a ticket that an agent has to another one, as `actor` saw it in version `seen`.

    Raises UnknownTicketError, TicketChangedError, and NotAllowedError for a ticket that nobody has or that `to` has already.
    """
    identity, status, version = _state(connection, number)
    before = connection.execute(sa.select(tickets.c.assignee).where(tickets.c.id == identity)).scalar_one()
    if seen != version:
        raise TicketChangedError(number)
    if status not in (Status.ASSIGNED, Status.WAITING) or before == to:
        raise NotAllowedError(status, "transfer")
    unchanged = sa.and_(tickets.c.id == identity, tickets.c.version == version)
    values = {"assignee": to, "version": version + 1, "updated_at": now}
    if connection.execute(sa.update(tickets).where(unchanged).values(values)).rowcount != 1:
        raise TicketChangedError(number)
    _record(connection, identity, now, kind="transferred", actor=actor, data={"from": before, "to": to})


def correct(connection: Connection, number: str, correction: Correction, now: datetime, *, seen: int) -> None:
    """Put one value in place of another, as the actor saw the ticket in version `seen`; the history has both.

    Raises UnknownTicketError, and TicketChangedError if the ticket is not any more as it was seen, or has no such field.
    """
    field, value = correction.field, correction.value
    identity, _, version = _state(connection, number)
    row = connection.execute(sa.select(tickets.c.fields, tickets.c.detail).where(tickets.c.id == identity)).one()
    known = {one["name"]: one for one in row.fields} | {DETAIL: {"label": "", "value": row.detail}}
    if seen != version or field not in known:
        raise TicketChangedError(number)
    before = known[field]
    if before["value"] == value:
        return
    fields = [one | {"value": value} if one["name"] == field else one for one in row.fields]
    changed = {"detail": value} if field == DETAIL else {"fields": fields}
    unchanged = sa.and_(tickets.c.id == identity, tickets.c.version == version)
    values = {**changed, "version": version + 1, "updated_at": now}
    if connection.execute(sa.update(tickets).where(unchanged).values(values)).rowcount != 1:
        raise TicketChangedError(number)
    search.add(connection, identity, value)
    data = {"field": field, "label": before["label"], "before": before["value"], "after": value}
    _record(connection, identity, now, kind="corrected", actor=correction.actor, data=data)


def note(connection: Connection, number: str, text: str, actor: str, key: str, now: datetime) -> bool:
    """Write an internal note into the history; False if the form with this key wrote one before.

    The caller holds the lock of the ticket's conversation, so of two that come at once the second sees the first.
    """
    identity = _state(connection, number)[0]
    notes = sa.and_(ticket_events.c.ticket_id == identity, ticket_events.c.kind == "noted")
    if any(data["key"] == key for data in connection.execute(sa.select(ticket_events.c.data).where(notes)).scalars()):
        return False
    _record(connection, identity, now, kind="noted", actor=actor, data={"text": text, "key": key})
    return True


def label(connection: Connection, number: str, key: str, actor: str, now: datetime) -> bool:
    """Put a label on a ticket; False if it has it. Raises UnknownTicketError, and UnknownLabelError, also for an archived one."""
    put = labels.known(connection, key)
    if put.archived_at is not None:
        raise UnknownLabelError(key)
    # Locked, so that no message comes in between: the row below has the ticket's own time.
    query = sa.select(tickets.c.id, tickets.c.last_message_at).where(tickets.c.number == number).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownTicketError(number)
    values = {"ticket_id": row.id, "label": key, "last_message_at": row.last_message_at}
    if not insert_new(connection, ticket_labels, values):
        return False
    _record(connection, row.id, now, kind="labelled", actor=actor, data={"label": put.name})
    return True


def unlabel(connection: Connection, number: str, key: str, actor: str, now: datetime) -> bool:
    """Take a label off a ticket; False if it does not have it. Raises UnknownTicketError, UnknownLabelError."""
    name, identity = labels.known(connection, key).name, _state(connection, number)[0]
    here = sa.and_(ticket_labels.c.ticket_id == identity, ticket_labels.c.label == key)
    if connection.execute(sa.delete(ticket_labels).where(here)).rowcount != 1:
        return False
    _record(connection, identity, now, kind="unlabelled", actor=actor, data={"label": name})
    return True


def rate(connection: Connection, number: str, stars: int, now: datetime) -> None:
    """Keep the customer's rating, 1 to 5 stars. A later one takes its place; the history has both."""
    identity = _state(connection, number)[0]
    connection.execute(sa.update(tickets).where(tickets.c.id == identity).values(rating=stars, rating_comment=""))
    _record(connection, identity, now, kind="rated", actor="customer", data={"stars": stars})


def comment(connection: Connection, number: str, text: str, now: datetime) -> None:
    """Keep what the customer says to their rating."""
    identity = _state(connection, number)[0]
    connection.execute(sa.update(tickets).where(tickets.c.id == identity).values(rating_comment=text))
    _record(connection, identity, now, kind="commented", actor="customer", data={})


def mark_answered(connection: Connection, conversation_id: str, now: datetime) -> None:
    """An agent wrote to the customer: every ticket of the conversation that is not resolved has its first response now."""
    unanswered = sa.and_(tickets.c.conversation_id == conversation_id, tickets.c.first_responded_at.is_(None))
    waiting = sa.and_(unanswered, tickets.c.status != Status.RESOLVED.value)
    connection.execute(sa.update(tickets).where(waiting).values(first_responded_at=now))


def hear(connection: Connection, conversation_id: str, text: str, now: datetime) -> None:
    """The customer wrote: the tickets of the conversation that are not resolved are unread, and their window begins anew."""
    for row in _HEAR.all(connection, conversation=conversation_id, now=now):
        _MOVE_LABELS.run(connection, ticket=row.id, now=now)
        search.add(connection, row.id, text)


def mark_read(connection: Connection, number: str) -> bool:
    """An agent opened the ticket's page; True if there was something new on it."""
    unread = sa.and_(tickets.c.number == number, IS_UNREAD)
    return connection.execute(sa.update(tickets).where(unread).values(unread=False)).rowcount == 1


def _about(connection: Connection, ticket: NewTicket) -> list[str]:
    """The texts that a new ticket is found by."""
    return [
        *_WHOSE.first(connection, contact_id=ticket.contact_id),
        *(field.value for field in ticket.fields),
        ticket.detail,
        *ticket.said,
    ]


def _number_by_cause(connection: Connection, cause: str) -> str | None:
    known = _BY_CAUSE.first(connection, cause=cause)
    return None if known is None else str(known.number)


def _state(connection: Connection, number: str) -> tuple[int, Status, int]:
    query = sa.select(tickets.c.id, tickets.c.status, tickets.c.version).where(tickets.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownTicketError(number)
    return row.id, Status(row.status), row.version


def _record(connection: Connection, identity: int, now: datetime, *, kind: str, actor: str, data: dict[str, Any]) -> None:
    insert(connection, ticket_events, {"ticket_id": identity, "at": now, "kind": kind, "actor": actor, "data": data})
