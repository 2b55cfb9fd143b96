"""Hide what should not have been kept: a message or a part of it, wherever it was repeated, and the provider's copy.

An agent does it to one message (`hide`); `redact_again` does it to all that the rules of today would have masked.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import Reason as FileReason
from bot.attachments.tables import State, attachments
from bot.contacts.tables import contacts
from bot.conversations.tables import conversations, inbox
from bot.messages.queries import said
from bot.messages.tables import Direction, messages
from bot.privacy.erase import Todo
from bot.privacy.tables import Reason, erasures
from bot.tickets import search
from bot.tickets.tables import ticket_events, tickets
from bot.understanding.redaction import Secrets
from bot.understanding.redaction.redact import find

#: Shorter parts are hidden in their message alone: elsewhere they would be met by chance.
_SHORTEST = 4
#: A search index is made anew of so many of the customer's last messages.
_MOST_SAID = 1000

Change = Callable[[str], str]


@dataclass(frozen=True)
class Hiding:
    """What is to be hidden of a message. Without parts the whole of it, files too."""

    message_id: str
    conversation_id: str
    mask: str
    parts: tuple[str, ...] = ()
    actor: str = ""  #: an agent's username


def hide(connection: Connection, hiding: Hiding, now: datetime) -> bool:
    """Hide it; False if there is no such message in this conversation, or nothing of it to hide.

    Runs in the caller's transaction; the provider's copy and the files on disk go a moment later (`finish`).
    """
    ours = sa.and_(messages.c.id == hiding.message_id, messages.c.conversation_id == hiding.conversation_id)
    row = connection.execute(sa.select(messages).where(ours, messages.c.direction != Direction.NOTE.value)).one_or_none()
    if row is None or not all(part in row.body for part in hiding.parts):
        return False
    body = _without(row.body, hiding.parts, hiding.mask) if hiding.parts else hiding.mask
    values: dict[str, Any] = {"body": body, "updated_at": now}
    files: list[str] = []
    if not hiding.parts:
        values["attachments"] = []
        files = _drop_files(connection, row, now)
    connection.execute(sa.update(messages).where(ours).values(values))
    elsewhere = _elsewhere(row.body, hiding)
    _in_inbox(connection, row, hiding, elsewhere)
    _in_tickets(connection, hiding.conversation_id, elsewhere, now)
    _in_state(connection, hiding.conversation_id, elsewhere)
    todo = Todo(files=tuple(files), sids=(row.sid,) if row.sid else (), until=now.isoformat())
    _let_copies_go(connection, todo, hiding.actor, now)
    return True


def redact_again(connection: Connection, secrets: Secrets, now: datetime, *, dry_run: bool) -> int:
    """Mask in every customer's message what today's rules find; returns how many messages that are."""
    found = 0
    for conversation_id in connection.execute(sa.select(conversations.c.id).order_by(conversations.c.id)).scalars().all():
        for hiding in list(_missed(connection, conversation_id, secrets)):
            found += 1
            if not dry_run:
                hide(connection, hiding, now)
    return found


def _missed(connection: Connection, conversation_id: str, secrets: Secrets) -> Iterator[Hiding]:
    """Messages of a conversation with secrets in them, each read with the one before it in mind."""
    theirs = sa.and_(messages.c.conversation_id == conversation_id, messages.c.direction == Direction.IN.value)
    query = sa.select(messages.c.id, messages.c.body).where(theirs).order_by(messages.c.position)
    previous = ""
    for row in connection.execute(query).all():
        spans = find(row.body, secrets, previous).spans
        parts = tuple(dict.fromkeys(row.body[start:end] for start, end, _ in spans if row.body[start:end] != secrets.mask))
        if parts:
            yield Hiding(row.id, conversation_id, secrets.mask, parts)
        previous = row.body


def _without(text: str, parts: tuple[str, ...], mask: str) -> str:
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, mask)
    return text


def _elsewhere(body: str, hiding: Hiding) -> Change:
    """What is done to texts that may repeat the message: parts go wherever they stand, a whole message where it stands alone."""
    long_parts = tuple(part for part in hiding.parts if len(part) >= _SHORTEST)
    if hiding.parts:
        return lambda text: _without(text, long_parts, hiding.mask)
    whole = body.strip()
    return lambda text: hiding.mask if whole and text.strip() == whole else text


def _in_inbox(connection: Connection, row: sa.Row[Any], hiding: Hiding, elsewhere: Change) -> None:
    """The input it came as, and what the webhook said: of a whole message nothing but its sort."""
    if not row.sid:
        return
    came = connection.execute(sa.select(inbox).where(inbox.c.key == row.sid)).one_or_none()
    if came is None:
        return
    if hiding.parts:
        told = {**came.input, "text": _without(came.input.get("text", ""), hiding.parts, hiding.mask)}
        parameters = _each(came.parameters, elsewhere)
    else:
        told, parameters = {"type": came.input["type"], "kind": came.input["kind"], "text": hiding.mask}, {}
    connection.execute(sa.update(inbox).where(inbox.c.id == came.id).values(input=told, parameters=parameters))


def _in_tickets(connection: Connection, conversation_id: str, elsewhere: Change, now: datetime) -> None:
    """Details, answers and comments of the customer's tickets; and the words that they are found by, made anew."""
    theirs = sa.select(tickets, contacts.c.phone, contacts.c.profile_name).join(contacts)
    for row in connection.execute(theirs.where(tickets.c.conversation_id == conversation_id)).all():
        values = {name: _each(getattr(row, name), elsewhere) for name in ("fields", "detail", "rating_comment")}
        connection.execute(sa.update(tickets).where(tickets.c.id == row.id).values(**values, updated_at=now))
        _in_history(connection, row.id, elsewhere)
        search.remove(connection, [row.id])
        answers = [field["value"] for field in values["fields"]]
        words = said(connection, conversation_id, latest=_MOST_SAID)
        search.add(connection, row.id, row.number, row.phone, row.profile_name, *answers, values["detail"], *words)


