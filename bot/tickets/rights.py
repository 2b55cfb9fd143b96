"""Cases of habeas data: a ticket with a date by which the law wants it answered, and the warnings on the way there.

The terms are those of Ley 1581 de 2012, arts. 14 and 15, reckoned in `engine.terms`; both can be prolonged once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.db import Counter, Moment, metadata
from bot.engine.terms import Right, Term, share_passed, term_of
from bot.statements import insert_new
from bot.tickets.lifecycle import Status
from bot.tickets.tables import ticket_events, tickets

rights_cases = sa.Table(
    "rights_cases",
    metadata,
    sa.Column("ticket_id", Counter, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("right", sa.Text, nullable=False),  # engine.terms.Right
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("prolonged_at", Moment, nullable=True),  # when the customer was told that it takes longer
    sa.Column("warned", sa.Integer, nullable=False),  # the last share of the term, in percent, that agents were warned at
)

#: What a case's history can tell besides what every ticket's can.
HAPPENINGS = ("legal_warned", "legal_prolonged")
#: Shares of the term at which agents are warned, in percent.
WARNINGS = (50, 80, 100)


@dataclass(frozen=True)
class Case:
    """A case with its clock."""

    ticket_id: int
    number: str
    right: Right
    opened_at: datetime
    due_at: datetime
    prolonged_at: datetime | None
    is_open: bool

    def share(self, now: datetime) -> int:
        """How much of the term has passed, in percent of its business days; 100 once it is over."""
        return share_passed(self.opened_at, self.due_at, now)

    def warning(self, now: datetime) -> int:
        """The last of `WARNINGS` that was reached, or 0."""
        return max((share for share in WARNINGS if self.share(now) >= share), default=0)


def open_case(connection: Connection, number: str, right: Right, now: datetime) -> None:
    """Start the clock of a ticket that was opened just now. Doing it twice changes nothing."""
    identity = connection.execute(sa.select(tickets.c.id).where(tickets.c.number == number)).scalar_one()
    values = {"ticket_id": identity, "right": right.value, "opened_at": now, "due_at": term_of(right).due(now), "warned": 0}
    insert_new(connection, rights_cases, values)


def cases(connection: Connection, ticket_ids: Iterable[int]) -> dict[int, Case]:
    """The cases among these tickets, by the ticket's id."""
    query = _select().where(rights_cases.c.ticket_id.in_(list(ticket_ids)))
    return {row.ticket_id: _case(row) for row in connection.execute(query)}


def cases_of(connection: Connection, contact_id: str) -> list[Case]:
    """Somebody's cases, newest first."""
    query = _select().where(tickets.c.contact_id == contact_id).order_by(tickets.c.id.desc())
    return [_case(row) for row in connection.execute(query)]


def prolong(connection: Connection, ticket_id: int, actor: str, now: datetime) -> bool:
    """Take the time that the law allows on top, once and before the first date; False if that is not possible."""
    case = cases(connection, [ticket_id]).get(ticket_id)
    if case is None or not case.is_open or case.prolonged_at is not None or now >= case.due_at:
        return False
    term: Term = term_of(case.right)
    if term.extra == 0:
        return False
    values = {"due_at": term.due(case.opened_at, prolonged=True), "prolonged_at": now, "warned": 0}
    connection.execute(sa.update(rights_cases).where(rights_cases.c.ticket_id == ticket_id).values(values))
    _tell(connection, ticket_id, now, kind="legal_prolonged", actor=actor, data={})
    return True


def warn(connection: Connection, now: datetime) -> list[str]:
    """Warn agents of every open case that has reached the next share of its term; returns the conversations to show anew."""
    query = _select(tickets.c.conversation_id, rights_cases.c.warned).where(
        tickets.c.status != Status.RESOLVED.value, rights_cases.c.warned < WARNINGS[-1]
    )
    told = []
    for row in connection.execute(query).all():
        reached = _case(row).warning(now)
        if reached > row.warned:
            connection.execute(sa.update(rights_cases).where(rights_cases.c.ticket_id == row.ticket_id).values(warned=reached))
            connection.execute(sa.update(tickets).where(tickets.c.id == row.ticket_id).values(unread=True))
            _tell(connection, row.ticket_id, now, kind="legal_warned", actor="bot", data={"share": reached})
            told.append(row.conversation_id)
    return told


def _tell(connection: Connection, ticket_id: int, now: datetime, *, kind: str, actor: str, data: dict[str, int]) -> None:
    values = {"ticket_id": ticket_id, "at": now, "kind": kind, "actor": actor, "data": data}
    connection.execute(sa.insert(ticket_events).values(values))


def _select(*more: sa.ColumnElement[object]) -> sa.Select[tuple[object, ...]]:
    shown = (tickets.c.number, tickets.c.status, *more)
    columns = [column for column in rights_cases.c if column.name != "warned"]
    return sa.select(*columns, *shown).join(tickets, tickets.c.id == rights_cases.c.ticket_id)


def _case(row: sa.Row[tuple[object, ...]]) -> Case:
    return Case(
        ticket_id=row.ticket_id,
        number=row.number,
        right=Right(row.right),
        opened_at=row.opened_at,
        due_at=row.due_at,
        prolonged_at=row.prolonged_at,
        is_open=row.status != Status.RESOLVED.value,
    )
