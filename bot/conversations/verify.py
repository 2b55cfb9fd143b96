"""Recompute from the database alone that nothing was lost, doubled or brought out of order (`invariants` has the rules).

Read page by page, each page in a snapshot of its own: memory stays small, and on SQLite the log is never held back for long.
A conversation is always seen whole, also while the product runs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.invariants import Input, Line, Record, Ticket, Violation, examine, numbers
from bot.conversations.tables import conversations, inbox
from bot.db import Database
from bot.messages.tables import Direction, Status, messages
from bot.tickets.tables import ticket_events, tickets

#: What should have been done so long ago is stuck. Longer than the longest pause between two tries (5 minutes).
PATIENCE = timedelta(minutes=10)
_PAGE = 200


def verify(database: Database, now: datetime, progress: Callable[[int, int], None]) -> Iterator[Violation]:
    """Everything that is wrong; `progress` hears how many conversations of how many are done, after every page."""
    yield from _doubled(database)
    total = database.read_now(_count)
    done, last = 0, ""
    while True:
        with database.snapshot() as connection:
            page = _page(connection, last)
        for record in page:
            yield from examine(record, now - PATIENCE)
        if not page:
            return
        done, last = done + len(page), page[-1].id
        progress(done, max(done, total))


def _count(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(conversations)).scalar_one())


def _doubled(database: Database) -> Iterator[Violation]:
    """What must be unique in the whole database, also if an index is broken or was dropped."""
    with database.snapshot() as connection:
        for key in _repeated(connection, inbox.c.key):
            for row in connection.execute(sa.select(inbox.c.id, inbox.c.conversation_id).where(inbox.c.key == key)):
                yield Violation("the inbox has the same input more than once", "I1", row.conversation_id, input=row.id)
        for cause in _repeated(connection, messages.c.cause):
            yield from _of_messages(
                connection, "I1", "an input was given the same effect more than once", messages.c.cause == cause
            )
        for sid in _repeated(connection, messages.c.sid):
            outgoing = sa.and_(messages.c.sid == sid, messages.c.direction == Direction.OUT.value)
            found = list(_of_messages(connection, "I4", "two messages claim to be the same one at the provider", outgoing))
            yield from found if len(found) > 1 else ()
        for number in _repeated(connection, tickets.c.number):
            yield Violation("a ticket number was given out more than once", "I5", ticket=number)


def _repeated(connection: Connection, column: sa.Column[Any]) -> list[str]:
    """Values that stand in the column more than once; read along its index."""
    query = sa.select(column).where(column.is_not(None)).group_by(column).having(sa.func.count() > 1)
    return list(connection.execute(query).scalars())


def _of_messages(connection: Connection, rule: str, problem: str, which: sa.ColumnElement[bool]) -> Iterator[Violation]:
    for row in connection.execute(sa.select(messages.c.id, messages.c.conversation_id).where(which)):
        yield Violation(problem, rule, row.conversation_id, message=row.id)


def _page(connection: Connection, last: str) -> list[Record]:
    table = conversations.c
    query = sa.select(table.id, table.contact_id, table.arrivals, table.positions, table.wake_at).where(table.id > last)
    here = connection.execute(query.order_by(table.id).limit(_PAGE)).all()
    ids = [row.id for row in here]
    inputs, lines, owned = _inputs(connection, ids), _lines(connection, ids), _tickets(connection, ids)
    return [
        Record(
            id=row.id,
            contact_id=row.contact_id,
            arrivals=row.arrivals,
            positions=row.positions,
            wake_at=row.wake_at,
            inputs=inputs[row.id],
            lines=lines[row.id],
            tickets=owned[row.id],
        )
        for row in here
    ]


def _inputs(connection: Connection, ids: list[str]) -> dict[str, list[Input]]:
    table = inbox.c
    query = sa.select(
        table.conversation_id, table.id, table.arrival, table.key, table.received_at, table.handled_at, table.attempts
    )
    found = defaultdict(list)
    for row in connection.execute(query.where(table.conversation_id.in_(ids)).order_by(table.conversation_id, table.arrival)):
        handled = row.handled_at is not None
        found[row.conversation_id].append(Input(row.id, row.arrival, row.key, row.received_at, handled, row.attempts))
    return found


def _lines(connection: Connection, ids: list[str]) -> dict[str, list[Line]]:
    table = messages.c
    query = sa.select(messages).where(table.conversation_id.in_(ids)).order_by(table.conversation_id, table.position)
    found = defaultdict(list)
    for row in connection.execute(query):
        line = Line(
            id=row.id,
            position=row.position,
            direction=Direction(row.direction),
            author=row.author,
            cause=row.cause,
            sid=row.sid,
            status=Status(row.status),
            attempts=row.attempts,
            due_at=row.due_at,
            told=numbers(row.body),
        )
        found[row.conversation_id].append(line)
    return found


def _tickets(connection: Connection, ids: list[str]) -> dict[str, list[Ticket]]:
    table = tickets.c
    query = sa.select(table.id, table.number, table.cause, table.contact_id, table.status, table.conversation_id)
    rows = connection.execute(query.where(table.conversation_id.in_(ids)).order_by(table.id)).all()
    events = sa.select(ticket_events.c.ticket_id, ticket_events.c.kind).order_by(ticket_events.c.id)
    history = defaultdict(list)
    for event in connection.execute(events.where(ticket_events.c.ticket_id.in_([row.id for row in rows]))):
        history[event.ticket_id].append(event.kind)
    found = defaultdict(list)
    for row in rows:
        ticket = Ticket(row.id, row.number, row.cause, row.contact_id, row.status, tuple(history[row.id]))
        found[row.conversation_id].append(ticket)
    return found
