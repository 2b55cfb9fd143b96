"""The outbox: messages in order for each conversation, claimed by senders, and what became of each.

Every change names the attempt it speaks of: a sender that slept too long changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.messages.tables import IS_UNSETTLED, UNSETTLED, UNSETTLED_VALUES, Direction, Status, messages
from bot.statements import Prepared, insert

#: A claimed message that nobody settles within this time was left behind by a sender that died: its outcome is unknown.
LEASE = timedelta(seconds=60)

_earlier = messages.alias("earlier")
_is_blocked = sa.exists().where(
    _earlier.c.conversation_id == messages.c.conversation_id,
    _earlier.c.position < messages.c.position,
    _earlier.c.status.in_(UNSETTLED_VALUES),
)
_READY = Prepared(
    sa.select(messages)
    .where(IS_UNSETTLED, messages.c.due_at <= sa.bindparam("now"), ~_is_blocked)
    .order_by(messages.c.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = Prepared(
    sa.update(messages)
    .where(
        messages.c.id == sa.bindparam("message_id"),
        messages.c.attempts == sa.bindparam("attempt"),
        messages.c.status == sa.bindparam("seen"),
    )
    .values(
        status=sa.bindparam("taken"),
        attempts=messages.c.attempts + 1,
        due_at=sa.bindparam("until"),
        updated_at=sa.bindparam("now"),
    )
)
#: A status callback may have said so before: its later word stands.
_ACCEPTED = Prepared(
    sa.update(messages)
    .where(messages.c.id == sa.bindparam("message_id"), messages.c.attempts == sa.bindparam("attempt"))
    .values(
        sid=sa.bindparam("new_sid"),
        status=sa.case((IS_UNSETTLED, Status.ACCEPTED.value), else_=messages.c.status),
        due_at=None,
        updated_at=sa.bindparam("now"),
    )
)
_NEXT_DUE = Prepared(sa.select(sa.func.min(messages.c.due_at, type_=messages.c.due_at.type)).where(IS_UNSETTLED))


@dataclass(frozen=True)
class NewMessage:
    """A row of the transcript before it is written. `cause` is unique for all time: input and number."""

    conversation_id: str
    position: int
    cause: str
    author: str
    address: str
    body: str
    kind: str = "text"
    attachments: tuple[dict[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    sid: str | None = None
    answers_sid: str = ""
    content_sid: str = ""  #: the template to send in place of the body


@dataclass(frozen=True)
class Claimed:
    """A message that this sender has to settle, and how it stood before."""

    id: str
    address: str
    body: str
    conversation_id: str
    attempts: int
    is_unknown: bool  #: an earlier attempt ended without an answer: look it up first
    answers_sid: str
    content_sid: str
    created_at: datetime
    file: str = ""  #: id of the agent's file that goes with it, or empty


def add_received(connection: Connection, message: NewMessage, now: datetime) -> str:
    """Write a customer's message into the transcript and return its id."""
    row = _row(message, Direction.IN, Status.RECEIVED, None, now)
    insert(connection, messages, row)
    identity: str = row["id"]
    return identity


def queue(connection: Connection, message: NewMessage, now: datetime) -> None:
    """Write an outgoing message; it leaves as soon as those before it have."""
    insert(connection, messages, _row(message, Direction.OUT, Status.QUEUED, now, now))


def add_note(connection: Connection, message: NewMessage, now: datetime) -> None:
    """Write a line for agents into the transcript."""
    insert(connection, messages, _row(message, Direction.NOTE, Status.RECEIVED, None, now))


def withdraw(connection: Connection, conversation_id: str, now: datetime) -> int:
    """Take back what the bot said and no sender has begun to send; returns how many messages that was."""
    waits = sa.and_(
        messages.c.conversation_id == conversation_id,
        messages.c.status == Status.QUEUED.value,
        messages.c.author == "bot",
    )
    values = {"status": Status.WITHDRAWN.value, "due_at": None, "updated_at": now}
    return connection.execute(sa.update(messages).where(waits).values(values)).rowcount


def retry(connection: Connection, conversation_id: str, message_id: str, now: datetime, *, is_open: bool = True) -> bool:
    """Send a failed message of this conversation once more; False if there is none, or it did not fail.

    Only a template goes out while the window is not open.

    The same row is queued again, so two who ask at once make one attempt. A late word of the provider's that the first attempt
    arrived after all settles the row before it is sent: it names our own id.
    """
    failed = sa.and_(
        messages.c.id == message_id,
        messages.c.conversation_id == conversation_id,
        messages.c.status == Status.FAILED.value,
    )
    if not is_open:
        failed = sa.and_(failed, messages.c.content_sid != "")
    values = {"status": Status.QUEUED.value, "sid": None, "error_code": None, "due_at": now, "updated_at": now}
    return connection.execute(sa.update(messages).where(failed).values(values)).rowcount == 1


