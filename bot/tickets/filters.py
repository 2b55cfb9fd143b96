"""What a list of tickets can be narrowed down to. A filter's name stands in the page's address, so a filter is a bookmark.

A new filter is a line here, its words in `words.html`, and, if few of many tickets pass it, an index in `tables`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.tickets.desk_tables import ticket_labels
from bot.tickets.lifecycle import Status
from bot.tickets.queries import is_overdue
from bot.tickets.tables import IS_HELD, IS_UNREAD, tickets

#: For so long after a customer's message WhatsApp lets us write freely.
WINDOW = timedelta(hours=24)
#: A window that closes within this time is closing soon.
CLOSING = timedelta(hours=4)
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Asking:
    """Who looks at the list, and when: what "mine" and "soon" mean."""

    username: str
    now: datetime


@dataclass(frozen=True)
class Filter:
    """A condition: a column that has the value, what `condition` makes of it, or both.

    `values`: all there are; empty if any text may be asked for.
    """

    column: sa.ColumnElement[str] | None = None
    condition: Callable[[Asking], sa.ColumnElement[bool]] = lambda _: sa.true()
    values: frozenset[str] = frozenset()

    def takes(self, value: str) -> bool:
        """Whether this value makes sense; what is refused may not even be taken by PostgreSQL as a parameter."""
        return value in self.values if self.values else 0 < len(value) <= _LONGEST_VALUE and "\0" not in value


_YES = frozenset({"si"})
_unresolved = tickets.c.status != Status.RESOLVED.value

FILTERS: Mapping[str, Filter] = {
    "estado": Filter(tickets.c.status, values=frozenset(Status)),
    "caso": Filter(tickets.c.case),
    "categoria": Filter(tickets.c.category),
    "asesor": Filter(tickets.c.assignee),
    # Of another table, and joined to it: `listing` then goes by the indexes of that one.
    "etiqueta": Filter(ticket_labels.c.label, condition=lambda _: ticket_labels.c.ticket_id == tickets.c.id),
    "mias": Filter(condition=lambda asking: sa.and_(tickets.c.assignee == asking.username, IS_HELD), values=_YES),
    # A ticket without an agent is an open one, and the other way round: the database sees to that.
    "sin_asesor": Filter(condition=lambda _: tickets.c.status == Status.OPEN.value, values=_YES),
    "no_leidas": Filter(condition=lambda _: IS_UNREAD, values=_YES),
    "vencidas": Filter(condition=lambda asking: is_overdue(asking.now), values=_YES),
    "por_cerrar": Filter(condition=lambda asking: sa.and_(_unresolved, *_between(asking.now, CLOSING)), values=_YES),
    "ventana_abierta": Filter(condition=lambda asking: sa.and_(_unresolved, *_between(asking.now, WINDOW)), values=_YES),
}


def condition(chosen: Mapping[str, str], asking: Asking, lead: str | None = None) -> sa.ColumnElement[bool]:
    """All of the chosen filters together. Each must be one of `FILTERS` and take its value.

    With `lead` the database can use no index of a column but that filter's, or none if it names no chosen filter.
    """
    return sa.and_(sa.true(), *(_one(name, value, asking, may_lead=lead in (None, name)) for name, value in chosen.items()))


def _one(name: str, value: str, asking: Asking, *, may_lead: bool) -> sa.ColumnElement[bool]:
    column, also = FILTERS[name].column, FILTERS[name].condition(asking)
    if column is None:
        return also
    # An index is on a column, not on what a function makes of it: this is how both databases can be kept from one.
    return sa.and_((column if may_lead else sa.func.coalesce(column, "")) == value, also)


def _between(now: datetime, left: timedelta) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """The window is open, and closes within `left`."""
    return tickets.c.last_message_at > now - WINDOW, tickets.c.last_message_at <= now - WINDOW + left
