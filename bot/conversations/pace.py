"""How fast one customer is answered: a minute's worth of messages at once, then one at a time. Nothing is lost, only later.

Each message costs its part of a minute; `conversations.pace` says up to when what came is paid for. Who is ahead by more than
a minute waits for the difference, in the order in which they wrote, while everybody else is served.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.conversations.tables import conversations
from bot.due import LONGEST_WAIT

_MINUTE = 60_000


@dataclass(frozen=True)
class Pace:
    """So many messages of one customer each minute; 0 is no limit."""

    per_minute: int = 0

    @property
    def cost(self) -> int:
        """Milliseconds that a message takes of its minute."""
        return _MINUTE // self.per_minute if self.per_minute else 0

    def due(self, paid_until: int, now: datetime) -> datetime | None:
        """When a message is to be handled that is paid for up to then; None is at once."""
        wait = paid_until - _MINUTE - milliseconds(now)
        return now + timedelta(milliseconds=wait) if self.per_minute and wait > 0 else None

    def begins_to_wait(self, paid_until: int, now: datetime) -> bool:
        """Whether the message before was still handled at once: the moment to tell the customer."""
        return self.due(paid_until, now) is not None and self.due(paid_until - self.cost, now) is None


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp() * 1000)


def paying(now: datetime, pace: Pace) -> dict[str, int]:
    """What a statement with `PAID` is given."""
    return {"now_paid": milliseconds(now), "most_paid": milliseconds(now + LONGEST_WAIT), "cost": pace.cost}


#: The column after one more message. Who seems to be further ahead than anybody is put off begins anew: see `due`.
PAID = sa.case(
    (
        conversations.c.pace.between(
            sa.bindparam("now_paid", type_=sa.BigInteger), sa.bindparam("most_paid", type_=sa.BigInteger)
        ),
        conversations.c.pace,
    ),
    else_=sa.bindparam("now_paid", type_=sa.BigInteger),
) + sa.bindparam("cost", type_=sa.BigInteger)
