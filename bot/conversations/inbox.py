"""Record what happened to a conversation, exactly once, before anybody acts on it.

Secrets are masked here, in memory, before the first write: there is no raw copy.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.channels.base import Received
from bot.contacts.find import find
from bot.contacts.tombstones import is_buried
from bot.conversations.merge import merge
from bot.conversations.pace import PAID, Pace, paying
from bot.conversations.tables import conversations, inbox
from bot.db import Moment
from bot.due import has_come, times
from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.flow import Flow
from bot.engine.inputs import Input, MessagesPiledUp, TimeRanOut
from bot.engine.step import begin
from bot.statements import Prepared, insert_new
from bot.understanding.redaction import redact, redact_fields

_UNLIMITED = Pace()
#: What agents do in between does not count: the customer's last message is among so many inputs.
_LOOK_BACK = 8
#: A secret that was announced and has not come for so long is not coming: the next word is something else.
_ANNOUNCED_FOR = timedelta(minutes=10)

_KNOWN = Prepared(sa.select(inbox.c.id).where(inbox.c.key == sa.bindparam("key")))
#: The next place in the conversation's order. The row stays locked until commit, so order is the order of commits.
_ARRIVE = Prepared(
    sa.update(conversations)
    .where(conversations.c.contact_id == sa.bindparam("contact"))
    .values(
        arrivals=conversations.c.arrivals + 1,
        address=sa.bindparam("to"),
        last_message_at=sa.case(
            (conversations.c.last_message_at > sa.bindparam("heard_at", type_=Moment), conversations.c.last_message_at),
            else_=sa.bindparam("heard_at", type_=Moment),
        ),
        pace=PAID,
    )
    .returning(conversations.c.id, conversations.c.arrivals, conversations.c.pace)
)
_LATEST = Prepared(
    sa.select(inbox.c.input, inbox.c.awaits_secret, inbox.c.received_at)
    .where(inbox.c.conversation_id == sa.bindparam("conversation_id"))
    .order_by(inbox.c.arrival.desc())
    .limit(sa.bindparam("most"))
)
#: Of one who writes a lot at once only so many inputs are looked at: the others get their turn.
_OF_EACH = 8
_longest = (
    sa.select(inbox.c.conversation_id, inbox.c.id)
    .where(inbox.c.handled_at.is_(None), sa.or_(inbox.c.due_at.is_(None), has_come(inbox.c.due_at)))
    .order_by(inbox.c.id)
    .limit(sa.bindparam("looked_through"))
    .subquery()
)
_WAITING = Prepared(
    sa.select(_longest.c.conversation_id)
    .group_by(_longest.c.conversation_id)
    .order_by(sa.func.min(_longest.c.id))
    .limit(sa.bindparam("most"))
)
_RUN_OUT = Prepared(
    sa.update(conversations)
    .where(conversations.c.id == sa.bindparam("conversation"), conversations.c.wake_at == sa.bindparam("due"))
    .values(arrivals=conversations.c.arrivals + 1, wake_at=None)
    .returning(conversations.c.arrivals)
)
_due = (
    sa.select(conversations.c.id, conversations.c.wake_at)
    .where(conversations.c.wake_at <= sa.bindparam("now"))
    .limit(sa.bindparam("most"))
)
_DUE, _DUE_AND_FREE = Prepared(_due), Prepared(_due.with_for_update(skip_locked=True))


@dataclass(frozen=True)
class _Place:
    """Where an input stands in its conversation, and when its turn comes."""

    conversation_id: str
    arrival: int
    due_at: datetime | None


def record_message(connection: Connection, received: Received, flow: Flow, now: datetime, pace: Pace = _UNLIMITED) -> bool:
    """Put a customer's message into the inbox; False if it is there already or was erased, and then nothing is changed."""
    if _KNOWN.first(connection, key=received.sid) is not None:
        return False
    if is_buried(connection, received.sid):
        return False
    known_as = [f"whatsapp:{received.external_id}"] if received.external_id else []
    found = find(connection, list(dict.fromkeys([*known_as, received.address])), received.phone, received.profile_name, now)
    if found.duplicate_id:
        _begin_conversation(connection, found.contact_id, received.address, flow, now)
        merge(connection, kept=found.contact_id, duplicate=found.duplicate_id)
    arriving = {"contact": found.contact_id, "to": received.address, "heard_at": received.sent_at or now}
    arriving |= paying(now, pace)
    place = _ARRIVE.first(connection, **arriving)
    if place is None:
        _begin_conversation(connection, found.contact_id, received.address, flow, received.sent_at or now)
        place = _ARRIVE.first(connection, **arriving)
    is_new = _record(connection, received, flow, _Place(place.id, place.arrivals, pace.due(place.pace, now)), now)
    if pace.begins_to_wait(place.pace, now):
        record_deed(connection, place.id, MessagesPiledUp(), now, key=f"pace:{received.sid}")
    return is_new


def record_time_out(connection: Connection, conversation_id: str, due: datetime, now: datetime) -> bool:
    """Put a time-out into the inbox; False if it is there already."""
    arrival = _RUN_OUT.scalar(connection, conversation=conversation_id, due=due)
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


def waiting(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Conversations in which something is to be handled, the one that has waited longest first."""
    found = _WAITING.all(connection, **times(now), looked_through=limit * _OF_EACH, most=limit)
    return [row.conversation_id for row in found]


def due(connection: Connection, now: datetime, limit: int, *, takes: bool = False) -> list[tuple[str, datetime]]:
    """Conversations whose time has run out, and when; who takes them does not wait for those that another worker is at."""
    statement = _DUE_AND_FREE if takes else _DUE
    return [(row.id, row.wake_at) for row in statement.all(connection, now=now, most=limit)]


def _begin_conversation(connection: Connection, contact_id: str, address: str, flow: Flow, now: datetime) -> None:
    """Make the contact's conversation, unless there is one already."""
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


def _record(connection: Connection, received: Received, flow: Flow, place: _Place, now: datetime) -> bool:
    secrets = flow.vocabulary.secrets
    announced = _announced(connection, place.conversation_id, now)
    redacted = redact(received.message.text, secrets, announced)
    harmless = "" if redacted.masked else redacted.text
    message = replace(received.message, text=redacted.text, masked=redacted.masked)
    return insert_new(
        connection,
        inbox,
        {
            "conversation_id": place.conversation_id,
            "arrival": place.arrival,
            "key": received.sid,
            "sent_at": received.sent_at,
            "due_at": place.due_at,
            "input": stored.to_json(message),
            "parameters": redact_fields(received.parameters, secrets, announced, harmless),
            "awaits_secret": redacted.awaits,
            "received_at": now,
            "attempts": 0,
            "error": "",
        },
    )


def _announced(connection: Connection, conversation_id: str, now: datetime) -> str:
    """The customer's text before, if it announced a secret that had not come yet ("mi clave es:"), else nothing."""
    # Nearly always the last input is a message; what agents did and time-outs are few in a row.
    row = _last_message(connection, conversation_id, 1) or _last_message(connection, conversation_id, _LOOK_BACK)
    if row is None or not row.awaits_secret or now - row.received_at > _ANNOUNCED_FOR:
        return ""
    return str(row.input.get("text", ""))


def _last_message(connection: Connection, conversation_id: str, most: int) -> Any:
    rows = _LATEST.all(connection, conversation_id=conversation_id, most=most)
    return next((row for row in rows if row.input["type"] == "message_received"), None)
