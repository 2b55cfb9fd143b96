"""The console's list: filtered, sorted, page after page; every page costs the same, however many tickets there are.

Pages are found by key: a mark names the last row shown, and the next page begins behind it. Counts stop at `MOST`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets import search
from bot.tickets.desk_tables import ticket_labels
from bot.tickets.filters import FILTERS, Asking, condition
from bot.tickets.lifecycle import Status
from bot.tickets.queries import Ticket, from_row, select
from bot.tickets.tables import tickets

PAGE = 25
#: Nobody works through more than this, and counting on would cost more with every ticket.
MOST = 1000
#: So many tickets can be looked through for one page.
_FEW = 5_000
#: How many matches of a search are put through the filters for one page: so a search has a longest time.
LOOKED_THROUGH = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Sort:
    """An order of the list. Tickets of the same moment follow their numbers."""

    column: sa.ColumnElement[int] | sa.ColumnElement[datetime]
    descending: bool
    also: Mapping[str, str] = field(default_factory=dict)  #: filters without which this order makes no sense


SORTS: Mapping[str, Sort] = {
    "recientes": Sort(tickets.c.id, descending=True),
    "antiguas": Sort(tickets.c.id, descending=False),
    "actividad": Sort(tickets.c.last_message_at, descending=True),
    "ventana": Sort(tickets.c.last_message_at, descending=False, also={"ventana_abierta": "si"}),
}


class MarkRefusedError(ValueError):
    """What stands where a page's mark belongs is none."""


@dataclass(frozen=True)
class Mark:
    """The last row of a page: where the next one begins."""

    id: int
    at: datetime | None = None  #: its `last_message_at`, in the orders that go by it

    def __str__(self) -> str:
        return str(self.id) if self.at is None else f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


@dataclass(frozen=True)
class Question:
    """What a list is asked for. `filters` and `sort` name entries of `FILTERS` and `SORTS`."""

    asking: Asking
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = "recientes"
    words: str = ""  #: to be searched for; then the newest come first, whatever `sort` says
    behind: Mark | None = None
    size: int = PAGE


@dataclass(frozen=True)
class Page:
    """Some tickets in the order asked for, and the mark of the next page, or None if this was the last."""

    tickets: Sequence[Ticket]
    more: Mark | None


def read_mark(text: str, sort: str) -> Mark:
    """A mark as `str` writes it. Raises MarkRefusedError, also for a mark of another order."""
    *before, identity = text.split("-")
    by_time = SORTS[sort].column is tickets.c.last_message_at
    if len(before) != by_time or not all(part.isascii() and part.isdecimal() and len(part) < 20 for part in (*before, identity)):
        raise MarkRefusedError(text)
    try:
        at = _EPOCH + timedelta(microseconds=int(before[0])) if by_time else None
    except OverflowError:
        raise MarkRefusedError(text) from None
    if not 0 < int(identity) <= _HIGHEST_ID:
        raise MarkRefusedError(text)
    return Mark(int(identity), at)


def page(connection: Connection, question: Question) -> Page:
    """One page of the list."""
    if question.words:
        return _searched(connection, question)
    sort = SORTS[question.sort]
    filters = {**question.filters, **sort.also}
    query = select().where(condition(filters, question.asking, _lead(connection, filters, question.asking)))
    keys = _keys(sort, filters)
    query = query.order_by(*(key.desc() if sort.descending else key.asc() for key in keys)).limit(question.size + 1)
    if question.behind is not None:
        query = query.where(_behind(keys, question.behind, descending=sort.descending))
    found = [from_row(row) for row in connection.execute(query)]
    shown = found[: question.size]
    return Page(shown, _mark(sort, shown[-1]) if len(found) > question.size else None)


