"""The outbox: messages in order for each conversation, claimed by senders, and what became of each.

Every change names the attempt it speaks of: a sender that slept too long changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.due import times
from bot.messages import allowance as allowances
from bot.messages.allowance import UNLIMITED, Allowance
from bot.messages.leases import clock
from bot.messages.ready import ACCEPTED, NEXT_DUE, READY, TAKE, was_not_called
from bot.messages.tables import UNSETTLED, Direction, Status, messages
from bot.statements import insert

#: A list that may lag is believed when it has lacked a message for so many look-ups.
MOST_LOOK_UPS = 3
_GONE_OUT = (Status.SENDING, Status.UNKNOWN, Status.ACCEPTED, Status.SENT)


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
    expires_at: datetime | None = None  #: not sent after that, if newer words wait to be sent
    look_up_from: datetime | None = None  #: it may have been sent since then, by somebody who wrote nothing down: look first


@dataclass(frozen=True)
class Claimed:
    """A message that this sender has to settle, and how it stood before."""

    id: str
    address: str
    body: str
    conversation_id: str
    attempts: int
    is_unknown: bool  #: an earlier attempt ended without an answer: look it up first
    look_ups: int  #: how many look-ups after that attempt found nothing
    position: int
    answers_sid: str
    content_sid: str
    since: datetime  #: by our clock: it cannot have been sent before
    file: str = ""  #: id of the agent's file that goes with it, or empty


def add_received(connection: Connection, message: NewMessage, now: datetime) -> str:
    """Write a customer's message into the transcript and return its id."""
    row = _row(message, Direction.IN, Status.RECEIVED, None, now)
    insert(connection, messages, row)
    identity: str = row["id"]
    return identity


def queue(connection: Connection, message: NewMessage, now: datetime) -> None:
    """Write an outgoing message; it leaves as soon as those before it have."""
    row = _row(message, Direction.OUT, Status.QUEUED, now, now)
    if message.look_up_from is not None:  # whoever sent it did so long ago: one look at the list will do
        row |= {"status": Status.UNKNOWN.value, "look_ups": MOST_LOOK_UPS - 1, "look_up_from": message.look_up_from}
    insert(connection, messages, row)


def add_note(connection: Connection, message: NewMessage, now: datetime) -> None:
    """Write a line for agents into the transcript."""
    insert(connection, messages, _row(message, Direction.NOTE, Status.RECEIVED, None, now))


def withdraw(connection: Connection, conversation_id: str, now: datetime) -> int:
    """Take back what the bot said and no sender has begun to send; returns how many messages that was.

    What is under way cannot be taken back; it is recalled: should it turn out that it did not get through, it stays unsent.
    """
    the_bots = sa.and_(messages.c.conversation_id == conversation_id, messages.c.author == "bot")
    under_way = sa.and_(the_bots, messages.c.status.in_(_GONE_OUT), ~messages.c.recalled)
    connection.execute(sa.update(messages).where(under_way).values(recalled=True))
    waits = sa.and_(the_bots, messages.c.status == Status.QUEUED.value)
    values = {"status": Status.WITHDRAWN.value, "due_at": None, "updated_at": now}
    return connection.execute(sa.update(messages).where(waits).values(values)).rowcount


def retry(connection: Connection, conversation_id: str, message_id: str, now: datetime, *, is_open: bool = True) -> bool:
    """Send a failed message of this conversation once more; False if there is none, or it did not fail.

    Only a template goes out while the window is not open.

    The same row is queued again, so two who ask at once make one attempt. A late word of the provider's that the first attempt
    arrived after all settles the row before it is sent: it names our own id. What is still in doubt is looked up first.
    """
    failed = sa.and_(
        messages.c.id == message_id,
        messages.c.conversation_id == conversation_id,
        messages.c.status == Status.FAILED.value,
    )
    if not is_open:
        failed = sa.and_(failed, messages.c.content_sid != "")
    before = connection.execute(sa.select(messages.c.sid, messages.c.past_sids).where(failed).with_for_update()).first()
    if before is None:
        return False
    again: dict[str, Any] = {"sid": None, "past_sids": all_sids(before.past_sids, before.sid), "error_code": None}
    again |= {"due_at": now, "updated_at": now, "recalled": False, "expires_at": None}
    in_doubt = sa.case((messages.c.look_ups.is_not(None), Status.UNKNOWN.value), else_=Status.QUEUED.value)
    return connection.execute(sa.update(messages).where(failed).values(**again, status=in_doubt)).rowcount == 1


