"""A product that nobody kills, to be stopped, starved or misled while customers write."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.crash.lives import Told
from tests.crash.run import Report, report_of
from tests.crash.world import World, everybody_listens, writing_customers

_PATIENCE = 30.0
_LONG = 120.0
#: Seconds in which nothing more may come once everybody has been answered.
_QUIET = 1.5


@dataclass(frozen=True)
class Alive:
    """A running product."""

    pid: int
    told: Told

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def stop_at(self, point: str) -> bool:
        """Let it stop (SIGSTOP) when it comes to a point; False if it does not come there soon."""
        self.told.tell({"point": point, "passes": 0, "signal": signal.SIGSTOP})
        return await self.told.comes_to(point, _PATIENCE)


@asynccontextmanager
async def alive(world: World) -> AsyncIterator[Alive]:
    """Start a product; kill it in the end if it still lives."""
    pid, line = await asyncio.to_thread(world.lives.nursery.bear, world.lives.order("", 0))
    told = Told(line)
    try:
        assert await told.hears("ready", _PATIENCE)
        yield Alive(pid, told)
    finally:
        if not told.has_ended:
            os.kill(pid, signal.SIGKILL)
            await told.ends(_PATIENCE)
        line.close()
        world.lives.nursery.ended(pid)


@asynccontextmanager
async def under_load(world: World) -> AsyncIterator[None]:
    """Let customers write meanwhile, and on the way out wait until all of them are answered."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writing_customers(world))
        yield


async def written(world: World, more: int) -> None:
    """Wait until customers got so many more messages through. Raises TimeoutError."""
    before = world.messages
    async with asyncio.timeout(_LONG):
        while world.messages < before + more:  # noqa: ASYNC110 (the world has no event for it)
            await asyncio.sleep(0.05)


async def judged(world: World) -> Report:
    """Wait whether anything more comes, and judge."""
    await world.settles()
    await asyncio.sleep(_QUIET)
    everybody_listens(world)
    return report_of(world)
