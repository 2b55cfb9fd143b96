"""The only writer of attachments: expected with a message, claimed by a fetcher, settled as fetched, refused or failed.

Every change after a claim names the attempt it speaks of: a fetcher that slept too long changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import Reason, State, attachments
from bot.attachments.types import FileType
from bot.channels.base import FileKey
from bot.channels.twilio import file_key
from bot.engine.inputs import Media
from bot.statements import insert_new

#: Longer than any fetch may take: a claimed file that nobody settles by then was left behind by a process that died.
LEASE = timedelta(seconds=120)
_NOBODYS = FileKey("", "", "")


@dataclass(frozen=True)
class Claimed:
    """A file that this fetcher has to settle."""

    id: str
    message_id: str
    key: FileKey
    attempts: int  #: this one included


def expect(connection: Connection, message_id: str, media: Sequence[Media], now: datetime, *, is_flood: bool = False) -> None:
    """Note the files of a message, to be fetched; doing it twice adds nothing. Belongs into the message's transaction.

    Of a flood it is only noted that they came.
    """
    for number, medium in enumerate(media):
        key = file_key(medium.url)
        reason = Reason.FLOOD.value if key and is_flood else "" if key else Reason.ADDRESS.value
        state = State.REFUSED if reason else State.WAITING
        values = _row(now, key or _NOBODYS, message_id=message_id, number=number, told_type=medium.content_type)
        values |= {"state": state.value, "reason": reason, "due_at": None if reason else now}
        insert_new(connection, attachments, values)


def add_sent(connection: Connection, identity: str, kind: FileType, size: int, now: datetime, *, has_preview: bool) -> None:
    """Note a file of an agent that is kept already, under its id as its name; doing it twice adds nothing."""
    kept = {"state": State.FETCHED.value, "found_type": kind.content_type, "size": size, "stored_as": identity}
    values = _row(now, _NOBODYS, message_id=None, number=0, told_type="") | kept | {"id": identity, "has_preview": has_preview}
    insert_new(connection, attachments, values)


def claim(connection: Connection, now: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` files that are due, the one that waited longest first."""
    is_due = sa.and_(attachments.c.state == State.WAITING.value, attachments.c.due_at <= now)
    query = sa.select(attachments).where(is_due).order_by(attachments.c.due_at).limit(limit).with_for_update(skip_locked=True)
    rows = connection.execute(query).all()
    for row in rows:
        values = {"attempts": row.attempts + 1, "due_at": now + LEASE, "updated_at": now}
        connection.execute(sa.update(attachments).where(attachments.c.id == row.id).values(values))
    return [Claimed(row.id, row.message_id, _key(row), row.attempts + 1) for row in rows]


def _key(row: sa.Row[Any]) -> FileKey:
    return FileKey(row.account_sid, row.message_sid, row.media_sid)


def settle_fetched(
    connection: Connection, claimed: Claimed, kind: FileType, size: int, now: datetime, *, has_preview: bool
) -> bool:
    """It is here, kept under its id as its name."""
    kept = {"found_type": kind.content_type, "size": size, "stored_as": claimed.id, "has_preview": has_preview}
    return _settle(connection, claimed, {"state": State.FETCHED.value, "reason": "", "due_at": None, **kept}, now)


def settle_refused(connection: Connection, claimed: Claimed, reason: Reason, now: datetime) -> bool:
    """Not wanted, for good."""
    return _settle(connection, claimed, {"state": State.REFUSED.value, "reason": reason.value, "due_at": None}, now)


def settle_later(connection: Connection, claimed: Claimed, reason: Reason, due_at: datetime, now: datetime) -> bool:
    """Not had this time; to be tried again."""
    return _settle(connection, claimed, {"reason": reason.value, "due_at": due_at}, now)


def settle_failed(connection: Connection, claimed: Claimed, reason: Reason, now: datetime) -> bool:
    """Tried often enough."""
    return _settle(connection, claimed, {"state": State.FAILED.value, "reason": reason.value, "due_at": None}, now)


def recover(connection: Connection, now: datetime) -> None:
    """After a crash of the only process: whatever waits is due at once, also what was being fetched."""
    waits = attachments.c.state == State.WAITING.value
    connection.execute(sa.update(attachments).where(waits).values(due_at=now))


def _settle(connection: Connection, claimed: Claimed, values: dict[str, Any], now: datetime) -> bool:
    ours = sa.and_(
        attachments.c.id == claimed.id,
        attachments.c.attempts == claimed.attempts,
        attachments.c.state == State.WAITING.value,
    )
    return connection.execute(sa.update(attachments).where(ours).values(**values, updated_at=now)).rowcount == 1


def _row(now: datetime, key: FileKey, *, message_id: str | None, number: int, told_type: str) -> dict[str, Any]:
    return {
        "id": uuid4().hex,
        "message_id": message_id,
        "number": number,
        "account_sid": key.account,
        "message_sid": key.message,
        "media_sid": key.file,
        "told_type": told_type,
        "found_type": "",
        "size": 0,
        "has_preview": False,
        "state": State.WAITING.value,
        "reason": "",
        "attempts": 0,
        "due_at": None,
        "stored_as": "",
        "created_at": now,
        "updated_at": now,
    }