def claim(connection: Connection, now: datetime, limit: int, allowance: Allowance = UNLIMITED) -> list[Claimed]:
    """Take up to `limit` messages that are due, at most one of each conversation: the first that is not settled.

    What only asks is left out when the day's `allowance` is spent.
    """
    ready = READY.all(connection, most=limit, **times(now), **clock())
    is_spent = bool(ready) and allowances.is_spent(connection, allowance, now)
    left_out = [row for row in ready if is_spent and row.expires_at is not None and row.status == Status.QUEUED.value]
    for row in left_out:
        allowances.leave_out(connection, row.id, now)
    taken = [claimed for row in ready if row not in left_out and (claimed := _take(connection, row, now)) is not None]
    sent = sum(not claimed.is_unknown for claimed in taken)
    allowances.count(connection, allowance, now, sent=sent, left_out=len(left_out))
    return taken


def settle_accepted(connection: Connection, claimed: Claimed, sid: str, now: datetime) -> bool:
    """The provider has it. A status callback may have said so before: its later word stands."""
    told = {"new_sid": sid, "named": f"%{sid}%", "now": now}
    return ACCEPTED.run(connection, message_id=claimed.id, attempt=claimed.attempts, **told) == 1


def settle_later(connection: Connection, claimed: Claimed, due_at: datetime, code: int | None, now: datetime) -> bool:
    """Not accepted; to be tried again, unless it was recalled meanwhile."""
    again = {
        "status": sa.case((messages.c.recalled, Status.WITHDRAWN.value), else_=Status.QUEUED.value),
        "due_at": sa.case((messages.c.recalled, sa.null()), else_=sa.literal(due_at, messages.c.due_at.type)),
    }
    return _settle(connection, claimed, {**again, "error_code": code, "look_ups": None}, now)


def settle_unknown(connection: Connection, claimed: Claimed, look_up_at: datetime, look_ups: int, now: datetime) -> bool:
    """Perhaps accepted; to be looked up, once more if it was looked for `look_ups` times in vain."""
    values = {"status": Status.UNKNOWN.value, "due_at": look_up_at, "look_ups": look_ups}
    return _settle(connection, claimed, values, now)


def settle_failed(connection: Connection, claimed: Claimed, code: int | None, now: datetime) -> bool:
    """Refused for good; the messages behind it go on."""
    values = {"status": Status.FAILED.value, "due_at": None, "error_code": code}
    if not claimed.is_unknown:
        values["look_ups"] = None  # else the doubt remains, for whoever wants it sent once more
    return _settle(connection, claimed, values, now)


def known_sids(connection: Connection, conversation_id: str) -> dict[str, int]:
    """Ids that the provider gave to messages of this conversation, and their places in it.

    None of these can be the message that is looked for, and that came after those before it.
    """
    ours = sa.and_(messages.c.conversation_id == conversation_id, messages.c.direction == Direction.OUT.value)
    rows = connection.execute(sa.select(messages.c.sid, messages.c.past_sids, messages.c.position).where(ours)).all()
    return {sid: row.position for row in rows for sid in all_sids(row.past_sids, row.sid)}


def all_sids(past: list[str] | None, sid: str | None) -> list[str]:
    """What the provider called the attempts at a message so far, by a row's `past_sids` and `sid`."""
    return [*(past or []), *([sid] if sid else [])]


