"""What every message on its way out asks of the database, made ready once; `outbox` says when."""

from typing import Any

import sqlalchemy as sa

from bot.due import has_come
from bot.messages.leases import LEASE, database_time
from bot.messages.tables import IS_UNSETTLED, UNSETTLED_VALUES, Status, messages
from bot.statements import Prepared

_earlier = messages.alias("earlier")
_is_blocked = sa.exists().where(
    _earlier.c.conversation_id == messages.c.conversation_id,
    _earlier.c.position < messages.c.position,
    _earlier.c.status.in_(UNSETTLED_VALUES),
)


def was_not_called(named: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether no earlier attempt at a row's message had a name of the provider's that is like this one."""
    return sa.or_(messages.c.past_sids.is_(sa.null()), sa.cast(messages.c.past_sids, sa.Text).not_like(named))


def _ready(dialect: str) -> sa.Select[Any]:
    """What can be claimed, longest due first."""
    is_free = sa.or_(messages.c.lease_until.is_(None), messages.c.lease_until <= database_time(dialect, "free_at"))
    return (
        sa.select(messages)
        .where(IS_UNSETTLED, has_come(messages.c.due_at), is_free, ~_is_blocked)
        .order_by(messages.c.due_at)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True)
    )


def _taking(dialect: str) -> sa.Update:
    """Claim a message, if it still stands as it was seen."""
    as_seen = messages.c.attempts == sa.bindparam("attempt"), messages.c.status == sa.bindparam("seen")
    values = {
        "status": sa.bindparam("taken"),
        "attempts": messages.c.attempts + 1,
        "lease_until": database_time(dialect, "lease_until", LEASE),
        "look_ups": sa.bindparam("looked"),
        "updated_at": sa.bindparam("now"),
    }
    return sa.update(messages).where(messages.c.id == sa.bindparam("message_id"), *as_seen).values(values)


READY = Prepared(_ready)
TAKE = Prepared(_taking)
NEXT_DUE = Prepared(
    sa.select(sa.func.min(messages.c.due_at, type_=messages.c.due_at.type)).where(IS_UNSETTLED, messages.c.lease_until.is_(None))
)
#: A callback may have been faster: its later word stands, and if it said that this very attempt failed, nothing is changed.
ACCEPTED = Prepared(
    sa.update(messages)
    .where(
        messages.c.id == sa.bindparam("message_id"),
        messages.c.attempts == sa.bindparam("attempt"),
        was_not_called(sa.bindparam("named", type_=sa.Text)),
    )
    .values(
        sid=sa.bindparam("new_sid"),
        accepted_at=sa.bindparam("now"),
        status=sa.case((IS_UNSETTLED, Status.ACCEPTED.value), else_=messages.c.status),
        due_at=None,
        look_ups=None,
        lease_until=None,
        updated_at=sa.bindparam("now"),
    )
)
