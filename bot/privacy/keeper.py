"""The loop that keeps what the law asks for: erasures go on, terms are warned of, and at night what is over its time goes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.privacy import clean, finish, retention
from bot.privacy.finish import Means
from bot.privacy.retention import Terms
from bot.privacy.tables import retention_runs
from bot.statements import insert_new
from bot.tickets import rights

_log = logging.getLogger(__name__)
_ZONE = ZoneInfo("America/Bogota")
_SWEEP_SECONDS = 5.0
#: So many sweeps are between two looks at what else is due.
_SWEEPS_BETWEEN = 60


@dataclass(frozen=True)
class Night:
    """When the nightly work begins, by Colombia's clock."""

    hour: int

    def is_it(self, now: datetime) -> bool:
        """Whether the hour has come today."""
        return now.astimezone(_ZONE).hour >= self.hour


class Keeper:
    """Works beside everything else; `run` is the loop, `stop` ends it."""

    def __init__(self, means: Means, terms: Terms, night: Night, tell: Callable[[str], Awaitable[None]]) -> None:
        """`tell` is called with a conversation whenever agents should see it anew."""
        self._means = means
        self._terms = terms
        self._night = night
        self._tell = tell
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish what is under way and begin nothing more."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`. Errors of the database and of the disk are waited out."""
        sweeps = 0
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _SWEEP_SECONDS)
            if self._stopping.is_set():
                return
            sweeps += 1
            try:
                await self.go_on()
                if sweeps % _SWEEPS_BETWEEN == 0:
                    await self.look_around()
            except (SQLAlchemyError, OSError) as error:
                _log.error("what must be erased or warned of waits: %s", type(error).__name__)

    async def go_on(self) -> None:
        """Go on with the erasures that are due."""
        now = self._means.now()
        by_day = replace(self._means, may_clean_large=self._night.is_it(now) and now.astimezone(_ZONE).hour == self._night.hour)
        for identity in await self._means.database.read(partial(finish.due, now=now)):
            await asyncio.to_thread(finish.go_on, by_day, identity)

    async def look_around(self) -> None:
        """Warn of terms, let go of those who did not agree, and once a night of all that is over its time."""
        now = self._means.now()
        for conversation_id in await self._means.database.write(partial(rights.warn, now=now)):
            await self._tell(conversation_id)
        people = await self._means.database.read(partial(retention.quick, terms=self._terms, now=now))
        await asyncio.to_thread(retention.erase_people, self._means, people)
        if self._night.is_it(now) and await self._means.database.write(partial(_is_first, now=now)):
            await asyncio.to_thread(run_now, self._means, self._terms)


def run_now(means: Means, terms: Terms) -> dict[str, int]:
    """Everything that is over its time, and the cleaning after it; returns the report, which is also kept. Blocks."""
    now = means.now()
    report = retention.carry_out(means, terms).report()
    for identity in means.database.read_now(partial(finish.due, now=means.now())):
        finish.go_on(means, identity)
    try:
        clean.clean(means.database)
    except clean.BusyError as busy:
        _log.warning("the database was not cleaned tonight: %s", busy)

    def job(connection: Connection) -> None:
        insert_new(connection, retention_runs, {"day": _day(now), "at": now, "report": {}})
        connection.execute(sa.update(retention_runs).where(retention_runs.c.day == _day(now)).values(at=now, report=report))

    means.database.write_now(job)
    _log.warning("retention: %s", ", ".join(f"{name} {count}" for name, count in report.items()))
    return report


def _is_first(connection: Connection, now: datetime) -> bool:
    """Whether nobody has begun this night's work; then it is this process'."""
    return insert_new(connection, retention_runs, {"day": _day(now), "at": now, "report": {}})


def _day(now: datetime) -> str:
    return now.astimezone(_ZONE).date().isoformat()