def is_new(sid: str) -> sa.ColumnElement[bool]:
    """Whether a row's message had no earlier attempt of this name: what is still heard of that one changes nothing."""
    return was_not_called(sa.literal(f"%{sid}%"))


def recover(connection: Connection, look_up_at: datetime) -> int:
    """After a crash of the only process: what was being sent has an unknown outcome now. Returns how many that were."""
    being_sent = messages.c.status == Status.SENDING.value
    values = {"status": Status.UNKNOWN.value, "due_at": look_up_at, "look_ups": 0}
    left = connection.execute(sa.update(messages).where(being_sent).values(values)).rowcount
    connection.execute(sa.update(messages).where(messages.c.lease_until.is_not(None)).values(lease_until=None))
    return left


def doubt(connection: Connection, now: datetime) -> int:
    """After a restore: what was to be sent when the backup was made may have been sent since. Returns how many that are."""
    # Whoever sent it did so long ago: one look at the list will do.
    values = {"status": Status.UNKNOWN.value, "due_at": now, "look_ups": MOST_LOOK_UPS - 1, "lease_until": None}
    return connection.execute(sa.update(messages).where(messages.c.status.in_(UNSETTLED)).values(values)).rowcount


def next_due(connection: Connection) -> datetime | None:
    """When the next message is due, or None if none is waiting."""
    when: datetime | None = NEXT_DUE.scalar(connection)
    return when


def _take(connection: Connection, row: Any, now: datetime) -> Claimed | None:
    """Mark a row as being sent, or being looked up, for as long as the lease lasts; None if it is not to be sent any more."""
    was_unknown = row.status in (Status.UNKNOWN.value, Status.SENDING.value)
    if not was_unknown and row.expires_at is not None and row.expires_at <= now and _is_overtaken(connection, row):
        values = {"status": Status.EXPIRED.value, "due_at": None, "updated_at": now}
        connection.execute(sa.update(messages).where(messages.c.id == row.id).values(values))
        return None
    look_ups = (row.look_ups or 0) if was_unknown else None
    taken = (Status.UNKNOWN if was_unknown else Status.SENDING).value
    seen = {"message_id": row.id, "attempt": row.attempts, "seen": row.status}
    if TAKE.run(connection, **seen, taken=taken, looked=look_ups, now=now, **clock()) != 1:
        return None
    return Claimed(
        id=row.id,
        address=row.address,
        body=row.body,
        conversation_id=row.conversation_id,
        attempts=row.attempts + 1,
        is_unknown=was_unknown,
        look_ups=look_ups or 0,
        position=row.position,
        answers_sid=row.answers_sid,
        content_sid=row.content_sid,
        since=row.look_up_from or row.created_at,
        file=next((item["file"] for item in row.attachments if "file" in item), ""),
    )


def _is_overtaken(connection: Connection, row: Any) -> bool:
    """Whether newer words to the same customer wait. Else even a stale question goes out: better than no answer at all."""
    later = sa.and_(messages.c.conversation_id == row.conversation_id, messages.c.position > row.position)
    waits = sa.select(messages.c.id).where(later, messages.c.status.in_(UNSETTLED)).limit(1)
    return connection.execute(waits).first() is not None


def _settle(connection: Connection, claimed: Claimed, values: dict[str, Any], now: datetime) -> bool:
    ours = sa.and_(messages.c.id == claimed.id, messages.c.attempts == claimed.attempts)
    # A callback may have been faster: it proved that the message was accepted, or that this very attempt failed.
    settled = sa.update(messages).where(ours, messages.c.status.in_(UNSETTLED)).values(**values, lease_until=None, updated_at=now)
    return connection.execute(settled).rowcount == 1


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
        "expires_at": message.expires_at,
        "created_at": now,
        "updated_at": now,
    }
