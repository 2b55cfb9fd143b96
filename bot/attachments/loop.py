"""The loop that brings customers' files here: claim → fetch → look at the bytes → keep → settle.

A crash anywhere leaves either nothing or a whole file under the row's own id, and the row still waiting: the next attempt
writes the same file again.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.attachments import service
from bot.attachments.fetch import NotFetchedError, Rules, fetch
from bot.attachments.files import remove_unfinished
from bot.attachments.keep import keep, remove
from bot.attachments.queries import attachment
from bot.attachments.service import Claimed
from bot.attachments.tables import Reason
from bot.attachments.types import found_type
from bot.channels.base import Channel
from bot.db import Database

_log = logging.getLogger(__name__)
_SWEEP_SECONDS = 1.0
_LONGEST_PAUSE = 1800.0


@dataclass(frozen=True)
class Policy:
    """How files are fetched (`attachments:` in config.yaml), and where they are kept."""

    folder: Path
    rules: Rules
    parallel: int
    attempts: int


def pause(attempt: int, chance: float) -> timedelta:
    """Before the next try: 2, 4, 8 … 1800 seconds, up to half of it left out (`chance` in 0…1)."""
    return timedelta(seconds=min(_LONGEST_PAUSE, 2.0**attempt) * (0.5 + chance / 2))


class Fetcher:
    """Fetches files; `run` is the loop, `stop` ends it and what is under way."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        policy: Policy,
        now: Callable[[], datetime],
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        """`tell` is called with a message's id whenever something of its files is new."""
        self._tell = tell
        self._database = database
        self._channel = channel
        self._policy = policy
        self._now = now
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Leave what is under way and claim no more."""
        self._stopping.set()

    async def run(self) -> None:
        """Fetch until `stop`. Errors of the database are waited out: an unsettled file keeps its lease."""
        with suppress(OSError):  # what cannot be tidied up is in nobody's way
            await asyncio.to_thread(remove_unfinished, self._policy.folder)
        while not self._stopping.is_set():
            try:
                claimed = await self._claim()
            except SQLAlchemyError as error:
                _log.error("attachments cannot be worked on: %s", type(error).__name__)
                claimed = False
            if not claimed:
                await self._rest()
        # Nobody waits for a slow file: it is fetched again from the beginning when the product is started again.
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _claim(self) -> bool:
        room = self._policy.parallel - len(self._under_way)
        if room <= 0:
            return False
        claimed = await self._database.write(partial(service.claim, now=self._now(), limit=room))
        for one in claimed:
            task = asyncio.create_task(self._bring(one), name=f"fetch {one.id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return bool(claimed)

    async def _rest(self) -> None:
        """Until something is finished, until the next sweep, or until the end."""
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({stopping, *self._under_way}, timeout=_SWEEP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _bring(self, claimed: Claimed) -> None:
        try:
            try:
                await self._fetch_and_keep(claimed)
            except NotFetchedError as error:
                await self._settle_error(claimed, error)
            except OSError as error:  # the disk: full, or not ours to write to
                await self._settle_error(claimed, NotFetchedError(Reason.TROUBLE, type(error).__name__))
            await self._tell(claimed.message_id)
        except SQLAlchemyError as error:
            _log.error("an attachment could not be settled: %s", type(error).__name__, extra={"attachment": claimed.id})

    async def _fetch_and_keep(self, claimed: Claimed) -> None:
        if claimed.attempts > self._policy.attempts:  # the attempts before this one never came to an end
            raise NotFetchedError(Reason.TROUBLE, "never settled")
        source = self._channel.file_source(claimed.key)
        if source is None:
            raise NotFetchedError(Reason.ADDRESS, is_final=True)
        content = await fetch(source, self._policy.rules)
        kind = found_type(content)
        if kind is None:
            raise NotFetchedError(Reason.TYPE, is_final=True)
        has_preview = await asyncio.to_thread(keep, self._policy.folder, claimed.id, content, kind, self._database.keyring)
        settle = partial(service.settle_fetched, claimed=claimed, kind=kind, size=len(content), has_preview=has_preview)
        is_settled = await self._database.write(lambda connection: settle(connection, now=self._now()))
        # Whose data were erased while this was on its way: no row, no file. Otherwise another fetcher keeps the same one.
        if not is_settled and await self._database.read(partial(attachment, identity=claimed.id)) is None:
            await asyncio.to_thread(remove, self._policy.folder, claimed.id)

    async def _settle_error(self, claimed: Claimed, error: NotFetchedError) -> None:
        now = self._now()
        if error.is_final:
            job = partial(service.settle_refused, claimed=claimed, reason=error.reason, now=now)
        elif claimed.attempts >= self._policy.attempts:
            job = partial(service.settle_failed, claimed=claimed, reason=error.reason, now=now)
        else:
            due_at = now + pause(claimed.attempts, random.random())  # noqa: S311 (spreads load; no secret)
            job = partial(service.settle_later, claimed=claimed, reason=error.reason, due_at=due_at, now=now)
        # What is refused is the customer's affair, and agents see it; what cannot be had may be the operator's.
        level = logging.INFO if error.is_final else logging.WARNING
        _log.log(
            level, "an attachment was not fetched: %s", error, extra={"attachment": claimed.id, "attempts": claimed.attempts}
        )
        await self._database.write(job)
