"""The loop that handles what waits in the inbox, and lets time run out where it was asked to.

Woken by the webhook; a lost wake-up only costs the time until the next sweep.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations import inbox
from bot.conversations.handle import OLDEST, Rules, StaleTurn, handle, note_failure
from bot.conversations.parking import MOST_ATTEMPTS, TROUBLE_OF_THE_DATABASE, park, place_of, set_aside
from bot.coordination.base import Change, Coordination
from bot.db import Database

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 2.0
_AT_ONCE = 32
#: Inputs of one conversation in a row; then the others have waited long enough.
_MOST_IN_A_VISIT = 32


class Worker:
    """Handles conversations, each by one turn at a time, many beside each other."""

    def __init__(self, database: Database, coordination: Coordination, rules: Rules, now: Callable[[], datetime]) -> None:
        self._database = database
        self._coordination = coordination
        self._rules = rules
        self._now = now
        self._stopping = False

    def stop(self) -> None:
        """Finish the turns under way and take no more."""
        self._stopping = True

    async def run(self) -> None:
        """Work until `stop`. Errors of the database are waited out."""
        while not self._stopping:
            try:
                await self._let_time_run_out()
                ids = await self._database.read(partial(inbox.waiting, now=self._now(), limit=_AT_ONCE))
                results = await asyncio.gather(*(self._handle_all(conversation_id) for conversation_id in ids))
                if not any(results):
                    await self._coordination.wait("inbox", SWEEP_SECONDS)
            except SQLAlchemyError as error:
                _log.error("the inbox cannot be worked on: %s", type(error).__name__)
                await asyncio.sleep(SWEEP_SECONDS)

    async def _let_time_run_out(self) -> None:
        now = self._now()
        for conversation_id, due in await self._database.read(lambda connection: inbox.due(connection, now, _AT_ONCE)):
            await self._database.write(partial(inbox.record_time_out, conversation_id=conversation_id, due=due, now=now))

    async def _handle_all(self, conversation_id: str) -> bool:
        """Handle all that waits in one conversation, in order; True if anything was handled."""
        handled = False
        for _ in range(_MOST_IN_A_VISIT):
            if self._stopping or not await self._handle_next(conversation_id):
                break
            handled = True
            await self._coordination.wake("outbox")
            await self._coordination.publish(Change(conversation_id))
        return handled

    async def _handle_next(self, conversation_id: str) -> bool:
        try:
            return await self._database.write(
                partial(handle, rules=self._rules, conversation_id=conversation_id, now=self._now()),
            )
        except StaleTurn:
            return True
        except TROUBLE_OF_THE_DATABASE:
            raise
        except Exception as error:  # noqa: BLE001
            # One of the two edges where everything is caught: a message that breaks the rules must not stop the others.
            return await self._note_failure(conversation_id, error)

    async def _note_failure(self, conversation_id: str, error: Exception) -> bool:
        """Let the input rest a little, or park it after too many tries; True if the next one may go on."""
        kind, now = type(error).__name__, self._now()
        note = partial(note_failure, conversation_id=conversation_id, kind=kind, now=now)
        attempts = await self._database.write(note)
        _log.error("a turn failed: %s", place_of(error), extra={"conversation": conversation_id, "attempts": attempts})
        if attempts < MOST_ATTEMPTS:
            return False
        try:
            aside = partial(park, rules=self._rules, conversation_id=conversation_id, kind=kind, now=now)
            await self._database.write(aside)
        except TROUBLE_OF_THE_DATABASE:
            raise
        except Exception as another:  # noqa: BLE001
            # Not even a person can be told of it: it is put out of the way of the next ones, and the log has it.
            _log.error("an input could not be parked: %s", place_of(another), extra={"conversation": conversation_id})
            await self._database.write(partial(_put_out_of_the_way, conversation_id=conversation_id, kind=kind, now=now))
        _log.error("an input was parked: %s", kind, extra={"conversation": conversation_id})
        return True


def _put_out_of_the_way(connection: Connection, conversation_id: str, kind: str, now: datetime) -> None:
    waits = OLDEST.first(connection, conversation_id=conversation_id)
    if waits is not None:
        set_aside(connection, waits.id, kind, now)
