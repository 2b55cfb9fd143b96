"""Messages that no webhook brought: found in the provider's list, before listening and every minute, and put into the inbox.

The list is compared from the watermark on, with an overlap, because it may lag; whatever the inbox has is there by its unique
key. A message that arrived just now is left to its webhook, which tells more than the list does, unless nobody listened.
Of several processes one looks at a time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.base import Channel, Listed, Received, SendError
from bot.conversations.inbox import record_message
from bot.conversations.tables import catch_ups, conversations, inbox
from bot.coordination.base import Coordination
from bot.db import Database
from bot.engine.flow import Flow
from bot.statements import insert_new

_log = logging.getLogger(__name__)
#: Longer than a webhook may take with all its retries, and the fallback address after them.
_LEFT_TO_ITS_WEBHOOK = timedelta(seconds=60)
#: Nobody has looked for so many rounds: then nobody was listening either.
_NOBODY_LISTENED = 3
_AT_ONCE = 100
_MOST_WAITS, _WAIT_SECONDS = 240, 0.5
#: The lock that one process holds on PostgreSQL; it ends with the connection, however that ends.
_LOCK = 0x50C0_0001


@dataclass(frozen=True)
class Policy:
    """How the list is compared (`catch_up:` in config.yaml)."""

    line: str  #: our address at the provider
    every: timedelta
    overlap: timedelta
    reach: timedelta  #: what is older is not looked for


class CatchUp:
    """Looks for what is missing: `before_listening` once, `run` every minute until `stop`."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        coordination: Coordination,
        flow: Flow,
        policy: Policy,
        is_forgotten: Callable[[Connection, str, datetime], bool],
    ) -> None:
        """`is_forgotten`: whether who sent a message, known by address and time, was erased afterwards."""
        self._database = database
        self._is_forgotten = is_forgotten
        self._channel = channel
        self._coordination = coordination
        self._flow = flow
        self._policy = policy
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    async def before_listening(self, now: datetime) -> None:
        """Find what came while nobody listened. If the provider cannot be asked, the next round does it."""
        for _ in range(_MOST_WAITS):
            if await self._look(now, is_start=True) is not None:
                return
            await asyncio.sleep(_WAIT_SECONDS)  # another process is at it: what it finds comes before what we shall hear
        _log.warning("another process looks for missing messages for too long: not waiting for it")

    async def run(self, clock: Any) -> None:
        """Look every minute until `stop`. `clock` gives the product's time."""
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(self._policy.every.total_seconds()):
                    await self._stopping.wait()
            except TimeoutError:
                await self._look(clock(), is_start=False)

    async def _look(self, now: datetime, *, is_start: bool) -> int | None:
        """How many were found; None if another process is looking."""
        try:
            found = await asyncio.to_thread(self._compare, now, is_start=is_start)
        except SendError as error:
            _log.warning("the list of received messages cannot be had: %s", error)
            return 0
        except SQLAlchemyError as error:
            _log.error("missing messages cannot be looked for: %s", type(error).__name__)
            return 0
        if found:
            _log.warning("found %d messages that no webhook had brought", found)
            await self._coordination.wake("inbox")
        return found

    def _compare(self, now: datetime, *, is_start: bool) -> int | None:
        policy, write = self._policy, self._database.write_now
        with _alone(self._database) as is_alone:
            if not is_alone:
                return None
            mark = write(partial(_mark, policy=policy, now=now))
            rested = None if mark.looked_at is None else now - mark.looked_at
            if not is_start and rested is not None and timedelta(0) <= rested < policy.every / 2:
                return 0  # another process did it a moment ago
            if mark.watermark < now - policy.reach:
                _log.warning("messages from before %s are not looked for: catch_up.reach_hours", now - policy.reach)
            listed = self._channel.received_since(max(mark.watermark - policy.overlap, now - policy.reach))
            if not (is_start and (self._database.embedded or rested is None or rested > _NOBODY_LISTENED * policy.every)):
                listed = [one for one in listed if one.sent_at <= now - _LEFT_TO_ITS_WEBHOOK]
            found = self._insert(listed, now)
            reached = max([mark.watermark, *(one.sent_at for one in listed)])
            write(partial(_advance, line=policy.line, watermark=reached, found=found, now=now))
            return found

    def _insert(self, listed: Sequence[Listed], now: datetime) -> int:
        """Put what is missing into the inbox, oldest first."""
        found = 0
        for start in range(0, len(listed), _AT_ONCE):
            part = listed[start : start + _AT_ONCE]
            known = self._database.read_now(partial(_known, sids=[one.sid for one in part]))
            missing = [received for one in part if one.sid not in known and (received := self._looked_up(one))]
            found += self._database.write_now(partial(self._record, missing=missing, now=now)) if missing else 0
        return found

    def _record(self, connection: Connection, missing: Sequence[Received], now: datetime) -> int:
        wanted = [one for one in missing if not self._is_forgotten(connection, one.address, one.sent_at or now)]
        return sum(record_message(connection, received, self._flow, now) for received in wanted)

    def _looked_up(self, listed: Listed) -> Received | None:
        try:
            return self._channel.look_up(listed)
        except ValueError:
            return None  # not from WhatsApp


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """Whether no other process is looking, for as long as this goes on. An embedded database has one process only."""
    if database.embedded:
        yield True
        return
    with database.engine.begin() as connection:
        yield bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))).scalar_one())


def _mark(connection: Connection, policy: Policy, now: datetime) -> Any:
    """Where the last round came to. The first one begins with the last message that there is."""
    its = sa.select(catch_ups).where(catch_ups.c.line == policy.line)
    if (row := connection.execute(its).first()) is not None:
        return row
    latest = sa.select(sa.func.max(conversations.c.last_message_at, type_=conversations.c.last_message_at.type))
    # What was sent to this number before there was a bot is none of its business, and neither is what the overlap reaches.
    begin = connection.execute(latest).scalar_one() or now + policy.overlap
    insert_new(connection, catch_ups, {"line": policy.line, "watermark": begin, "looked_at": None, "found": 0})
    return connection.execute(its).one()


def _advance(connection: Connection, line: str, watermark: datetime, found: int, now: datetime) -> None:
    values = {"watermark": watermark, "looked_at": now, "found": catch_ups.c.found + found}
    connection.execute(sa.update(catch_ups).where(catch_ups.c.line == line).values(values))


def _known(connection: Connection, sids: Sequence[str]) -> set[str]:
    return set(connection.execute(sa.select(inbox.c.key).where(inbox.c.key.in_(sids))).scalars())
