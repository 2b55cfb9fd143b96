"""Record what happened to a conversation, exactly once, before anybody acts on it.

Secrets are masked here, in memory, before the first write: there is no raw copy.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.channels.base import Received
from bot.contacts.find import find
from bot.contacts.tombstones import is_buried
from bot.conversations.merge import merge
from bot.conversations.tables import conversations, inbox
from bot.db import insert_new
from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.flow import Flow
from bot.engine.inputs import Input, TimeRanOut
from bot.engine.step import begin
from bot.understanding.redaction import redact, redact_fields

#: After so many failed attempts an input is left alone, so that it cannot block the ones after it.
MOST_ATTEMPTS = 5
#: What agents do in between does not count: the customer's last message is among so many inputs.
_LOOK_BACK = 8
#: A secret that was announced and has not come for so long is not coming: the next word is something else.
_ANNOUNCED_FOR = timedelta(minutes=10)


def record_message(connection: Connection, received: Received, flow: Flow, now: datetime) -> bool:
    """Put a customer's message into the inbox; False if it is there already or was erased, and then nothing is changed."""
    if connection.execute(sa.select(inbox.c.id).where(inbox.c.key == received.sid)).first() is not None:
        return False
    if is_buried(connection, received.sid):
        return False
    known_as = [f"whatsapp:{received.external_id}"] if received.external_id else []
    found = find(connection, list(dict.fromkeys([*known_as, received.address])), received.phone, received.profile_name, now)
    conversation_id = _conversation(connection, found.contact_id, received.address, flow, now)
    if found.duplicate_id:
        merge(connection, kept=found.contact_id, duplicate=found.duplicate_id)
    arrival = _arrive(connection, conversation_id, received.address, now)
    return _record(connection, received, flow, (conversation_id, arrival), now)


def record_time_out(connection: Connection, conversation_id: str, due: datetime, now: datetime) -> bool:
    """Put a time-out into the inbox; False if it is there already."""
    arrival = connection.execute(
        sa.update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.wake_at == due)
        .values(arrivals=conversations.c.arrivals + 1, wake_at=None)
        .returning(conversations.c.arrivals)
    ).scalar_one_or_none()
    return arrival is not None and insert_new(
        connection,
        inbox,
        {
            "conversation_id": conversation_id,
            "arrival": arrival,
            "key": f"time:{conversation_id}:{arrival}",
            "input": stored.to_json(TimeRanOut()),
            "parameters": {},
            "awaits_secret": False,
            "received_at": now,
            "attempts": 0,
            "error": "",
        },
    )


def record_deed(connection: Connection, conversation_id: str, deed: Input, now: datetime, key: str = "") -> bool:
    """Put what an agent did into the inbox; False if `key` is there already (a form that was sent twice)."""
    if key and connection.execute(sa.select(inbox.c.id).where(inbox.c.key == key)).first() is not None:
        return False
    arrival = connection.execute(
        sa.update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(arrivals=conversations.c.arrivals + 1)
        .returning(conversations.c.arrivals)
    ).scalar_one()
    return insert_new(
        connection,
        inbox,
        {
            "conversation_id": conversation_id,
            "arrival": arrival,
            "key": key or f"agent:{conversation_id}:{arrival}",
            "input": stored.to_json(deed),
            "parameters": {},
            "awaits_secret": False,
            "received_at": now,
            "attempts": 0,
            "error": "",
        },
    )


def waiting(connection: Connection, limit: int) -> list[str]:
    """Conversations in which something waits to be handled."""
    query = sa.select(inbox.c.conversation_id).where(inbox.c.handled_at.is_(None), inbox.c.attempts < MOST_ATTEMPTS)
    return list(connection.execute(query.distinct().limit(limit)).scalars())


def due(connection: Connection, now: datetime, limit: int) -> list[tuple[str, datetime]]:
    """Conversations whose time has run out, and when."""
    query = sa.select(conversations.c.id, conversations.c.wake_at).where(conversations.c.wake_at <= now).limit(limit)
    return [(row.id, row.wake_at) for row in connection.execute(query)]


def _conversation(connection: Connection, contact_id: str, address: str, flow: Flow, now: datetime) -> str:
    by_contact = sa.select(conversations.c.id).where(conversations.c.contact_id == contact_id)
    known: str | None = connection.execute(by_contact).scalar_one_or_none()
    if known is not None:
        return known
    values = {
        "id": uuid4().hex,
        "contact_id": contact_id,
        "address": address,
        "state": snapshot.to_json(begin(flow)),
        "version": 0,
        "arrivals": 0,
        "positions": 0,
        "last_message_at": now,
    }
    insert_new(connection, conversations, values)
    made: str = connection.execute(by_contact).scalar_one()
    return made


def _arrive(connection: Connection, conversation_id: str, address: str, now: datetime) -> int:
    """Take the next place in the conversation's order. The row stays locked until commit, so order is the order of commits."""
    arrival: int = connection.execute(
        sa.update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(arrivals=conversations.c.arrivals + 1, address=address, last_message_at=now)
        .returning(conversations.c.arrivals)
    ).scalar_one()
    return arrival


def _record(connection: Connection, received: Received, flow: Flow, place: tuple[str, int], now: datetime) -> bool:
    conversation_id, arrival = place
    secrets = flow.vocabulary.secrets
    announced = _announced(connection, conversation_id, now)
    redacted = redact(received.message.text, secrets, announced)
    message = replace(received.message, text=redacted.text, masked=redacted.masked)
    return insert_new(
        connection,
        inbox,
        {
            "conversation_id": conversation_id,
            "arrival": arrival,
            "key": received.sid,
            "input": stored.to_json(message),
            "parameters": redact_fields(received.parameters, secrets, announced),
            "awaits_secret": redacted.awaits,
            "received_at": now,
            "attempts": 0,
            "error": "",
        },
    )


def _announced(connection: Connection, conversation_id: str, now: datetime) -> str:
    """The customer's text before, if it announced a secret that had not come yet ("mi clave es:"), else nothing."""
    rows = connection.execute(
        sa.select(inbox.c.input, inbox.c.awaits_secret, inbox.c.received_at)
        .where(inbox.c.conversation_id == conversation_id)
        .order_by(inbox.c.arrival.desc())
        .limit(_LOOK_BACK)
    ).all()
    row = next((row for row in rows if row.input["type"] == "message_received"), None)
    if row is None or not row.awaits_secret or now - row.received_at > _ANNOUNCED_FOR:
        return ""
    return str(row.input.get("text", ""))
