"""How far messages got, by the provider's status callbacks. They come twice, late and out of order: a status only moves up."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.channels.base import DeliveryReport, DeliveryStatus
from bot.messages.tables import Status, messages

_STATUS = {
    DeliveryStatus.QUEUED: Status.ACCEPTED,
    DeliveryStatus.SENT: Status.SENT,
    DeliveryStatus.DELIVERED: Status.DELIVERED,
    DeliveryStatus.READ: Status.READ,
    DeliveryStatus.FAILED: Status.FAILED,
}

_UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.ACCEPTED)
#: Each status with those it may take the place of. What was delivered is delivered, whatever comes after.
_ABOVE: dict[Status, tuple[Status, ...]] = {
    Status.ACCEPTED: (Status.QUEUED, Status.SENDING, Status.UNKNOWN),
    Status.SENT: (*_UNDER_WAY, Status.WITHDRAWN),
    Status.FAILED: (*_UNDER_WAY, Status.SENT),
    Status.DELIVERED: (*_UNDER_WAY, Status.SENT, Status.FAILED, Status.WITHDRAWN),
    Status.READ: (*_UNDER_WAY, Status.SENT, Status.FAILED, Status.WITHDRAWN, Status.DELIVERED),
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
    if status is Status.FAILED and report.retryable:
        again = {"status": Status.QUEUED.value, "sid": None, "due_at": now + _AGAIN_AFTER, "error_code": report.error_code}
        repeatable = sa.and_(ours, messages.c.status.in_(_ABOVE[status]), messages.c.attempts < _MOST_ATTEMPTS)
        if moved := _conversation(connection, sa.update(messages).where(repeatable).values(**again, updated_at=now)):
            return moved
    values = {"status": status.value, "sid": report.sid, "due_at": None, "error_code": report.error_code, "updated_at": now}
    return _conversation(connection, sa.update(messages).where(ours, messages.c.status.in_(_ABOVE[status])).values(values))


def _conversation(connection: Connection, change: sa.Update) -> str | None:
    """Whose message was changed, if one was."""
    moved: str | None = connection.execute(change.returning(messages.c.conversation_id)).scalar_one_or_none()
    return moved