def _in_history(connection: Connection, ticket_id: int, elsewhere: Change) -> None:
    """Corrections and notes repeat what was there."""
    for event in connection.execute(sa.select(ticket_events).where(ticket_events.c.ticket_id == ticket_id)).all():
        data = _each(event.data, elsewhere)
        if data != event.data:
            connection.execute(sa.update(ticket_events).where(ticket_events.c.id == event.id).values(data=data))


def _in_state(connection: Connection, conversation_id: str, elsewhere: Change) -> None:
    """What the dialogue remembers: the draft."""
    ours = conversations.c.id == conversation_id
    state = connection.execute(sa.select(conversations.c.state).where(ours).with_for_update()).scalar_one()
    answers = {name: elsewhere(value) for name, value in state.get("answers", {}).items()}
    if answers != state.get("answers", {}):
        changed = {"state": {**state, "answers": answers}, "version": conversations.c.version + 1}
        connection.execute(sa.update(conversations).where(ours).values(changed))


def _drop_files(connection: Connection, row: sa.Row[Any], now: datetime) -> list[str]:
    """Ids of the message's files, which are not here any more from now on."""
    sent = [item["file"] for item in row.attachments if isinstance(item, dict) and "file" in item]
    theirs = sa.or_(attachments.c.message_id == row.id, attachments.c.id.in_(sent))
    gone = {
        "state": State.REFUSED.value,
        "reason": FileReason.HIDDEN.value,
        "stored_as": "",
        "due_at": None,
        "has_preview": False,
    }
    changed = sa.update(attachments).where(theirs).values(**gone, updated_at=now).returning(attachments.c.id)
    return list(connection.execute(changed).scalars())


def _let_copies_go(connection: Connection, todo: Todo, actor: str, now: datetime) -> None:
    values = {
        "id": uuid4().hex,
        "persons": [],
        "reason": Reason.HIDDEN.value,
        "actor": actor,
        "at": now,
        "counts": {},
        "proofs": [],
        "todo": asdict(todo),
        "due_at": now,
        "attempts": 0,
        "error": "",
        "finished_at": None,
    }
    connection.execute(sa.insert(erasures).values(values))


def _each(value: Any, change: Change) -> Any:
    """Every text inside of plain JSON, changed; names stay."""
    match value:
        case str():
            return change(value)
        case list():
            return [_each(item, change) for item in value]
        case dict():
            return {key: _each(item, change) for key, item in value.items()}
        case _:
            return value
