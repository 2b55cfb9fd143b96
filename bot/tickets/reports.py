"""How the work went in a period: one function for each report, which gives a table of plain values.

Days are those of the zone of the business hours. What is counted of a ticket is how it stands today: one that was resolved and
reopened counts as not resolved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets.tables import tickets

Value = str | int | float | date | None


@dataclass(frozen=True)
class Period:
    """Whole days, both included, in a zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in it."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def before(self) -> "Period":
        """As many days, right before it: what it is compared with."""
        return Period(self.first - (self.last - self.first) - timedelta(days=1), self.first - timedelta(days=1), self.zone)

    @property
    def days(self) -> list[date]:
        """Its days in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Table:
    """A report's outcome. `columns` are names in the code; the console has a word for each. The first column names the row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def movement(connection: Connection, period: Period) -> Table:
    """Day by day: tickets opened, tickets resolved, and how many were left at the end of the day."""
    days = [Period(day, day, period.zone) for day in period.days]
    opened, resolved = (
        connection.execute(sa.select(*(_count(within(column, day)) for day in days))).one()
        for column in (tickets.c.created_at, tickets.c.resolved_at)
    )
    left = accumulate(
        (came - went for came, went in zip(opened, resolved, strict=True)), initial=left_at(connection, period.begin)
    )
    next(left)
    return Table(("day", "opened", "resolved", "backlog"), tuple(zip(period.days, opened, resolved, left, strict=True)))


def by_category(connection: Connection, period: Period) -> Table:
    """The tickets opened in the period, by category."""
    return _by(connection, period, "category")


def by_case(connection: Connection, period: Period) -> Table:
    """The tickets opened in the period, by the documented case they were recognised as."""
    return _by(connection, period, "case")


def by_agent(connection: Connection, period: Period) -> Table:
    """The tickets opened in the period, by the agent who has them or had them last."""
    return _by(connection, period, "assignee")


def times(connection: Connection, period: Period) -> Table:
    """How long the tickets opened in the period took, in hours by the clock: the middle one, and nine of ten."""
    ends = {"first_response": tickets.c.first_responded_at, "resolution": tickets.c.resolved_at}
    rows = ((name, *_spread(connection, end, period)) for name, end in ends.items())
    return Table(("time", "count", "median_hours", "p90_hours"), tuple(rows))


#: What a report is called in an address → what makes it. A new report is a line here and its words in `words.html`.
REPORTS: Mapping[str, Callable[[Connection, Period], Table]] = {
    "movimiento": movement,
    "tiempos": times,
    "categorias": by_category,
    "casos": by_case,
    "asesores": by_agent,
}


def _by(connection: Connection, period: Period, name: str) -> Table:
    query = (
        sa.select(
            tickets.c[name],
            sa.func.count().label("opened"),
            sa.func.count(tickets.c.resolved_at),
            *_in_time(),
        )
        .where(within(tickets.c.created_at, period))
        .group_by(tickets.c[name])
        .order_by(sa.text("opened DESC"), tickets.c[name])
    )
    rows = tuple(tuple(row) for row in connection.execute(query))
    return Table((name, "opened", "resolved", "answered_in_time", "resolved_in_time"), rows)


def within(column: sa.Column[Any], period: Period) -> sa.ColumnElement[bool]:
    """The moment lies in the period."""
    return sa.and_(column >= period.begin, column < period.end)


def _count(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(tickets).where(condition).scalar_subquery()


def left_at(connection: Connection, moment: datetime) -> int:
    """How many were left at this moment. Two ranges of the index: to count all that ever came would cost ever more."""
    came = tickets.c.created_at < moment
    still, later = (_count(sa.and_(end, came)) for end in (tickets.c.resolved_at.is_(None), tickets.c.resolved_at >= moment))
    return int(connection.execute(sa.select(still + later)).scalar_one())


def kept(connection: Connection, period: Period) -> tuple[int, int, int, int]:
    """Of a period: opened, and of those answered in time and resolved in time; and resolved in it, whenever they were opened."""
    query = sa.select(sa.func.count(), *_in_time()).where(within(tickets.c.created_at, period))
    opened, answered_in_time, resolved_in_time = (int(number) for number in connection.execute(query).one())
    resolved = connection.execute(sa.select(_count(within(tickets.c.resolved_at, period)))).scalar_one()
    return opened, answered_in_time, resolved_in_time, resolved


def _in_time() -> list[sa.ColumnElement[int]]:
    answered = tickets.c.first_responded_at <= tickets.c.first_response_due_at
    resolved = tickets.c.resolved_at <= tickets.c.resolution_due_at
    return [sa.func.count(sa.case((in_time, 1))) for in_time in (answered, resolved)]


def _spread(connection: Connection, end: sa.Column[Any], period: Period) -> tuple[int, float | None, float | None]:
    """How many of the tickets opened in the period have this end, and the hours that half and nine of ten of them took."""
    ended = sa.and_(within(tickets.c.created_at, period), end.is_not(None))
    hours = _hours(connection, tickets.c.created_at, end)
    # Nearest rank: the smallest that this share of all is not above.
    if connection.dialect.name == "sqlite":  # which has no such function, and sorts and ranks more slowly than this
        found = sorted(connection.execute(sa.select(hours).where(ended)).scalars())
        count, places = len(found), [found[(len(found) * tenths + 9) // 10 - 1] if found else None for tenths in (5, 9)]
    else:
        shares = (sa.func.percentile_disc(tenths / 10).within_group(hours) for tenths in (5, 9))
        count, *places = connection.execute(sa.select(sa.func.count(), *shares).where(ended)).one()
    half, most = (None if value is None else round(float(value), 1) for value in places)
    return count, half, most


def _hours(connection: Connection, begin: sa.Column[Any], end: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if connection.dialect.name == "sqlite":
        return (sa.func.julianday(end) - sa.func.julianday(begin)) * 24
    return sa.extract("epoch", end - begin) / 3600
