"""How long a message belongs to the sender that claimed it: by the database's clock, which is one for all machines.

Never the product's time: that can be moved, and differs from machine to machine.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.db import Moment

#: A claimed message that nobody settles within this time was left behind by a sender that died: its outcome is unknown.
LEASE = timedelta(seconds=60)


def is_over(lease_until: sa.Column[Any], dialect: str) -> sa.ColumnElement[bool]:
    """Whether nobody has it. On SQLite a statement with this is given `here()`."""
    now = sa.func.clock_timestamp() if dialect == "postgresql" else sa.bindparam("machine_now", type_=Moment())
    return sa.or_(lease_until.is_(None), lease_until <= now)


def end(dialect: str) -> sa.ColumnElement[Any]:
    """When a lease that begins now is over. On SQLite a statement with this is given `here()`."""
    if dialect == "postgresql":
        return sa.func.clock_timestamp() + sa.literal_column(f"interval '{LEASE.total_seconds():.0f} seconds'")
    return sa.bindparam("machine_end", type_=Moment())


def here() -> dict[str, datetime]:
    """The clock of this machine, which is the embedded database's."""
    now = datetime.now(UTC)
    return {"machine_now": now, "machine_end": now + LEASE}
