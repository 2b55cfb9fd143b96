"""One visit to the inbox: what waits in many conversations is handled in one transaction, so that they share its commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from bot.conversations import inbox
from bot.conversations.handle import OLDEST, Rules, StaleTurn, handle, note_failure
from bot.conversations.parking import MOST_ATTEMPTS, TROUBLE_OF_THE_DATABASE, park, set_aside
from bot.group_commit import attempt


@dataclass(frozen=True)
class Turned:
    """A conversation that had a turn, and why that failed, if it did."""

    conversation_id: str
    error: Exception | None = None
    attempts: int = 0  #: how often this input has failed by now


def visit(connection: Connection, rules: Rules, now: datetime, limit: int) -> Sequence[Turned]:
    """Give a turn to each of the `limit` conversations that wait longest; what another worker is at is left out.

    A turn that fails leaves nothing behind and spoils no other. One that fails too often is parked.
    Raises what SQLAlchemy raises when it is the database that fails.
    """
    for conversation_id, due in inbox.due(connection, now, limit, takes=True):
        inbox.record_time_out(connection, conversation_id, due, now)
    turns = (_turn(connection, rules, conversation_id, now) for conversation_id in inbox.waiting(connection, now, limit))
    return [turned for turned in turns if turned is not None]


def _turn(connection: Connection, rules: Rules, conversation_id: str, now: datetime) -> Turned | None:
    outcome = attempt(connection, partial(handle, rules=rules, conversation_id=conversation_id, now=now))
    match outcome.error:
        case None:
            return Turned(conversation_id) if outcome.result else None
        case StaleTurn():
            return Turned(conversation_id)
        case error if isinstance(error, TROUBLE_OF_THE_DATABASE):
            raise error
        case error:
            kind = type(error).__name__
            attempts = note_failure(connection, conversation_id, kind, now)
            if attempts >= MOST_ATTEMPTS:
                _park(connection, rules, conversation_id, kind, now)
            return Turned(conversation_id, error, attempts)


def _park(connection: Connection, rules: Rules, conversation_id: str, kind: str, now: datetime) -> None:
    """Give it to a person; if not even that can be written, put it out of the way of the next ones: the log has it."""
    parked = attempt(connection, partial(park, rules=rules, conversation_id=conversation_id, kind=kind, now=now))
    if isinstance(parked.error, TROUBLE_OF_THE_DATABASE):
        raise parked.error
    waits = OLDEST.first(connection, conversation_id=conversation_id) if parked.error is not None else None
    if waits is not None:
        set_aside(connection, waits.id, f"{kind} {type(parked.error).__name__}", now)
