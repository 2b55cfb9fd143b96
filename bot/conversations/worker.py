"""The loop that handles what waits in the inbox, and lets time run out where it was asked to.

Woken by the webhook; a lost wake-up only costs the time until the next sweep.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.conversations.handle import Rules
from bot.conversations.parking import MOST_ATTEMPTS, place_of
from bot.conversations.visit import Turned, visit
from bot.coordination.base import Change, Coordination
from bot.db import Database

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 2.0
_AT_ONCE = 64


class Worker:
    """Handles conversations, each by one turn at a time, many in one visit."""

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
                turns = await self._database.write(self._visit)
            except SQLAlchemyError as error:
                _log.error("the inbox cannot be worked on: %s", type(error).__name__)
                await asyncio.sleep(SWEEP_SECONDS)
                continue
            if turns:
                await self._tell(turns)
            else:
                await self._coordination.wait("inbox", SWEEP_SECONDS)

    def _visit(self, connection: Connection) -> Sequence[Turned]:
        """A visit goes by the time at which it begins, however long it waited for a connection."""
        return visit(connection, self._rules, self._now(), _AT_ONCE)

    async def _tell(self, turns: Sequence[Turned]) -> None:
        """What was written is to be sent, and shown to agents; a message that breaks the rules tells no words in the log."""
        await self._coordination.wake("outbox")
        for turned in turns:
            await self._coordination.publish(Change(turned.conversation_id))
            if turned.error is not None:
                told = {"conversation": turned.conversation_id, "attempts": turned.attempts}
                metrics.TURNS_FAILED.inc()
                fate = "is parked" if turned.attempts >= MOST_ATTEMPTS else "waits for another try"
                _log.error("a turn failed, and its input %s: %s", fate, place_of(turned.error), extra=told)
