"""What an agent has begun to write to a customer and keeps for later: one draft for each ticket and agent."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.statements import insert_new
from bot.tickets.tables import drafts, tickets


def keep(connection: Connection, number: str, agent: str, text: str, now: datetime) -> None:
    """Keep a text in place of the one before; an empty one takes the draft away. A ticket that is not there keeps none."""
    identity = connection.execute(sa.select(tickets.c.id).where(tickets.c.number == number)).scalar_one_or_none()
    if identity is None:
        return
    ours = sa.and_(drafts.c.ticket_id == identity, drafts.c.agent == agent)
    if not text:
        connection.execute(sa.delete(drafts).where(ours))
    elif not insert_new(connection, drafts, {"ticket_id": identity, "agent": agent, "text": text, "updated_at": now}):
        connection.execute(sa.update(drafts).where(ours).values(text=text, updated_at=now))


def kept(connection: Connection, ticket_id: int, agent: str) -> str:
    """The agent's draft for a ticket, or empty."""
    query = sa.select(drafts.c.text).where(drafts.c.ticket_id == ticket_id, drafts.c.agent == agent)
    return connection.execute(query).scalar_one_or_none() or ""
