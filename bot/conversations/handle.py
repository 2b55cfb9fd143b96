"""One turn, in one transaction: the heart of the shell.

lock the conversation → its oldest waiting input → `step` → `apply` → the new state, if the version is still the one read
→ the input is done. No network in here. What fails rolls all of it back, and the input waits for another try.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.conversations.apply import Scene, apply, write_received
from bot.conversations.inbox import MOST_ATTEMPTS
from bot.conversations.tables import conversations, inbox
from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.flow import Flow
from bot.engine.inputs import MessageReceived
from bot.engine.step import step
from bot.engine.turn import Circumstances, PendingCase, TicketSummary
from bot.statements import Prepared
from bot.tickets.promises import Promises
from bot.tickets.queries import tickets_of
from bot.tickets.rights import cases_of

#: SQLite has one writer and ignores the lock; on PostgreSQL another worker at this conversation makes us pass on.
_LOCKED = Prepared(
    sa.select(conversations, contacts.c.phone)
    .join_from(conversations, contacts)
    .where(conversations.c.id == sa.bindparam("conversation_id"))
    .with_for_update(of=conversations, skip_locked=True)
)
_OLDEST = Prepared(
    sa.select(inbox.c.id, inbox.c.key, inbox.c.input, inbox.c.attempts)
    .where(
        inbox.c.conversation_id == sa.bindparam("conversation_id"),
        inbox.c.handled_at.is_(None),
        inbox.c.attempts < MOST_ATTEMPTS,
    )
    .order_by(inbox.c.arrival)
    .limit(1)
)
#: Stores the new state if the version is still the one that was read.
_SAVE = Prepared(
    sa.update(conversations)
    .where(conversations.c.id == sa.bindparam("conversation_id"), conversations.c.version == sa.bindparam("read"))
    .values(
        version=conversations.c.version + 1,
        state=sa.bindparam("new_state"),
        positions=sa.bindparam("new_positions"),
        wake_at=sa.bindparam("new_wake_at"),
    )
)
_DONE = Prepared(sa.update(inbox).where(inbox.c.id == sa.bindparam("input_id")).values(handled_at=sa.bindparam("now"), error=""))
_FAILED = Prepared(
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("input_id"))
    .values(attempts=inbox.c.attempts + 1, error=sa.bindparam("kind"))
)


class StaleTurn(Exception):  # noqa: N818 (nothing is wrong: another worker was faster, and this turn is thrown away)
    """The conversation moved on while this turn was being made."""


@dataclass(frozen=True)
class Rules:
    """What every turn is made with."""

    flow: Flow
    reminder_after: timedelta
    resume_after: timedelta
    agent_idle_after: timedelta
    reopen_within: timedelta
    template: str  #: ContentSid of the template that asks a customer to write, or empty
    promises: Promises | None = None


def handle(connection: Connection, rules: Rules, conversation_id: str, now: datetime) -> bool:
    """Handle the oldest waiting input of a conversation; False if there is none, or another worker is at it."""
    here = _LOCKED.first(connection, conversation_id=conversation_id)
    waits = None if here is None else _OLDEST.first(connection, conversation_id=conversation_id)
    if here is None or waits is None:
        return False
    happened = stored.from_json(waits.input)
    circumstances = Circumstances(
        now=now,
        phone=here.phone,
        tickets=lambda: _tickets(connection, here.contact_id),
        cases=lambda: _cases(connection, here.contact_id),
        reminder_after=rules.reminder_after,
        resume_after=rules.resume_after,
        agent_idle_after=rules.agent_idle_after,
        reopen_within=rules.reopen_within,
        template=rules.template,
    )
    result = step(rules.flow, snapshot.from_json(here.state), happened, circumstances)
    scene = _scene(connection, here, waits, now)
    scene.promises = rules.promises
    if isinstance(happened, MessageReceived):
        write_received(scene, happened, result.reasons)
    else:
        scene.reasons = result.reasons
    for effect in result.effects:
        apply(scene, effect)
    _save(scene, here.version, snapshot.to_json(result.conversation))
    _DONE.run(connection, input_id=waits.id, now=now)
    return True


def handle_all(connection: Connection, rules: Rules, conversation_id: str, now: datetime) -> None:
    """Handle all that waits in a conversation that this transaction has locked. Raises what a turn raises."""
    while handle(connection, rules, conversation_id, now):
        pass


def note_failure(connection: Connection, conversation_id: str, kind: str) -> int:
    """Count a failed attempt at the oldest waiting input; returns how many that makes."""
    waits = _OLDEST.first(connection, conversation_id=conversation_id)
    if waits is None:
        return 0
    _FAILED.run(connection, input_id=waits.id, kind=kind)
    return int(waits.attempts) + 1


def _scene(connection: Connection, here: Any, waits: Any, now: datetime) -> Scene:
    return Scene(
        connection=connection,
        now=now,
        conversation_id=here.id,
        contact_id=here.contact_id,
        address=here.address,
        input_id=waits.id,
        sid=waits.key if waits.input["type"] == "message_received" else "",
        position=here.positions,
    )


def _save(scene: Scene, version: int, state: dict[str, Any]) -> None:
    new = {"new_state": state, "new_positions": scene.position, "new_wake_at": scene.wake_at}
    if _SAVE.run(scene.connection, conversation_id=scene.conversation_id, read=version, **new) != 1:
        raise StaleTurn


def _tickets(connection: Connection, contact_id: str) -> list[TicketSummary]:
    return [
        TicketSummary(
            ticket.number,
            ticket.category,
            ticket.status.value,
            ticket.updated_at,
            ticket.resolved_at,
            answer_due=ticket.answer_due,
        )
        for ticket in tickets_of(connection, contact_id)
    ]


def _cases(connection: Connection, contact_id: str) -> list[PendingCase]:
    return [PendingCase(case.right, case.number, case.due_at) for case in cases_of(connection, contact_id) if case.is_open]
