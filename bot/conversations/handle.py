"""One turn, in one transaction: the heart of the shell.

lock the conversation → its oldest waiting input → `step` → `apply` → the new state, if the version is still the one read
→ the input is done. No network in here. What fails rolls all of it back, and the input waits for another try.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import metrics
from bot.contacts.tables import contacts
from bot.conversations.apply import Scene, apply, write_received
from bot.conversations.blocking import is_unheard
from bot.conversations.dialogues import follow
from bot.conversations.floods import is_flood
from bot.conversations.tables import conversations, inbox
from bot.due import is_due
from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.flow import Flow
from bot.engine.inputs import Input, MessageReceived
from bot.engine.rights import asked_for
from bot.engine.step import step
from bot.engine.turn import Circumstances, PendingCase, TicketSummary
from bot.messages.queries import said_lately
from bot.statements import Prepared
from bot.tickets.promises import Promises
from bot.tickets.queries import tickets_of
from bot.tickets.rights import cases_of

#: SQLite has one writer and ignores the lock; on PostgreSQL another worker at this conversation makes us pass on.
LOCKED = Prepared(
    sa.select(conversations, contacts.c.phone, contacts.c.blocked_at)
    .join_from(conversations, contacts)
    .where(conversations.c.id == sa.bindparam("conversation_id"))
    .with_for_update(of=conversations, skip_locked=True)
)
OLDEST = Prepared(
    sa.select(inbox.c.id, inbox.c.key, inbox.c.input, inbox.c.attempts, inbox.c.received_at, inbox.c.sent_at, inbox.c.due_at)
    .where(inbox.c.conversation_id == sa.bindparam("conversation_id"), inbox.c.handled_at.is_(None))
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
    .values(attempts=inbox.c.attempts + 1, error=sa.bindparam("kind"), due_at=sa.bindparam("again_at"))
)
#: After a first failed attempt; twice as long after the second, and so on.
_REST = timedelta(seconds=0.5)


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
    burst: timedelta = timedelta(seconds=2)  #: messages that follow so closely are one: no question is repeated between them
    late_after: timedelta = timedelta(minutes=2)  #: an answer that comes later asks for pardon
    questions_last: timedelta = timedelta(minutes=30)  #: see `apply.Scene`
    promises: Promises | None = None
    files_per_hour: int = 0  #: of one customer that are kept; 0 is no limit


def handle(connection: Connection, rules: Rules, conversation_id: str, now: datetime, *, early: bool = False) -> bool:
    """Handle the oldest waiting input of a conversation; False if there is none, or another worker is at it.

    One that is to be handled later is left for then, unless `early`.
    """
    here = LOCKED.first(connection, conversation_id=conversation_id)
    waits = None if here is None else OLDEST.first(connection, conversation_id=conversation_id)
    if here is None or waits is None or not (early or is_due(waits.due_at, now)):
        return False
    begun = perf_counter()
    happened = stored.from_json(waits.input)
    blocked = here.blocked_at is not None and is_unheard(happened)
    if blocked and asked_for(rules.flow, happened) is None:
        _turn_away(scene_of(connection, rules, here, waits, now), here, happened)
        return True
    refuses_files = blocked or is_flood(connection, conversation_id, happened, now, rules.files_per_hour)
    before = snapshot.from_json(here.state)
    circumstances = replace(_circumstances(connection, rules, here, waits, now), refuses_files=refuses_files, blocked=blocked)
    result = step(rules.flow, before, happened, circumstances)
    scene = scene_of(connection, rules, here, waits, now)
    if isinstance(happened, MessageReceived):
        scene.refuses_files = refuses_files
        write_received(scene, happened, result.reasons)
    else:
        scene.reasons = result.reasons
    for effect in result.effects:
        apply(scene, effect)
    follow(connection, rules.flow, conversation_id, (before, happened, result), now)
    save(scene, here.version, snapshot.to_json(result.conversation))
    _DONE.run(connection, input_id=waits.id, now=now)
    metrics.TURN_SECONDS.observe(perf_counter() - begun)
    return True


def _circumstances(connection: Connection, rules: Rules, here: Any, waits: Any, now: datetime) -> Circumstances:
    return Circumstances(
        now=now,
        phone=here.phone,
        tickets=lambda: _tickets(connection, here.contact_id),
        said=lambda: said_lately(connection, here.id),
        cases=lambda: _cases(connection, here.contact_id),
        reminder_after=rules.reminder_after,
        resume_after=rules.resume_after,
        agent_idle_after=rules.agent_idle_after,
        reopen_within=rules.reopen_within,
        burst=rules.burst,
        late_after=rules.late_after,
        waited=now - (waits.sent_at or waits.received_at),
        template=rules.template,
    )


def _turn_away(scene: Scene, here: Any, happened: Input) -> None:
    """The customer is blocked: what they wrote goes into the transcript, and that is all."""
    if isinstance(happened, MessageReceived):
        write_received(scene, happened, ("happened blocked",), is_heard=False)
    save(scene, here.version, here.state)
    _DONE.run(scene.connection, input_id=scene.input_id, now=scene.now)


def note_failure(connection: Connection, conversation_id: str, kind: str, now: datetime) -> int:
    """Count a failed attempt at the oldest waiting input, and let it rest; returns how many that makes."""
    waits = OLDEST.first(connection, conversation_id=conversation_id)
    if waits is None:
        return 0
    attempts = int(waits.attempts) + 1
    _FAILED.run(connection, input_id=waits.id, kind=kind, again_at=now + _REST * attempts)
    return attempts


def scene_of(connection: Connection, rules: Rules, here: Any, waits: Any, now: datetime) -> Scene:
    """What the turn of a waiting input is written down with: `here` is its conversation's row, `waits` its own."""
    return Scene(
        connection=connection,
        now=now,
        conversation_id=here.id,
        contact_id=here.contact_id,
        address=here.address,
        input_id=waits.id,
        sid=waits.key if waits.input["type"] == "message_received" else "",
        position=here.positions,
        questions_last=rules.questions_last,
        sent_at=waits.sent_at,
        promises=rules.promises,
    )


def save(scene: Scene, version: int, state: dict[str, Any]) -> None:
    """Write the conversation as it stands after the turn. Raises StaleTurn."""
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
