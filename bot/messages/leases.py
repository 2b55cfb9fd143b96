"""How long a message belongs to the sender that claimed it: by the database's clock, which is one for all machines."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.db import Moment

#: A claimed message that nobody settles within this time was left behind by a sender that died: its outcome is unknown.
LEASE = timedelta(seconds=60)


def database_time(connection: Connection, later: timedelta = timedelta(0)) -> sa.ColumnElement[datetime]:
    """Now, or so much later, by the database's clock; an embedded one has this machine's.

    Never the product's time: that can be moved, and differs from machine to machine.
    """
    if connection.dialect.name == "postgresql":
        return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)) + sa.literal(later, sa.Interval)
    return sa.literal(datetime.now(UTC) + later, Moment)