def _searched(connection: Connection, question: Question) -> Page:
    """A page of what was searched for. With filters it may be short, even empty, and still be followed by another one."""
    most = LOOKED_THROUGH if question.filters else question.size + 1
    below = question.behind.id if question.behind else None
    ids = search.found(connection, question.words, below=below, most=most)
    query = select().where(tickets.c.id.in_(ids), condition(question.filters, question.asking, lead=""))
    found = [from_row(row) for row in connection.execute(query.order_by(tickets.c.id.desc()).limit(question.size + 1))]
    shown = found[: question.size]
    if len(found) > question.size:
        return Page(shown, Mark(shown[-1].id))
    return Page(shown, Mark(ids[-1]) if len(ids) == most else None)


def counts(
    connection: Connection, names: Sequence[str], asking: Asking, most: int = MOST, labels: Sequence[str] = ()
) -> dict[str, dict[str, int]]:
    """How many tickets these filters and these labels let through, each by itself: name → value → count, at most `most` + 1."""
    wanted = [(name, value) for name in names for value in _ordered(FILTERS[name].values)]
    wanted += [("etiqueta", label) for label in labels]
    row = connection.execute(sa.select(*(_count({name: value}, asking, most) for name, value in wanted))).one()
    found: dict[str, dict[str, int]] = {}
    for (name, value), count in zip(wanted, row, strict=True):
        found.setdefault(name, {})[value] = count
    return found


def count(connection: Connection, filters: Mapping[str, str], asking: Asking, most: int = MOST) -> int:
    """How many tickets pass, at most `most` + 1."""
    lead = _lead(connection, filters, asking)
    return int(connection.execute(sa.select(_count(filters, asking, most, lead))).scalar_one())


def values(connection: Connection, column: sa.Column[str]) -> list[str]:
    """Every value of an indexed column once, by leaping along the index: quick if there are few, however many rows."""
    leap = sa.select(sa.func.min(column).label("value")).cte("leap", recursive=True)
    following = sa.select(sa.func.min(column)).where(column > leap.c.value).scalar_subquery()
    leap = leap.union_all(sa.select(following).where(leap.c.value.is_not(None)))
    return list(connection.execute(sa.select(leap.c.value).where(leap.c.value.is_not(None), leap.c.value != "")).scalars())


def _lead(connection: Connection, filters: Mapping[str, str], asking: Asking) -> str | None:
    """Of several filters the one that lets the fewest through, if those are few: the others are put to its tickets only.

    SQLite cannot know which of two indexes is the better one; PostgreSQL keeps statistics. Where many pass each filter, a page
    is full soon anyway.
    """
    if len(filters) < 2 or connection.dialect.name != "sqlite":
        return None
    sizes = connection.execute(sa.select(*(_count({name: value}, asking, _FEW) for name, value in filters.items()))).one()
    size, lead = min(zip(sizes, filters, strict=True))
    return lead if size <= _FEW else None


def _count(filters: Mapping[str, str], asking: Asking, most: int, lead: str | None = None) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(tickets).where(condition(filters, asking, lead)).limit(most + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _keys(sort: Sort, filters: Mapping[str, str]) -> list[sa.ColumnElement[Any]]:
    """The columns that an order goes by: those of the label's own indexes where a label is asked for."""
    by_label = "etiqueta" in filters
    identity = ticket_labels.c.ticket_id if by_label else tickets.c.id
    if sort.column is tickets.c.id:
        return [identity]
    return [ticket_labels.c.last_message_at if by_label else tickets.c.last_message_at, identity]


def _behind(keys: Sequence[sa.ColumnElement[Any]], mark: Mark, *, descending: bool) -> sa.ColumnElement[bool]:
    places = [mark.id] if mark.at is None else [mark.at, mark.id]
    row = sa.tuple_(*keys)
    last = sa.tuple_(*(sa.literal(place, key.type) for place, key in zip(places, keys, strict=True)))
    return row < last if descending else row > last


def _mark(sort: Sort, last: Ticket) -> Mark:
    return Mark(last.id, None if sort.column is tickets.c.id else last.last_message_at)


def _ordered(values: frozenset[str]) -> list[str]:
    """States in the order of their life; the rest has one value."""
    return [status.value for status in Status] if values == frozenset(Status) else sorted(values)
