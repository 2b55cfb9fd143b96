"""The loop that handles what waits in the inbox, and lets time run out where it was asked to.

Woken by the webhook; a lost wake-up only costs the time until the next sweep.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.conversations import inbox
from bot.conversations.handle import Rules, StaleTurn, handle, note_failure
from bot.coordination.base import Change, Coordination
from bot.db import Database

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 2.0
_AT_ONCE = 32
_PAUSE_AFTER_FAILURE = 0.5


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
                ids = await self._database.read(partial(inbox.waiting, limit=_AT_ONCE))
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
        while not self._stopping and await self._handle_next(conversation_id):
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
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001
            # One of the two edges where everything is caught: a message that breaks the rules must not stop the others.
            kind = type(error).__name__
            attempts = await self._database.write(partial(note_failure, conversation_id=conversation_id, kind=kind))
            metrics.TURNS_FAILED.inc()
            _log.exception("a turn failed", extra={"conversation": conversation_id, "attempts": attempts})
            await asyncio.sleep(_PAUSE_AFTER_FAILURE)
            return True
