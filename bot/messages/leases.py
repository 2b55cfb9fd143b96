"""How long a message belongs to the sender that claimed it: by the database's clock, which is one for all machines."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.db import Moment

#: A claimed message that nobody settles within this time was left behind by a sender that died: its outcome is unknown.
LEASE = timedelta(seconds=60)


def database_time(dialect: str, name: str, later: timedelta = timedelta(0)) -> sa.ColumnElement[datetime]:
    """Now, or so much later, by the database's clock; for an embedded one the statement is given `name` by `clock`.

    Never the product's time: that can be moved, and differs from machine to machine.
    """
    if dialect == "postgresql":
        return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)) + sa.literal(later, sa.Interval)
    return sa.bindparam(name, type_=Moment)


def clock() -> dict[str, datetime]:
    """This machine's clock, which an embedded database has: values for statements with `free_at` and `lease_until`."""
    now = datetime.now(UTC)
    return {"free_at": now, "lease_until": now + LEASE}
