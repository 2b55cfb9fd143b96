"""Whether the product has nothing left to do for now, asked of its database: how a script knows that the answers are in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations import inbox
from bot.messages.tables import UNSETTLED, messages


def is_idle(connection: Connection, now: datetime) -> bool:
    """True if every input is handled, no time has run out unnoticed, and every reply has been sent or given up."""
    if inbox.waiting(connection, now, 1) or inbox.due(connection, now, 1):
        return False
    unsent = sa.select(messages.c.id).where(messages.c.status.in_(UNSETTLED)).limit(1)
    return connection.execute(unsent).first() is None
