"""What a day's messages may cost: a cap on how many are sent, and who hears when it is near.

When it is reached, what only asks (menus, questions, reminders) is left out. Confirmations, answers and whatever agents write go
all the same: a cap is there to stop a runaway, not to leave a customer without the number of their ticket.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import metrics
from bot.messages.tables import Status, messages, sent_days
from bot.statements import Prepared, insert_new

_log = logging.getLogger(__name__)
#: Part of the day's cap at which the operator is told first, and agents see it.
NEAR = 0.8
_SENT = Prepared(sa.select(sent_days.c.sent).where(sent_days.c.day == sa.bindparam("today")))
_COUNT = Prepared(
    sa.update(sent_days)
    .where(sent_days.c.day == sa.bindparam("today"))
    .values(sent=sent_days.c.sent + sa.bindparam("more"), left_out=sent_days.c.left_out + sa.bindparam("fewer"))
    .returning(sent_days.c.sent)
)
_LEAVE_OUT = Prepared(
    sa.update(messages)
    .where(messages.c.id == sa.bindparam("message_id"), messages.c.status == Status.QUEUED.value)
    .values(status=Status.EXPIRED.value, due_at=None, updated_at=sa.bindparam("now"))
)


@dataclass(frozen=True)
class Allowance:
    """So many messages on each day of `zone`, all processes together; 0 is no limit."""

    per_day: int = 0
    zone: tzinfo = timezone(timedelta(hours=-5))

    def day(self, now: datetime) -> date:
        """The day that a message counts for."""
        return now.astimezone(self.zone).date()


UNLIMITED = Allowance()


def part_spent(connection: Connection, allowance: Allowance, now: datetime) -> float | None:
    """Which part of the day's messages is sent; None if a day has no end of them."""
    if not allowance.per_day:
        return None
    sent: int | None = _SENT.scalar(connection, today=allowance.day(now))
    return (sent or 0) / allowance.per_day


def is_spent(connection: Connection, allowance: Allowance, now: datetime) -> bool:
    """Whether the day's messages are sent."""
    part = part_spent(connection, allowance, now)
    return part is not None and part >= 1


def leave_out(connection: Connection, message_id: str, now: datetime) -> None:
    """Do not send a message that only asks."""
    _LEAVE_OUT.run(connection, message_id=message_id, now=now)


def count(connection: Connection, allowance: Allowance, now: datetime, *, sent: int, left_out: int) -> None:
    """Note what was handed over and what was left out; the operator is told when the cap is near, and when it is reached.

    The row is one for all processes, so the line is too.
    """
    if not allowance.per_day or not (sent or left_out):
        return
    day = allowance.day(now)
    insert_new(connection, sent_days, {"day": day, "sent": 0, "left_out": 0})
    after: int = _COUNT.scalar(connection, today=day, more=sent, fewer=left_out)
    metrics.SENDS_LEFT_OUT.inc(left_out)
    for part, what in (
        (NEAR, "four fifths of the day's messages are sent"),
        (1.0, "the day's messages are sent: menus are left out"),
    ):
        if after - sent < part * allowance.per_day <= after:
            _log.error("%s (overload.sends_per_day)", what, extra={"sent": after})
