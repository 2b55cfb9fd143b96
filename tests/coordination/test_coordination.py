"""One contract for everything that coordinates, and what only Redis adds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.coordination.base import Coordination
from bot.coordination.in_process import InProcess
from bot.coordination.redis import Redis

Contract = Callable[[Coordination], Awaitable[None]]


@asynccontextmanager
async def running(coordination: Coordination) -> AsyncIterator[Coordination]:
    await coordination.start()
    try:
        yield coordination
    finally:
        await coordination.close()


async def wakes_who_waits(coordination: Coordination) -> None:
    waiting = asyncio.create_task(coordination.wait("inbox", 5))
    await asyncio.sleep(0.01)
    await coordination.wake("inbox")
    assert await waiting


async def remembers_a_wake_up_for_whoever_waits_next(coordination: Coordination) -> None:
    await coordination.wake("outbox")
    assert await coordination.wait("outbox", 5)


async def gives_up_when_nobody_wakes(coordination: Coordination) -> None:
    assert not await coordination.wait("inbox", 0.01)


async def keeps_topics_apart(coordination: Coordination) -> None:
    await coordination.wake("outbox")
    assert not await coordination.wait("inbox", 0.01)


CONTRACTS = [wakes_who_waits, remembers_a_wake_up_for_whoever_waits_next, gives_up_when_nobody_wakes, keeps_topics_apart]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_one_process_alone(contract: Contract) -> None:
    async def play() -> None:
        async with running(InProcess()) as coordination:
            await contract(coordination)

    asyncio.run(play())


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_by_redis(contract: Contract, redis_url: str) -> None:
    async def play() -> None:
        async with running(Redis(redis_url)) as coordination:
            await contract(coordination)
            assert await coordination.is_well()

    asyncio.run(play())


def test_redis_wakes_another_process(redis_url: str) -> None:
    async def play() -> None:
        async with running(Redis(redis_url)) as here, running(Redis(redis_url)) as there:
            for _ in range(50):  # until the other side has subscribed
                await here.wake("inbox")
                if await there.wait("inbox", 0.1):
                    return
            pytest.fail("the wake-up never arrived")

    asyncio.run(play())


def test_without_redis_this_process_goes_on_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        async with running(Redis("unix:///nowhere/redis.sock")) as coordination:
            await coordination.wake("inbox")
            await coordination.wake("inbox")
            assert await coordination.wait("inbox", 1)
            assert not await coordination.is_well()

    with caplog.at_level(logging.WARNING, logger="bot.coordination.redis"):
        asyncio.run(play())
    assert [record.message for record in caplog.records] == ["Redis is away: workers find their work by sweeping, a little later"]
