"""When something that was put off has come due, also if the clock was set back meanwhile.

Nothing is put off for longer than `LONGEST_WAIT`. What seems to be due later than that was put off by a clock that showed more
than it does now: it is due at once, or an hour's correction would be an hour of silence.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

LONGEST_WAIT = timedelta(minutes=10)


def is_due(at: datetime | None, now: datetime) -> bool:
    """Whether this time has come; what has none is due at once."""
    return at is None or at <= now or at > now + LONGEST_WAIT


def has_come(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """The same as a condition, for a column that holds a time. The statement is given the values of `times`."""
    return sa.or_(column <= sa.bindparam("now"), column > sa.bindparam("beyond"))


def times(now: datetime) -> dict[str, datetime]:
    """What statements with `has_come` are given."""
    return {"now": now, "beyond": now + LONGEST_WAIT}
