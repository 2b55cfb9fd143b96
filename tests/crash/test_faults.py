"""Under load: ended politely, stopped in the middle of something, out of disk, out of time. Customers only wait longer."""

import asyncio
import signal
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.fake_twilio import Faults
from tests.crash.alive import alive, judged, under_load, written
from tests.crash.world import Plan, make_world

#: Customers write until the scene is over.
LOAD = Plan(kills=0, each=0, messages=10_000, customers=8)
LIFTED = 1_000_000_000


@pytest.mark.timeout(300)
def test_a_product_that_is_told_to_end_finishes_what_is_under_way_and_the_next_goes_on() -> None:
    async def scene() -> None:
        async with make_world(LOAD) as world:
            async with under_load(world):
                for _ in range(4):
                    async with alive(world) as product:
                        await written(world, 10)
                        product.signal(signal.SIGTERM)
                        assert await product.told.ends(60)
                        assert product.told.ended_well
                world.end()
                async with alive(world):
                    await world.is_answered()
            report = await judged(world)
        assert report.verdict.is_clean, report.stories

    asyncio.run(scene())


@pytest.mark.timeout(300)
def test_a_full_disk_is_said_in_time_and_nothing_that_was_taken_is_lost() -> None:
    async def scene() -> None:
        refused: list[float] = []
        async with make_world(LOAD) as world, alive(world) as product:
            async with under_load(world):
                await written(world, 20)
                product.told.tell({"pages": 0})
                deadline = time.monotonic() + 60
                while len(refused) < 5 and time.monotonic() < deadline:
                    sid, begun = world.fake.accept("whatsapp:+573009999999", text="hola"), time.monotonic()
                    if await world.fake.deliver(sid) == 503:
                        refused.append(time.monotonic() - begun)
                product.told.tell({"pages": LIFTED})
                await written(world, 20)
                world.end()
            report = await judged(world)
        assert len(refused) == 5
        assert max(refused) < 4  # two seconds, and as much again for a busy machine
        assert report.verdict.is_clean, report.stories

    asyncio.run(scene())


@pytest.mark.timeout(300)
def test_a_clock_that_is_set_back_or_forth_changes_no_order_and_holds_nothing_up() -> None:
    async def scene() -> None:
        async with make_world(LOAD) as world, alive(world) as product:
            async with under_load(world):
                for hours in (1, -3, -3):
                    world.fake.faults = Faults(
                        too_many_requests=0.5, error_after=0.3
                    )  # so that something always waits to be sent
                    await written(world, 15)
                    world.shifts.append(world.shifts[-1] + timedelta(hours=hours))
                    product.told.tell({"clock": 3600 * hours})
                    world.fake.faults = Faults()
                await written(world, 15)
                world.end()
            report = await judged(world)
        assert report.verdict.is_clean, report.stories

    asyncio.run(scene())


#: Where a process may stand still and find, awake again, that others did its work. One place is left out, "about to post": who
#: stops between a look at the clock and the system call is beyond help, because Twilio does not tell one post from another.
STALLS = (
    "message: about to commit",
    "turn: decided",
    "turn: about to commit",
    "claim: committed",
    "send: claimed, not begun",
    "send: posted, not settled",
    "send: looked up, not settled",
    "status: about to commit",
)


@pytest.mark.timeout(600)
def test_a_process_that_stands_still_for_long_writes_and_sends_nothing_stale(postgres_url: str, redis_url: str) -> None:
    async def scene() -> None:
        plan = replace(LOAD, database=postgres_url, redis=redis_url)
        async with make_world(plan) as world, alive(world) as first, alive(world):
            async with under_load(world):
                for point in STALLS:
                    world.make_trouble()
                    if await first.stop_at(point):
                        await asyncio.sleep(5)  # on the product's clock two minutes and a half: longer than any lease
                        first.signal(signal.SIGCONT)
                world.end()
            report = await judged(world)
        assert report.verdict.is_clean, report.stories

    asyncio.run(scene())
