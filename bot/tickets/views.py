"""Views: filters, order and words of the list that an agent keeps under a name. What stands in the address is all there is."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.tickets.desk_tables import views

LONGEST_NAME = 40
#: More is a list to search through, which a view is there to save.
MOST = 20


@dataclass(frozen=True)
class View:
    """One view of an agent's."""

    id: int
    name: str
    query: str  #: as it stands behind the list's `?`


class ViewRefusedError(ValueError):
    """It cannot be kept; `reason` says why in one word: no_name, too_long, too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the view cannot be kept: {reason}")
        self.reason = reason


def listed(connection: Connection, agent: str) -> list[View]:
    """An agent's views by name."""
    query = sa.select(views.c.id, views.c.name, views.c.query).where(views.c.agent == agent).order_by(views.c.name)
    return [View(*row) for row in connection.execute(query)]


def keep(connection: Connection, agent: str, name: str, query: str) -> None:
    """Keep a view; one of the same name is replaced. Raises ViewRefusedError."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not name or len(name) > LONGEST_NAME:
        raise ViewRefusedError("too_long" if name else "no_name")
    connection.execute(sa.delete(views).where(views.c.agent == agent, views.c.name == name))
    if len(listed(connection, agent)) >= MOST:
        raise ViewRefusedError("too_many")
    connection.execute(sa.insert(views).values(agent=agent, name=name, query=query))


def delete(connection: Connection, agent: str, identity: int) -> bool:
    """Forget one of this agent's views; False if there is none."""
    ours = sa.and_(views.c.agent == agent, views.c.id == identity)
    return connection.execute(sa.delete(views).where(ours)).rowcount == 1
