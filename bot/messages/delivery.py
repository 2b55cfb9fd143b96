"""How far messages got, by the provider's status callbacks. They come twice, late and out of order: a status only moves up."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.channels.base import DeliveryReport, DeliveryStatus
from bot.messages.outbox import all_sids, is_new
from bot.messages.tables import Status, messages

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


def record(connection: Connection, report: DeliveryReport, now: datetime) -> str | None:
    """Apply a report; returns the conversation, or None if it tells nothing new, or speaks of a message that is not ours.

    It names our own id, so it also proves that a send with an unknown outcome was accepted.
    """
    status = _STATUS[report.status]
    ours = messages.c.sid == report.sid
    if report.message_id:
        ours = sa.and_(messages.c.id == report.message_id, sa.or_(ours, messages.c.sid.is_(None)))
    if status not in (Status.DELIVERED, Status.READ):  # what arrived has arrived, whichever attempt it was
        ours = sa.and_(ours, is_new(report.sid))
    if status is Status.FAILED and report.retryable and (moved := _send_again(connection, ours, report, now)):
        return moved
    values = {"status": status.value, "sid": report.sid, "due_at": None, "error_code": report.error_code, "updated_at": now}
    values |= {"lease_until": None, "look_ups": None}
    return _conversation(connection, sa.update(messages).where(ours, messages.c.status.in_(_ABOVE[status])).values(values))


def _send_again(connection: Connection, ours: sa.ColumnElement[bool], report: DeliveryReport, now: datetime) -> str | None:
    """Queue what failed on its way once more, unless it was recalled or tried often enough."""
    may = sa.and_(
        ours,
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
