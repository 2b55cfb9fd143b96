"""What happened to a message, and when: from its arrival over the turn and the answers to the last tick. Ids and times only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.invariants import input_of
from bot.conversations.tables import inbox
from bot.messages.tables import Direction, Status, messages


@dataclass(frozen=True)
class Event:
    """One thing that happened, and how long after the one before."""

    what: str  #: received, handled, queued, accepted, sent, delivered, read, failed, withdrawn, …
    at: datetime
    after: timedelta | None  #: None for the first


@dataclass(frozen=True)
class Way:
    """The way of one message. `sid` is the provider's id, or empty; `attempts` counts calls to send it."""

    message: str
    sid: str
    direction: Direction
    attempts: int
    error_code: int | None
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Trace:
    """One input with all that it caused. `kind`: message, time-out or agent, by what came in."""

    conversation: str
    input: int
    key: str
    attempts: int  #: that failed
    error: str  #: why the last one did, by kind
    events: tuple[Event, ...]
    ways: tuple[Way, ...]


#: What happened to customers' messages, by the provider's ids.
Arrivals = Mapping[str, tuple[Event, ...]]


def trace(connection: Connection, name: str) -> Trace | None:
    """The trace of the input that `name` belongs to: the provider's id of a message in or out, or our own id of one."""
    by_key = sa.select(inbox).where(inbox.c.key == name)
    row = connection.execute(by_key).first()
    if row is None:
        ours = sa.or_(messages.c.id == name, messages.c.sid == name)
        cause = connection.execute(sa.select(messages.c.cause).where(ours)).scalar()
        identity = input_of(cause) if cause is not None else None
        row = connection.execute(sa.select(inbox).where(inbox.c.id == identity)).first()
    if row is None:
        return None
    caused = sa.and_(messages.c.conversation_id == row.conversation_id, messages.c.cause.like(f"{row.id}:%"))
    rows = connection.execute(sa.select(messages).where(caused).order_by(messages.c.position)).all()
    return Trace(
        conversation=row.conversation_id,
        input=row.id,
        key=row.key,
        attempts=row.attempts,
        error=row.error,
        events=in_order([("received", row.received_at), ("handled", row.handled_at)]),
        ways=tuple(_way(message) for message in rows),
    )


def arrivals(connection: Connection, sids: Iterable[str]) -> Arrivals:
    """When these messages of a customer came and were handled, by the provider's id."""
    rows = connection.execute(sa.select(inbox.c.key, inbox.c.received_at, inbox.c.handled_at).where(inbox.c.key.in_(list(sids))))
    return {row.key: in_order([("received", row.received_at), ("handled", row.handled_at)]) for row in rows}


def steps(row: Any) -> tuple[Event, ...]:
    """How far an outgoing message got: a row of `messages`, or what has its columns."""
    happened = [("queued", row.created_at), ("accepted", row.accepted_at), ("sent", row.sent_at)]
    happened += [("delivered", row.delivered_at), ("read", row.read_at)]
    status = Status(row.status)
    if status.value not in {what for what, at in happened if at is not None}:
        happened.append((status.value, row.updated_at))  # failed, withdrawn, on its way once more …
    return in_order(happened)


def in_order(happened: Iterable[tuple[str, datetime | None]]) -> tuple[Event, ...]:
    """What happened, oldest first; what has no time did not happen."""
    known = sorted(((at, what) for what, at in happened if at is not None), key=lambda event: event[0])
    before = [None, *(at for at, _ in known)]
    return tuple(Event(what, at, at - last if last else None) for (at, what), last in zip(known, before, strict=False))


def _way(row: sa.Row[Any]) -> Way:
    outgoing = row.direction == Direction.OUT.value
    events = steps(row) if outgoing else in_order([("written", row.created_at)])
    return Way(row.id, row.sid or "", Direction(row.direction), row.attempts, row.error_code, events)
