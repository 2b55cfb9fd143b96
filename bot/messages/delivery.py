"""How far messages got, by the provider's status callbacks. They come twice, late and out of order: a status only moves up."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import metrics
from bot.channels.base import DeliveryReport, DeliveryStatus
from bot.messages.outbox import all_sids, is_new
from bot.messages.ready import was_not_called
from bot.messages.tables import Status, messages
from bot.statements import Prepared

_STATUS = {
    DeliveryStatus.QUEUED: Status.ACCEPTED,
    DeliveryStatus.SENT: Status.SENT,
    DeliveryStatus.DELIVERED: Status.DELIVERED,
    DeliveryStatus.READ: Status.READ,
    DeliveryStatus.FAILED: Status.FAILED,
}

_UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.ACCEPTED)
_UNSENT = (Status.WITHDRAWN, Status.EXPIRED)
#: Each status with those it may take the place of. What was delivered is delivered, whatever comes after.
_ABOVE: dict[Status, tuple[Status, ...]] = {
    Status.ACCEPTED: (Status.QUEUED, Status.SENDING, Status.UNKNOWN),
    Status.SENT: (*_UNDER_WAY, *_UNSENT),
    Status.FAILED: (*_UNDER_WAY, Status.SENT),
    Status.DELIVERED: (*_UNDER_WAY, *_UNSENT, Status.SENT, Status.FAILED),
    Status.READ: (*_UNDER_WAY, *_UNSENT, Status.SENT, Status.FAILED, Status.DELIVERED),
}
#: A message that failed on its way is sent again this much later, twice at most.
_AGAIN_AFTER = timedelta(seconds=30)
_MOST_ATTEMPTS = 3


def _moving(new: Status, *, is_named: bool) -> Prepared:
    """Move a message up to `new`: the one of our id, if the report names it, else the one of the provider's."""
    ours = messages.c.sid == sa.bindparam("its_sid")
    if is_named:
        ours = sa.and_(messages.c.id == sa.bindparam("message_id"), sa.or_(ours, messages.c.sid.is_(None)))
    if new not in (Status.DELIVERED, Status.READ):  # what arrived has arrived, whichever attempt it was
        ours = sa.and_(ours, was_not_called(sa.bindparam("named", type_=sa.Text)))
    below = messages.c.status.in_([sa.literal_column(f"'{status.value}'", sa.Text) for status in _ABOVE[new]])
    values: dict[str, Any] = {"status": new.value, "sid": sa.bindparam("its_sid"), "error_code": sa.bindparam("code")}
    values |= {"due_at": None, "lease_until": None, "look_ups": None, "updated_at": sa.bindparam("now")}
    if new is not Status.FAILED:  # nothing comes after that: `updated_at` tells when
        values[f"{new.value}_at"] = sa.bindparam("now")
    return Prepared(sa.update(messages).where(ours, below).values(values).returning(messages.c.conversation_id))


_MOVE = {(status, is_named): _moving(status, is_named=is_named) for status in _ABOVE for is_named in (True, False)}


def record(connection: Connection, report: DeliveryReport, now: datetime) -> str | None:
    """Apply a report; returns the conversation, or None if it tells nothing new, or speaks of a message that is not ours.

    It names our own id, so it also proves that a send with an unknown outcome was accepted.
    """
    status = _STATUS[report.status]
    if status is Status.FAILED and report.retryable and (again := _send_again(connection, report, now)):
        return again
    told = {"message_id": report.message_id, "its_sid": report.sid, "named": f"%{report.sid}%"}
    move = _MOVE[status, bool(report.message_id)]
    moved: str | None = move.scalar(connection, **told, code=report.error_code, now=now)
    if moved is not None:
        metrics.MESSAGES.labels(status.value).inc()
        if status is Status.FAILED:
            metrics.SENDS_FAILED.labels(report.error_code or "none").inc()
    return moved


def _send_again(connection: Connection, report: DeliveryReport, now: datetime) -> str | None:
    """Queue what failed on its way once more, unless it was recalled or tried often enough."""
    ours = messages.c.sid == report.sid
    if report.message_id:
        ours = sa.and_(messages.c.id == report.message_id, sa.or_(ours, messages.c.sid.is_(None)))
    may = sa.and_(
        ours,
        is_new(report.sid),
        messages.c.status.in_(_ABOVE[Status.FAILED]),
        messages.c.attempts < _MOST_ATTEMPTS,
        ~messages.c.recalled,
    )
    found = connection.execute(sa.select(messages.c.sid, messages.c.past_sids).where(may).with_for_update()).first()
    if found is None:
        return None
    again = {
        "status": Status.QUEUED.value,
        "sid": None,
        "past_sids": sorted({*all_sids(found.past_sids, found.sid), report.sid}),
        "due_at": now + _AGAIN_AFTER,
        "lease_until": None,
        "look_ups": None,
        "error_code": report.error_code,
    }
    return _conversation(connection, sa.update(messages).where(may).values(**again, updated_at=now))


def _conversation(connection: Connection, change: sa.Update) -> str | None:
    """Whose message was changed, if one was."""
    moved: str | None = connection.execute(change.returning(messages.c.conversation_id)).scalar_one_or_none()
    return moved
