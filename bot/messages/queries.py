"""Reading the transcript of a conversation. The outbox has its own questions and its own file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.messages.tables import Direction, Status, messages
from bot.statements import Prepared

_SAID = Prepared(
    sa.select(messages.c.body)
    .where(messages.c.conversation_id == sa.bindparam("conversation_id"), messages.c.direction == Direction.IN.value)
    .order_by(messages.c.position.desc())
    .limit(sa.bindparam("most"))
)


_BOT_SAID = Prepared(
    sa.select(messages.c.body)
    .where(messages.c.conversation_id == sa.bindparam("conversation_id"), messages.c.author == "bot")
    .order_by(messages.c.position.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True)
class Message:
    """One message as the transcript shows it. `body` and `attachments` of an incoming one are the customer's: untrusted."""

    id: str
    position: int
    direction: Direction
    author: str  #: customer, bot, or an agent's username
    kind: str  #: engine.inputs.Kind
    body: str
    attachments: tuple[dict[str, Any], ...]  #: files as `url` and `content_type`, places as `latitude`, `longitude`, …
    reasons: tuple[str, ...]
    status: Status
    error_code: int | None
    is_template: bool  #: it can be sent at any time
    created_at: datetime
    updated_at: datetime
    attempts: int = 0  #: to send it
    sid: str = ""  #: the provider's id, or empty
    accepted_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None


def transcript(connection: Connection, conversation_id: str, *, latest: int | None = None) -> list[Message]:
    """A conversation's messages in order; with `latest`, only that many of the newest."""
    query = sa.select(messages).where(messages.c.conversation_id == conversation_id).order_by(messages.c.position.desc())
    rows = connection.execute(query if latest is None else query.limit(latest)).all()
    return [_message(row) for row in reversed(rows)]


def said_lately(connection: Connection, conversation_id: str) -> list[str]:
    """The last few texts that the bot said, the newest first."""
    bodies: list[str] = [row.body for row in _BOT_SAID.all(connection, conversation_id=conversation_id, most=3)]
    return bodies


def conversation_of(connection: Connection, message_id: str) -> str:
    """The conversation that a message belongs to. Raises sqlalchemy.exc.NoResultFound if there is no such message."""
    query = sa.select(messages.c.conversation_id).where(messages.c.id == message_id)
    conversation_id: str = connection.execute(query).scalar_one()
    return conversation_id


def last_received(connection: Connection, conversation_id: str) -> str:
    """The provider's id of the customer's last message in a conversation, or empty."""
    theirs = sa.and_(messages.c.conversation_id == conversation_id, messages.c.direction == Direction.IN.value)
    query = sa.select(messages.c.sid).where(theirs).order_by(messages.c.position.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none() or ""


def said(connection: Connection, conversation_id: str, *, latest: int = 100) -> tuple[str, ...]:
    """The last texts of the customer in a conversation."""
    return tuple(row.body for row in _SAID.all(connection, conversation_id=conversation_id, most=latest))


@dataclass(frozen=True)
class Delivery:
    """How far one of our messages has got."""

    id: str
    sid: str  #: the provider's id, or empty before it has one
    status: str  #: a Status


#: How many of our last messages are looked through for the one that carried a text.
_LOOK_BACK = 20


def delivery_of(connection: Connection, conversation_id: str, text: str) -> Delivery | None:
    """The last of our messages that carried this text, alone or with others; None if none of the latest did."""
    ours = sa.and_(messages.c.conversation_id == conversation_id, messages.c.direction == Direction.OUT.value)
    columns = (messages.c.id, messages.c.sid, messages.c.status, messages.c.body)
    query = sa.select(*columns).where(ours).order_by(messages.c.position.desc()).limit(_LOOK_BACK)
    found = next((row for row in connection.execute(query) if text in row.body), None)
    return None if found is None else Delivery(found.id, found.sid or "", found.status)


def _message(row: sa.Row[Any]) -> Message:
    # A place is kept as its parts, files as a list.
    attachments = [row.attachments] if isinstance(row.attachments, dict) else row.attachments
    return Message(
        id=row.id,
        position=row.position,
        direction=Direction(row.direction),
        author=row.author,
        kind=row.kind,
        body=row.body,
        attachments=tuple(attachments),
        reasons=tuple(row.reasons),
        status=Status(row.status),
        error_code=row.error_code,
        is_template=bool(row.content_sid),
        created_at=row.created_at,
        updated_at=row.updated_at,
        attempts=row.attempts,
        sid=row.sid or "",
        accepted_at=row.accepted_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
    )
