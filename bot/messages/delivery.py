"""How far messages got, by the provider's status callbacks. They come twice, late and out of order: a status only moves up."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.channels.base import DeliveryReport, DeliveryStatus
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


def _moving(new: Status, *conditions: sa.ColumnElement[bool], **values: Any) -> Prepared:
    """Change a message that the provider's id names and that stands below `new`; tells whose it was."""
    below = messages.c.status.in_([sa.literal_column(f"'{lower.value}'", sa.Text) for lower in _ABOVE[new]])
    known: dict[str, Any] = {"error_code": sa.bindparam("code"), "updated_at": sa.bindparam("now")}
    return Prepared(sa.update(messages).where(*conditions, below).values(**values, **known).returning(messages.c.conversation_id))


_BY_SID = messages.c.sid == sa.bindparam("its_sid")
_BY_ID = sa.and_(messages.c.id == sa.bindparam("message_id"), sa.or_(_BY_SID, messages.c.sid.is_(None)))
_MOVE = {
    (status, named): _moving(status, ours, status=status.value, sid=sa.bindparam("its_sid"), due_at=None)
    for status in _ABOVE
    for named, ours in ((True, _BY_ID), (False, _BY_SID))
}
_SEND_AGAIN = {
    named: _moving(
        Status.FAILED,
        ours,
        messages.c.attempts < _MOST_ATTEMPTS,
        status=Status.QUEUED.value,
        sid=None,
        due_at=sa.bindparam("again_at"),
    )
    for named, ours in ((True, _BY_ID), (False, _BY_SID))
}


def record(connection: Connection, report: DeliveryReport, now: datetime) -> str | None:
    """Apply a report; returns the conversation, or None if it tells nothing new, or speaks of a message that is not ours.

    It names our own id, so it also proves that a send with an unknown outcome was accepted.
    """
    status, named = _STATUS[report.status], bool(report.message_id)
    told: dict[str, Any] = {"its_sid": report.sid, "code": report.error_code, "now": now}
    if named:
        told["message_id"] = report.message_id
    moved: str | None = None
    if status is Status.FAILED and report.retryable:
        moved = _SEND_AGAIN[named].scalar(connection, **told, again_at=now + _AGAIN_AFTER)
    if moved is None:
        moved = _MOVE[status, named].scalar(connection, **told)
    return moved
