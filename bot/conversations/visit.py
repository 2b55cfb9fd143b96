"""One visit to the inbox: what waits in many conversations is handled in one transaction, so that they share its commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot.conversations import inbox
from bot.conversations.handle import Rules, StaleTurn, handle, note_failure
from bot.db import attempt


@dataclass(frozen=True)
class Turned:
    """A conversation that had a turn, and why that failed, if it did."""

    conversation_id: str
    error: Exception | None = None
    attempts: int = 0  #: how often this input has failed by now


def visit(connection: Connection, rules: Rules, now: datetime, limit: int) -> Sequence[Turned]:
    """Give a turn to each of the `limit` conversations that wait longest; what another worker is at is left out.

    A turn that fails leaves nothing behind and spoils no other. Raises OperationalError when it is the database that fails.
    """
    for conversation_id, due in inbox.due(connection, now, limit):
        inbox.record_time_out(connection, conversation_id, due, now)
    turns = (_turn(connection, rules, conversation_id, now) for conversation_id in inbox.waiting(connection, limit))
    return [turned for turned in turns if turned is not None]


def _turn(connection: Connection, rules: Rules, conversation_id: str, now: datetime) -> Turned | None:
    outcome = attempt(connection, partial(handle, rules=rules, conversation_id=conversation_id, now=now))
    match outcome.error:
        case None:
            return Turned(conversation_id) if outcome.result else None
        case StaleTurn():
            return Turned(conversation_id)
        case OperationalError():
            raise outcome.error
        case error:
            attempts = note_failure(connection, conversation_id, type(error).__name__)
            return Turned(conversation_id, error, attempts)
