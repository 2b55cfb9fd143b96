"""Reading the audit trail, newest first, page by page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import agents, audit

PAGE = 50
#: What `about` of a deed can look like; PostgreSQL does not even take every text as a parameter.
_OBJECT = re.compile(r"[\w.:@-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """Which lines are looked for; what is empty does not matter."""

    username: str = ""  #: who did it
    action: str = ""
    about: str = ""  #: a ticket's number, or the username of the one it was done to
    since: datetime | None = None
    until: datetime | None = None  #: not included


@dataclass(frozen=True)
class Line:
    """One line of the trail. `username` and `name` are empty for an operator's command and for a failed login."""

    id: int
    at: datetime
    username: str
    name: str
    action: str
    about: str
    address: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Some lines, newest first. `older` is where the next page begins, or None if this was the last."""

    lines: Sequence[Line]
    older: int | None


def page(connection: Connection, wanted: Wanted, *, before: int | None = None, size: int = PAGE) -> Page:
    """The newest lines that are wanted, or those older than `before` (a page's `older`)."""
    if any(given and not _OBJECT.fullmatch(given) for given in (wanted.username, wanted.action, wanted.about)):
        return Page((), None)
    query = (
        sa.select(audit, agents.c.username, agents.c.name)
        .outerjoin(agents, agents.c.id == audit.c.agent_id)
        .order_by(audit.c.id.desc())
        .limit(size + 1)
    )
    if wanted.username:
        whose = sa.select(agents.c.id).where(agents.c.username == wanted.username).scalar_subquery()
        query = query.where(audit.c.agent_id == whose)
    for column, value in ((audit.c.action, wanted.action), (audit.c.object, wanted.about)):
        query = query.where(column == value) if value else query
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    if before is not None:
        query = query.where(audit.c.id < before)
    found = [_line(row) for row in connection.execute(query)]
    return Page(found[:size], found[size - 1].id if len(found) > size else None)


def _line(row: sa.Row[Any]) -> Line:
    return Line(
        id=row.id,
        at=row.at,
        username=row.username or "",
        name=row.name or "",
        action=row.action,
        about=row.object,
        address=row.address,
        data=row.data,
    )
