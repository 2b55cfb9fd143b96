"""What becomes of an input that breaks the rules each time: it is parked, so that the next ones go on.

A customer's message goes into the transcript all the same. They are told that a person has it now, and a ticket holds it;
while an agent talks to them, that agent reads it, and nothing more is needed. The dialogue begins anew: what it had come to
may be what broke.
"""

import logging
import traceback
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bot.conversations.apply import Scene, apply, write_received
from bot.conversations.handle import LOCKED, OLDEST, Rules, handle, save, scene_of
from bot.conversations.tables import inbox
from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.conversation import Conversation
from bot.engine.effects import TICKET, OpenTicket, Say
from bot.engine.inputs import Kind, MessageReceived
from bot.engine.step import begin
from bot.engine.texts import fill
from bot.group_commit import Outcome, attempt

_log = logging.getLogger(__name__)
#: After so many failed attempts an input is parked.
MOST_ATTEMPTS = 5
#: Errors that speak of the database's state and not of what was to be written: those are waited out.
TROUBLE_OF_THE_DATABASE = (OperationalError, InterfaceError, NoConnectionError)


def handle_or_park_all(connection: Connection, rules: Rules, conversation_id: str, now: datetime) -> None:
    """Handle all that waits in a conversation that this transaction has locked; what fails is parked at once.

    For agents: they act on the conversation as it stands, and can neither wait for five tries nor be told of a mistake of ours.
    """
    turn = partial(handle, rules=rules, conversation_id=conversation_id, now=now, early=True)
    outcome: Outcome[bool] = Outcome(result=True)
    while outcome.result or outcome.error is not None:
        outcome = attempt(connection, turn)
        if isinstance(outcome.error, TROUBLE_OF_THE_DATABASE):
            raise outcome.error
        if outcome.error is not None:
            _log.error("a turn failed before an agent: %s", place_of(outcome.error), extra={"conversation": conversation_id})
            park(connection, rules, conversation_id, type(outcome.error).__name__, now)


def park(connection: Connection, rules: Rules, conversation_id: str, kind: str, now: datetime) -> None:
    """Put the oldest waiting input aside for a person. `kind` is the error's, without a word of the customer's."""
    here = LOCKED.first(connection, conversation_id=conversation_id)
    waits = None if here is None else OLDEST.first(connection, conversation_id=conversation_id)
    if here is None or waits is None:
        return
    scene = scene_of(connection, rules, here, waits, now)
    state = _readable(here.state, rules)
    if waits.input.get("type") == "message_received":
        message = _readable_message(waits.input)
        write_received(scene, message, ())
        if not state.agent:
            _hand_over(scene, rules, message)
            state = replace(begin(rules.flow), consent=state.consent, secret_told=state.secret_told, last_at=now)
    save(scene, here.version, snapshot.to_json(state))
    set_aside(connection, waits.id, kind, now)


def set_aside(connection: Connection, input_id: int, kind: str, now: datetime) -> None:
    """Handle an input no more; nobody is told."""
    values = {"handled_at": now, "error": f"parked {kind}"}
    connection.execute(sa.update(inbox).where(inbox.c.id == input_id).values(values))


def place_of(error: Exception) -> str:
    """An error for the log: its kind and where it was raised. What it says may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    return type(error).__name__ + "".join(f" < {Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-5:]))


def _hand_over(scene: Scene, rules: Rules, message: MessageReceived) -> None:
    phrases, hours = rules.flow.phrases, rules.flow.hours.tell(scene.now)
    apply(scene, OpenTicket(phrases["parked_category"], "", (), message.text, message.media))
    apply(scene, Say(fill(phrases["parked"], {"ticket": TICKET, "hours": hours})))


def _readable(state: dict[str, Any], rules: Rules) -> Conversation:
    try:
        return snapshot.from_json(state)
    except (ValueError, TypeError, KeyError):
        return begin(rules.flow)


def _readable_message(written: dict[str, Any]) -> MessageReceived:
    """The message, or as much of it as can be read."""
    try:
        happened = stored.from_json(written)
    except (ValueError, TypeError, KeyError):
        happened = None
    if isinstance(happened, MessageReceived):
        return happened
    return MessageReceived(Kind.UNKNOWN, str(written.get("text", "")))
