"""What a list of tickets can be narrowed down to. A filter's name stands in the page's address, so a filter is a bookmark.

A new filter is a line here, its words in `words.html`, and, if few of many tickets pass it, an index in `tables`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

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
    """A condition on a value. `values`: all there are; empty if any text may be asked for."""

    condition: Callable[[str, Asking], sa.ColumnElement[bool]]
    values: frozenset[str] = frozenset()

    def takes(self, value: str) -> bool:
        """Whether this value makes sense; what is refused may not even be taken by PostgreSQL as a parameter."""
        return value in self.values if self.values else 0 < len(value) <= _LONGEST_VALUE and "\0" not in value


_YES = frozenset({"si"})
_unresolved = tickets.c.status != Status.RESOLVED.value

FILTERS: Mapping[str, Filter] = {
    "estado": Filter(lambda value, _: tickets.c.status == value, frozenset(Status)),
    "caso": Filter(lambda value, _: tickets.c.case == value),
    "categoria": Filter(lambda value, _: tickets.c.category == value),
    "asesor": Filter(lambda value, _: tickets.c.assignee == value),
    "mias": Filter(lambda _, asking: sa.and_(tickets.c.assignee == asking.username, IS_HELD), _YES),
    # A ticket without an agent is an open one, and the other way round: the database sees to that.
    "sin_asesor": Filter(lambda _, __: tickets.c.status == Status.OPEN.value, _YES),
    "no_leidas": Filter(lambda _, __: IS_UNREAD, _YES),
    "vencidas": Filter(lambda _, asking: is_overdue(asking.now), _YES),
    "por_cerrar": Filter(lambda _, asking: sa.and_(_unresolved, *_between(asking.now, CLOSING)), _YES),
    "ventana_abierta": Filter(lambda _, asking: sa.and_(_unresolved, *_between(asking.now, WINDOW)), _YES),
}


def condition(chosen: Mapping[str, str], asking: Asking) -> sa.ColumnElement[bool]:
    """All of the chosen filters together. Each must be one of `FILTERS` and take its value."""
    return sa.and_(sa.true(), *(FILTERS[name].condition(value, asking) for name, value in chosen.items()))


def _between(now: datetime, left: timedelta) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """The window is open, and closes within `left`."""
    return tickets.c.last_message_at > now - WINDOW, tickets.c.last_message_at <= now - WINDOW + left
