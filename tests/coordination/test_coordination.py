"""One contract for everything that coordinates, and what only Redis adds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from bot.coordination.base import Attendance, Change, Coordination, Doing
from bot.coordination.in_process import InProcess
from bot.coordination.redis import Redis

AWAY = "Redis is away ({}): workers find their work by sweeping, a little later"
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


async def nudges_who_waits_here(coordination: Coordination) -> None:
    await coordination.nudge("outbox")
    assert await coordination.wait("outbox", 5)
    await coordination.nudge("outbox")
    assert not await coordination.wait("inbox", 0.01)


async def gives_up_when_nobody_wakes(coordination: Coordination) -> None:
    assert not await coordination.wait("inbox", 0.01)


async def keeps_topics_apart(coordination: Coordination) -> None:
    await coordination.wake("outbox")
    assert not await coordination.wait("inbox", 0.01)


async def tells_every_subscriber_once_and_in_order(coordination: Coordination) -> None:
    with coordination.subscribe() as one, coordination.subscribe() as other:
        for name in "abc":
            await coordination.publish(Change(name))
        for subscription in (one, other):
            assert [await subscription.next(5) for _ in "abc"] == [Change(name) for name in "abc"]
            assert await subscription.next(0.2) is None


async def tells_nobody_what_happened_before_or_after_the_subscription(coordination: Coordination) -> None:
    await coordination.publish(Change("before"))
    with coordination.subscribe() as subscription:
        assert await subscription.next(0.2) is None
    await coordination.publish(Change("after"))
    assert await subscription.next(0.01) is None


async def keeps_the_newest_for_a_subscriber_who_is_slow(coordination: Coordination) -> None:
    with coordination.subscribe() as subscription:
        for n in range(1000):
            await coordination.publish(Change(str(n)))
        heard = []
        while (event := await subscription.next(0.1)) is not None:
            assert isinstance(event, Change)
            heard.append(int(event.conversation_id))
    assert heard == list(range(1000 - len(heard), 1000))
    assert 100 < len(heard) < 1000


async def tells_of_attendance_beside_changes(coordination: Coordination) -> None:
    with coordination.subscribe() as subscription:
        await coordination.publish(Attendance("SF-000001"))
        await coordination.publish(Change("SF-000001"))
        assert [await subscription.next(5) for _ in range(2)] == [Attendance("SF-000001"), Change("SF-000001")]


async def knows_who_is_where_and_what_they_do(coordination: Coordination) -> None:
    place, other = uuid4().hex, uuid4().hex
    assert await coordination.present(place) == {}
    assert await coordination.attend(place, "ana.gomez", Doing.LOOKING, 30)
    assert not await coordination.attend(place, "ana.gomez", Doing.LOOKING, 30)  # nobody needs to be told again
    assert await coordination.attend(place, "luis.paz", Doing.LOOKING, 30)
    assert await coordination.attend(place, "luis.paz", Doing.WRITING, 30)
    assert not await coordination.attend(place, "luis.paz", Doing.LOOKING, 30)  # from another tab; still writing in the first
    assert await coordination.present(place) == {"ana.gomez": Doing.LOOKING, "luis.paz": Doing.WRITING}
    assert await coordination.present(other) == {}
    assert await coordination.leave(place, "luis.paz")
    assert not await coordination.leave(place, "luis.paz")
    assert await coordination.present(place) == {"ana.gomez": Doing.LOOKING}


async def forgets_who_does_not_say_that_they_are_still_there(coordination: Coordination) -> None:
    place = uuid4().hex
    await coordination.attend(place, "ana", Doing.LOOKING, 30)
    await coordination.attend(place, "ana", Doing.WRITING, 0.05)
    await coordination.attend(place, "luis", Doing.LOOKING, 0.05)
    await asyncio.sleep(0.1)
    assert await coordination.present(place) == {"ana": Doing.LOOKING}
    assert await coordination.attend(place, "ana", Doing.LOOKING, 30)  # the others still think that she writes


async def lets_one_through_in_so_long(coordination: Coordination) -> None:
    key, other = uuid4().hex, uuid4().hex
    assert [await coordination.is_first(key, 0.2) for _ in range(3)] == [True, False, False]
    assert await coordination.is_first(other, 0.2)
    await asyncio.sleep(0.25)
    assert await coordination.is_first(key, 0.2)


CONTRACTS = [
    tells_of_attendance_beside_changes,
    knows_who_is_where_and_what_they_do,
    forgets_who_does_not_say_that_they_are_still_there,
    lets_one_through_in_so_long,
    wakes_who_waits,
    remembers_a_wake_up_for_whoever_waits_next,
    nudges_who_waits_here,
    gives_up_when_nobody_wakes,
    keeps_topics_apart,
    tells_every_subscriber_once_and_in_order,
    tells_nobody_what_happened_before_or_after_the_subscription,
    keeps_the_newest_for_a_subscriber_who_is_slow,
]


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


def test_redis_tells_another_process_of_an_event_once(redis_url: str) -> None:
    async def play() -> None:
        async with running(Redis(redis_url)) as here, running(Redis(redis_url)) as there:
            with there.subscribe() as subscription:
                for _ in range(100):  # until the other side has subscribed
                    await here.publish(Change("before"))
                    if await subscription.next(0.1) is not None:
                        break
                await here.publish(Change("1"))
                while (event := await subscription.next(10)) == Change("before"):
                    pass  # more than one, on a busy machine
                assert event == Change("1")
                assert await subscription.next(0.3) is None

    asyncio.run(play())


def test_redis_tells_every_process_who_is_there_and_lets_one_of_them_through(redis_url: str) -> None:
    async def play() -> None:
        async with running(Redis(redis_url)) as here, running(Redis(redis_url)) as there:
            place, heard = uuid4().hex, None
            with there.subscribe() as subscription:
                for _ in range(50):  # until the other side has subscribed
                    await here.publish(Attendance(place))
                    if (heard := await subscription.next(0.1)) is not None:
                        break
            assert heard == Attendance(place)
            await here.attend(place, "ana", Doing.WRITING, 30)
            assert await there.present(place) == {"ana": Doing.WRITING}
            assert [await one.is_first(place, 30) for one in (here, there)] == [True, False]

    asyncio.run(play())


def test_without_redis_this_process_goes_on_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        async with running(Redis("unix:///nowhere/redis.sock")) as coordination:
            await coordination.wake("inbox")
            await coordination.wake("inbox")
            assert await coordination.wait("inbox", 1)
            with coordination.subscribe() as subscription:
                await coordination.publish(Change("here"))
                assert await subscription.next(1) == Change("here")
            assert await coordination.attend("SF-000001", "ana", Doing.LOOKING, 30)
            assert await coordination.present("SF-000001") == {"ana": Doing.LOOKING}
            assert [await coordination.is_first("key", 30) for _ in range(2)] == [True, False]
            assert await coordination.leave("SF-000001", "ana")
            assert not await coordination.is_well()

    with caplog.at_level(logging.WARNING, logger="bot.coordination.redis"):
        asyncio.run(play())
    assert [record.message for record in caplog.records] == [
        "Redis is away (ConnectionError): workers find their work by sweeping, a little later"
    ]
