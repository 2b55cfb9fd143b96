"""How the work went in a period: one function for each report, which gives a table of plain values.

Days are those of the zone of the business hours. What is counted of a ticket is how it stands today: one that was resolved and
reopened counts as not resolved.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
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
    opened, resolved = (
        Counter(moment.astimezone(period.zone).date() for moment in _moments(connection, column, period))
        for column in (tickets.c.created_at, tickets.c.resolved_at)
    )
    before = _count(connection, tickets.c.created_at < period.begin) - _count(connection, tickets.c.resolved_at < period.begin)
    left = accumulate((opened[day] - resolved[day] for day in period.days), initial=before)
    next(left)
    rows = ((day, opened[day], resolved[day], backlog) for day, backlog in zip(period.days, left, strict=True))
    return Table(("day", "opened", "resolved", "backlog"), tuple(rows))


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
    columns = (tickets.c.created_at, tickets.c.first_responded_at, tickets.c.resolved_at)
    found = connection.execute(sa.select(*columns).where(within(tickets.c.created_at, period))).all()
    answers = sorted(_hours(row.created_at, row.first_responded_at) for row in found if row.first_responded_at)
    solutions = sorted(_hours(row.created_at, row.resolved_at) for row in found if row.resolved_at)
    rows = (
        (name, len(hours), share_below(hours, 0.5), share_below(hours, 0.9))
        for name, hours in (("first_response", answers), ("resolution", solutions))
    )
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
    answered_in_time = tickets.c.first_responded_at <= tickets.c.first_response_due_at
    resolved_in_time = tickets.c.resolved_at <= tickets.c.resolution_due_at
    query = (
        sa.select(
            tickets.c[name],
            sa.func.count().label("opened"),
            sa.func.count(tickets.c.resolved_at),
            sa.func.count(sa.case((answered_in_time, 1))),
            sa.func.count(sa.case((resolved_in_time, 1))),
        )
        .where(within(tickets.c.created_at, period))
        .group_by(tickets.c[name])
        .order_by(sa.text("opened DESC"), tickets.c[name])
    )
    rows = tuple(tuple(row) for row in connection.execute(query))
    return Table((name, "opened", "resolved", "answered_in_time", "resolved_in_time"), rows)


def _moments(connection: Connection, column: sa.Column[Any], period: Period) -> Iterable[datetime]:
    return connection.scalars(sa.select(column).where(within(column, period)))


def within(column: sa.Column[Any], period: Period) -> sa.ColumnElement[bool]:
    """The moment lies in the period."""
    return sa.and_(column >= period.begin, column < period.end)


def _count(connection: Connection, condition: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(tickets).where(condition)).scalar_one()


def _hours(begin: datetime, end: datetime) -> float:
    return round((end - begin) / timedelta(hours=1), 1)


def share_below(ordered: list[float], share: float) -> float | None:
    """The smallest value that this share of all is not above (nearest rank); None if there is none."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)] if ordered else None
