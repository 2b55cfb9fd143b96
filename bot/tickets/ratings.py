"""Reports on how customers rate the attention: of the tickets that were resolved in the period and are resolved still."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets.reports import Period, Table, within
from bot.tickets.tables import tickets

STARS = (5, 4, 3, 2, 1)
#: Comments are there to be read, the newest first; nobody reads more at once.
MOST_COMMENTS = 200
_FEW_STARS = 2


def stars(connection: Connection, period: Period) -> Table:
    """How often each number of stars was given, and its share of all."""
    query = sa.select(tickets.c.rating, sa.func.count().label("number")).where(_rated(period)).group_by(tickets.c.rating)
    counts = {row.rating: row.number for row in connection.execute(query)}
    whole = sum(counts.values())
    rows = ((number, counts.get(number, 0), share(counts.get(number, 0), whole)) for number in STARS)
    return Table(("stars", "rated", "percent"), tuple(rows))


def by_agent(connection: Connection, period: Period) -> Table:
    """How the customers of each agent rate them: how many did, the average, and how many gave one or two stars."""
    return _by(connection, period, "assignee")


def by_case(connection: Connection, period: Period) -> Table:
    """The same by the documented case that a ticket was recognised as."""
    return _by(connection, period, "case")


def comments(connection: Connection, period: Period) -> Table:
    """What customers said to their rating, the newest first, `MOST_COMMENTS` at most. Their words: untrusted."""
    columns = ("number", "resolved_at", "rating", "assignee", "rating_comment")
    said = sa.and_(_rated(period), tickets.c.rating_comment != "")
    query = sa.select(*(tickets.c[name] for name in columns)).where(said)
    found = connection.execute(query.order_by(tickets.c.resolved_at.desc(), tickets.c.id.desc()).limit(MOST_COMMENTS))
    rows = ((row.number, row.resolved_at.astimezone(period.zone).date(), *row[2:]) for row in found)
    return Table(("number", "day", "stars", "assignee", "rating_comment"), tuple(rows))


#: As `reports.REPORTS`.
RATINGS: Mapping[str, Callable[[Connection, Period], Table]] = {
    "calificaciones": stars,
    "calificaciones-asesores": by_agent,
    "calificaciones-casos": by_case,
    "comentarios": comments,
}


def average(connection: Connection, period: Period) -> tuple[int, float | None]:
    """How many rated, and the average of their stars; None if nobody did."""
    count, mean = connection.execute(sa.select(sa.func.count(), sa.func.avg(tickets.c.rating)).where(_rated(period))).one()
    return count, None if mean is None else round(float(mean), 2)


def share(part: int, whole: int) -> float | None:
    """Percent, with one digit behind the point; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _by(connection: Connection, period: Period, name: str) -> Table:
    few = sa.func.count(sa.case((tickets.c.rating <= _FEW_STARS, 1)))
    rated = sa.func.count().label("rated")
    query = sa.select(tickets.c[name], rated, sa.func.avg(tickets.c.rating), few).where(_rated(period))
    found = connection.execute(query.group_by(tickets.c[name]).order_by(sa.text("rated DESC"), tickets.c[name]))
    return Table(
        (name, "rated", "average", "few_stars"), tuple((key, n, round(float(mean), 2), low) for key, n, mean, low in found)
    )


def _rated(period: Period) -> sa.ColumnElement[bool]:
    return sa.and_(within(tickets.c.resolved_at, period), tickets.c.rating.is_not(None))
