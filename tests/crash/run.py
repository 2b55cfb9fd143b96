"""One run: customers write, Twilio misbehaves, products are killed; everybody must have heard exactly what they had to."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bot.contacts.tables import contacts
from bot.db import Database
from bot.tickets.tables import tickets
from tests.crash import faults
from tests.crash.oracle import Verdict
from tests.crash.world import Plan, World, everybody_listens, make_world, writing_customers

#: Seconds in which nothing more may come once everybody has been answered.
_QUIET = 1.5
_KILLS_FOR_EACH_MOOD = 15


@dataclass
class Report:
    """What came of it."""

    verdict: Verdict
    deaths: Counter[str]
    messages: int
    answers: int
    tickets: int
    given_up: int  #: messages that Twilio did not get through with, and that catch-up had to find
    seconds: float
    stories: list[str] = field(default_factory=list)


async def run(plan: Plan, progress: Callable[[str], None] = lambda _line: None) -> Report:
    """Do it, and judge."""
    async with make_world(plan) as world:
        keepers = [asyncio.create_task(world.lives.occupy()) for _ in range(plan.processes)]
        moods = asyncio.create_task(_moods(world, progress))
        try:
            writing = asyncio.ensure_future(writing_customers(world))
            await _unless_failed(writing, [*keepers, moods])
            await world.settles()
            await asyncio.sleep(_QUIET)
            everybody_listens(world)
        finally:
            moods.cancel()
            world.lives.is_over.set()
            await asyncio.gather(*keepers, *world.late, return_exceptions=True)
        return report_of(world)


async def _unless_failed(writing: "asyncio.Future[Any]", others: list["asyncio.Task[None]"]) -> None:
    """Wait for the customers; stop if no product can be had any more, or the misbehaviour ended."""
    await asyncio.wait([writing, *others], return_when=asyncio.FIRST_COMPLETED)
    failed = [other for other in others if other.done()]
    if failed and not writing.done():
        writing.cancel()
        await failed[0]
    await writing


async def _moods(world: World, progress: Callable[[str], None]) -> None:
    last = -_KILLS_FOR_EACH_MOOD
    while True:
        if world.is_enough:
            world.fake.faults = faults.MOODS[0]
        elif world.lives.kills >= last + _KILLS_FOR_EACH_MOOD:
            last = world.lives.kills
            world.make_trouble()
            progress(_so_far(world))
        await asyncio.sleep(0.2)


def _so_far(world: World) -> str:
    plan, seconds = world.plan, time.monotonic() - world.begun
    troubled = sum(oracle.is_troubled for oracle in world.oracles)
    parts = [(world.lives.kills, plan.kills), (world.messages, plan.messages)]
    left = max((seconds / done * (wanted - done) for done, wanted in parts if 0 < done < wanted), default=0.0)
    done = f"{world.lives.kills} kills, {world.messages} messages, {len(world.told)} tickets, {troubled} customers in trouble"
    return f"{done}; {world.messages / seconds:.1f} messages/s, {left / 60:.0f} more minutes at this pace"


def report_of(world: World) -> Report:
    """Judge what all customers heard."""
    verdict, stories = Verdict(), []
    for oracle in world.oracles:
        its = oracle.verdict()
        verdict.add(its)
        if not its.is_clean:
            stories.append(f"{its}  {oracle.story()}")
    url = world.plan.database or f"sqlite:///{world.lives.order('', 0)['settings']['data_dir']}/soporte.db"
    verdict.wrong_number += _wrongly_told(url, world.told)
    return Report(
        verdict=verdict,
        deaths=world.lives.deaths,
        messages=world.messages,
        given_up=world.given_up,
        answers=sum(len(oracle.heard) for oracle in world.oracles),
        tickets=len(world.told),
        seconds=time.monotonic() - world.begun,
        stories=stories,
    )


def _wrongly_told(url: str, told: dict[str, str]) -> int:
    """How many tickets stand in the database under another number than was told, or were told to nobody."""
    database = Database(url)
    try:
        query = sa.select(tickets.c.number, contacts.c.phone).join(contacts, contacts.c.id == tickets.c.contact_id)
        stored = {(row.number, row.phone) for row in database.read_now(lambda connection: connection.execute(query).all())}
    finally:
        database.close()
    return len(stored ^ set(told.items()))