def claim(connection: Connection, now: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` messages that are due, at most one of each conversation: the first that is not settled."""
    ready = _READY.all(connection, now=now, most=limit)
    return [claimed for row in ready if (claimed := _take(connection, row, now)) is not None]


def settle_accepted(connection: Connection, claimed: Claimed, sid: str, now: datetime) -> bool:
    """The provider has it. A status callback may have said so before: its later word stands."""
    return _ACCEPTED.run(connection, message_id=claimed.id, attempt=claimed.attempts, new_sid=sid, now=now) == 1


def settle_later(connection: Connection, claimed: Claimed, due_at: datetime, code: int | None, now: datetime) -> bool:
    """Not accepted; to be tried again."""
    return _settle(connection, claimed, {"status": Status.QUEUED.value, "due_at": due_at, "error_code": code}, now)


def settle_unknown(connection: Connection, claimed: Claimed, look_up_at: datetime, now: datetime) -> bool:
    """Perhaps accepted; to be looked up."""
    return _settle(connection, claimed, {"status": Status.UNKNOWN.value, "due_at": look_up_at}, now)


def settle_failed(connection: Connection, claimed: Claimed, code: int | None, now: datetime) -> bool:
    """Refused for good; the messages behind it go on."""
    return _settle(connection, claimed, {"status": Status.FAILED.value, "due_at": None, "error_code": code}, now)


def known_sids(connection: Connection, conversation_id: str) -> set[str]:
    """Ids that the provider gave to messages of this conversation: none of these can be the one that is looked for."""
    query = sa.select(messages.c.sid).where(messages.c.conversation_id == conversation_id, messages.c.sid.is_not(None))
    return set(connection.execute(query).scalars())


def recover(connection: Connection, look_up_at: datetime) -> int:
    """After a crash of the only process: what was being sent has an unknown outcome now. Returns how many that were."""
    being_sent = messages.c.status == Status.SENDING.value
    result = connection.execute(sa.update(messages).where(being_sent).values(status=Status.UNKNOWN.value, due_at=look_up_at))
    return result.rowcount


def next_due(connection: Connection) -> datetime | None:
    """When the next message is due, or None if none is waiting."""
    when: datetime | None = _NEXT_DUE.scalar(connection)
    return when


def _take(connection: Connection, row: Any, now: datetime) -> Claimed | None:
    """Mark a row as being sent, or being looked up, for as long as the lease lasts."""
    was_unknown = row.status in (Status.UNKNOWN.value, Status.SENDING.value)
    taken = Status.UNKNOWN if was_unknown else Status.SENDING
    seen = {"message_id": row.id, "attempt": row.attempts, "seen": row.status}
    if _TAKE.run(connection, **seen, taken=taken.value, until=now + LEASE, now=now) != 1:
        return None
    return Claimed(
        id=row.id,
        address=row.address,
        body=row.body,
        conversation_id=row.conversation_id,
        attempts=row.attempts + 1,
        is_unknown=was_unknown,
        answers_sid=row.answers_sid,
        content_sid=row.content_sid,
        created_at=row.created_at,
        file=next((item["file"] for item in row.attachments if "file" in item), ""),
    )


def _settle(connection: Connection, claimed: Claimed, values: dict[str, Any], now: datetime) -> bool:
    # Not if a callback proved meanwhile that it was accepted.
    ours = sa.and_(messages.c.id == claimed.id, messages.c.attempts == claimed.attempts, messages.c.status.in_(UNSETTLED))
    return connection.execute(sa.update(messages).where(ours).values(**values, updated_at=now)).rowcount == 1


def _row(message: NewMessage, direction: Direction, status: Status, due_at: datetime | None, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4().hex,
        "conversation_id": message.conversation_id,
        "position": message.position,
        "direction": direction.value,
        "author": message.author,
        "cause": message.cause,
        "sid": message.sid,
        "address": message.address,
        "kind": message.kind,
        "body": message.body,
        "attachments": list(message.attachments),
        "reasons": list(message.reasons),
        "status": status.value,
        "error_code": None,
        "attempts": 0,
        "due_at": due_at,
        "answers_sid": message.answers_sid,
        "content_sid": message.content_sid,
        "created_at": now,
        "updated_at": now,
    }
