"""Which tickets go into a file, and what stands in its rows: one for each ticket."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets import search
from bot.tickets.filters import FILTERS, Asking, condition
from bot.tickets.labels import of_tickets
from bot.tickets.queries import Ticket, from_row, select
from bot.tickets.reports import Period, within
from bot.tickets.tables import tickets

BATCH = 500
COLUMNS = (
    "number", "created_at", "status", "category", "case", "labels", "customer", "phone", "assignee", "detail",
    "first_response_due_at", "first_responded_at", "resolution_due_at", "resolved_at", "rating", "rating_comment",
)  # fmt: skip
#: Answers of the forms that stand in columns of their own already.
_SHOWN = ("nombre", "detalle", "adjuntos")


@dataclass(frozen=True)
class Wanted:
    """Which tickets: those that the list shows with these filters and words, opened within the period if there is one."""

    username: str = ""  #: whose are "mine"
    filters: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    first: str = ""  #: YYYY-MM-DD, or empty
    last: str = ""

    def period(self, zone: ZoneInfo) -> Period | None:
        """The days, if both are given. Raises ValueError for what is no day."""
        return Period(date.fromisoformat(self.first), date.fromisoformat(self.last), zone) if self.first and self.last else None


@dataclass(frozen=True)
class Words:
    """How the file speaks: all of it is data of the flow or of the console's templates."""

    heads: Mapping[str, str]  #: column → what stands above it
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: column → value → what is written instead
    fields: Mapping[str, str] = field(default_factory=dict)  #: answers of the forms: name → what stands above it
    sheet: str = "Tickets"

    def above(self) -> list[str]:
        """The heads in their order."""
        return [*(self.heads.get(name, name) for name in COLUMNS), *self.fields.values()]

    def as_json(self) -> dict[str, Any]:
        """To be kept with what was asked for."""
        return asdict(self)


def without_shown(fields: Mapping[str, str]) -> dict[str, str]:
    """The answers that get a column of their own."""
    return {name: label for name, label in fields.items() if name not in _SHOWN}


def takes(wanted: Wanted, zone: ZoneInfo) -> bool:
    """Whether all of it makes sense."""
    try:
        period = wanted.period(zone)
    except ValueError:
        return False
    is_whole = bool(wanted.first) == bool(wanted.last)
    in_order = period is None or (period.first <= period.last and date(2000, 1, 1) <= period.first and period.last.year < 2200)
    known = all(name in FILTERS and FILTERS[name].takes(value) for name, value in wanted.filters.items())
    return is_whole and in_order and known


@dataclass(frozen=True)
class Found:
    """A ticket with the names of its labels."""

    ticket: Ticket
    labels: str


@dataclass(frozen=True)
class Reader:
    """Reads the tickets in pieces, so that no piece takes long; each piece as it is when it is read."""

    wanted: Wanted
    now: datetime  #: when it was asked for: what "soon" and "overdue" mean
    zone: ZoneInfo

    def total(self, connection: Connection) -> int:
        """How many there are; of a search, that many at most."""
        if self.wanted.words:
            return connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar_one()
        return connection.execute(sa.select(sa.func.count()).select_from(tickets).where(self._passes())).scalar_one()

    def batch(self, connection: Connection, after: int | None) -> tuple[list[Found], int | None]:
        """Some tickets behind the mark `after` (None: the first ones), and the mark of the next piece, or None at the end.

        Oldest first; what was searched for newest first.
        """
        if self.wanted.words:
            ids = search.found(connection, self.wanted.words, below=after, most=BATCH)
            query = select().where(tickets.c.id.in_(ids), self._passes()).order_by(tickets.c.id.desc())
            more = ids[-1] if len(ids) == BATCH else None
            return _with_labels(connection, query), more
        query = select().where(tickets.c.id > (after or 0), self._passes()).order_by(tickets.c.id).limit(BATCH)
        found = _with_labels(connection, query)
        return found, found[-1].ticket.id if len(found) == BATCH else None

    def rows(self, found: Sequence[Found], words: Words) -> Iterator[list[object]]:
        """One for each ticket, as `words` has the columns."""
        for one in found:
            given = {answer.name: answer.value for answer in one.ticket.fields}
            yield [*(self._value(one, name, words) for name in COLUMNS), *(given.get(name, "") for name in words.fields)]

    def _value(self, one: Found, name: str, words: Words) -> object:
        value = one.labels if name == "labels" else getattr(one.ticket, name)
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        return words.names.get(name, {}).get(value, value)

    def _passes(self) -> sa.ColumnElement[bool]:
        chosen = condition(self.wanted.filters, Asking(self.wanted.username, self.now), lead="")
        period = self.wanted.period(self.zone)
        return chosen if period is None else sa.and_(chosen, within(tickets.c.created_at, period))


def _with_labels(connection: Connection, query: sa.Select[Any]) -> list[Found]:
    found = [from_row(row) for row in connection.execute(query)]
    labels = of_tickets(connection, [ticket.id for ticket in found])
    return [Found(ticket, ", ".join(label.name for label in labels[ticket.id])) for ticket in found]
