"""What a run happens in: the stand-in for Twilio, a nursery for products, and customers with their oracles."""

import asyncio
import itertools
import logging
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random, SystemRandom
from typing import Any
from uuid import uuid4

from bot import settings
from bot.channels.fake_twilio import Direction, FakeTwilio
from bot.conversations.handle import Rules
from bot.flows import our_flow
from bot.runtime import rules_of
from bot.web.hooks import MESSAGES_PATH
from bot.web.serving import address_of, listen, serving
from tests import memory
from tests.crash import customers, faults, points
from tests.crash.lives import Lives
from tests.crash.nursery import nursery
from tests.crash.oracle import Oracle
from tests.crash.product import fast_clock

_ACCOUNT = "AC" + "0" * 32
_TOKEN = f"a-token-of-{uuid4().hex}"  # another run of the same day is another account
_SENDER = "whatsapp:+573184114466"
#: In memory if that can be: what SIGKILL leaves behind is the same, and nobody waits for a disk.
_FOLDER = memory.place()
#: Seconds without an answer that is due after which it counts as lost.
_PATIENCE = 180.0
_LOOK_EVERY = 0.04
#: True seconds that a visit to the inbox may take on a busy machine.
_SLOWNESS = timedelta(seconds=5)
#: Before a webhook that failed is posted again: a process that starts must not be kept from it.
_POST_AGAIN = 0.25
#: Messages in a page of a listing, so that there are several.
_PAGE = 100
_LONGEST_DIALOGUE = 40
#: Of messages whose webhook fails so often, so many are not delivered at all, once so many others were.
_ATTEMPTS, _GIVEN_UP, _SETTLED_IN = 3, 0.3, 30


@dataclass(frozen=True)
class Plan:
    """What is to be done. A run goes on until there were as many kills *and* as many customers' messages."""

    kills: int
    messages: int = 0
    each: int = 1  #: deaths at each point, at least
    database: str = ""  #: empty: an SQLite file of its own
    redis: str = ""
    processes: int = 1
    customers: int = 24  #: who write at the same time
    minutes: float = 0.0  #: end after so long, whatever was reached; 0 for no such end
    seed: int = 1
    speed: float = 30.0  #: how fast the products' clock and Twilio's run
    is_blind: bool = False  #: the products do not look up what became of a send: to try whether that is noticed


@dataclass
class World:
    plan: Plan
    fake: FakeTwilio
    rules: Rules
    lives: Lives
    luck: Random
    begun: float = field(default_factory=time.monotonic)
    told: dict[str, str] = field(default_factory=dict)
    oracles: list[Oracle] = field(default_factory=list)
    given_up: int = 0  #: messages that no webhook brought
    delivered: list[str] = field(default_factory=list)
    late: set[asyncio.Task[int]] = field(default_factory=set)

    #: By how much the products' clocks may be off, the present error last.
    shifts: list[timedelta] = field(default_factory=lambda: [timedelta()])
    has_ended: bool = False

    @property
    def messages(self) -> int:
        """That customers wrote and a product took."""
        return self.lives.messages

    def end(self) -> None:
        """Let nobody begin anything more."""
        self.has_ended = True

    async def is_answered(self) -> None:
        """Wait until all customers are."""
        while not all(oracle.is_answered or oracle.is_troubled for oracle in self.oracles):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY)

    async def settles(self) -> None:
        """Wait until all customers are answered, as long as anything still comes: a busy machine is late with many at once."""
        progress, deadline = -1, 0.0
        while progress != self.lives.progress or time.monotonic() < deadline:
            if progress != self.lives.progress:
                progress, deadline = self.lives.progress, time.monotonic() + _PATIENCE
            everybody_listens(self)
            if all(oracle.is_answered or oracle.is_troubled for oracle in self.oracles):
                return
            await asyncio.sleep(_LOOK_EVERY)

    def make_trouble(self) -> None:
        """Let Twilio be in one of its moods."""
        self.fake.faults = faults.mood(self.luck)

    @property
    def is_enough(self) -> bool:
        is_late = bool(self.plan.minutes) and time.monotonic() > self.begun + 60 * self.plan.minutes
        self.lives.is_calm = self.has_ended or is_late or (self.lives.is_enough and self.messages >= self.plan.messages)
        return self.lives.is_calm


@asynccontextmanager
async def make_world(plan: Plan) -> AsyncIterator[World]:
    luck = Random(plan.seed)  # noqa: S311 (for tests, not for secrets)
    with tempfile.TemporaryDirectory(prefix="soporte-crash-", dir=_FOLDER, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        begun = time.time()
        clock = fast_clock(begun, plan.speed)
        kept = _keep_port()
        port = kept.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        fake = FakeTwilio(
            account_sid=_ACCOUNT,
            auth_token=_TOKEN,
            sender=_SENDER,
            webhook_url=f"{url}{MESSAGES_PATH}#rc=0",
            clock=clock.now,
            largest_page=_PAGE,
        )
        listening = listen(0)
        chosen = _settings(plan, folder, url, address_of(listening))
        children = await asyncio.to_thread(nursery, plan.speed, plan.database)
        try:

            def order(point: str, passes: int) -> dict[str, Any]:
                log = str(folder / "log")
                about = {"log": log, "port": port, "begun": begun, "speed": plan.speed, "is_blind": plan.is_blind}
                return {"point": point, "passes": passes, "settings": chosen, **about}

            there_are = tuple(point for point in points.POINTS if not plan.database or point not in points.EMBEDDED_ONLY)
            rules = rules_of(settings.read(**chosen), our_flow())
            async with serving(fake.app, listening, lifespan=False):
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # clients that die in mid-request are no news
                lives = Lives(children, there_are, plan.kills, plan.each, luck, order, plan.messages)
                yield World(plan, fake, rules, lives, luck)
        finally:
            listening.close()
            kept.close()


def _keep_port() -> socket.socket:
    """A port of our own, of those that the system gives to nobody by itself; products share it, and this socket never listens."""
    for port in SystemRandom().sample(range(20_000, 32_000), 100):
        with suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()  # fails if anybody has it, sharing or not
            kept = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            kept.bind(("127.0.0.1", port))
            return kept
    raise RuntimeError("no port is free")


def _settings(plan: Plan, folder: Path, url: str, api: str) -> dict[str, Any]:
    """Lengths are of the fast clock, but for those that a process waits for by itself: Twilio's time limit, rounds of catch-up.

    What depends on how fast the machine is is off: questions left out between messages of a moment, answers that are put off.
    """
    twilio = {
        "account_sid": _ACCOUNT,
        "auth_token": _TOKEN,
        "sender": _SENDER,
        "api_base_url": api,
        "timeout_seconds": faults.TIME_LIMIT,
    }
    return {
        "public_url": url,
        "dev": True,
        "data_dir": str(folder),
        "database_url": plan.database,
        "redis_url": plan.redis,
        "twilio": twilio,
        "conversation": {"reminder_after_minutes": 1},
        "catch_up": {"every_seconds": 2, "overlap_minutes": 1},
        "overload": {"customer_per_minute": 0, "burst_seconds": 0, "sends_per_day": 0},
        "sender": {"questions_last_minutes": 10_000},
    }


async def writing_customers(world: World) -> None:
    """So many customers as the plan says write at the same time, new ones after those who are done, until it is enough."""
    numbers = itertools.count(1)
    await asyncio.gather(*(_customers(world, numbers) for _ in range(world.plan.customers)))


def everybody_listens(world: World) -> None:
    """Let all customers look at their phones."""
    for oracle in world.oracles:
        _listen(world, oracle)


async def _customers(world: World, numbers: "itertools.count[int]") -> None:
    while not world.is_enough:
        number = next(numbers)
        await _Customer(world, number).talk()


class _Customer:
    """Somebody with a phone."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._luck = Random(f"{world.plan.seed}:{number}")  # noqa: S311
        self._oracle = Oracle(world.rules, f"+57300{number:07d}", world.told, world.shifts, _SLOWNESS * world.plan.speed)
        world.oracles.append(self._oracle)

    async def talk(self) -> None:
        """Write until a few tickets are open, mostly waiting for each answer."""
        for _ in range(self._luck.randint(5, _LONGEST_DIALOGUE)):
            if self._luck.random() < 0.1:
                for text in customers.burst(self._luck):
                    if not await self._write(text):
                        await self._is_answered()  # it will be found later, and only then its place in the order is known
            else:
                await self._write(customers.next_text(self._world.rules.flow, self._oracle.state, self._luck))
            if not await self._is_answered() or self._world.is_enough:
                break

    async def _write(self, text: str) -> bool:
        """Write, and let Twilio deliver; False if it gave up, as it does after three attempts: that is left to catch-up."""
        world, address = self._world, f"whatsapp:{self._oracle.phone}"
        self._oracle.write(text, world.fake.now())
        sid = world.fake.accept(address, text=text, profile_name="Cliente")
        copies = self._luck.choice((1, 1, 1, 1, 1, 1, 2, 3))
        gives_up = self._luck.random() < _GIVEN_UP and len(world.delivered) > _SETTLED_IN
        for attempt in itertools.count(1):
            if 200 in await asyncio.gather(*(world.fake.deliver(sid) for _ in range(copies))):
                break
            if gives_up and attempt == _ATTEMPTS:
                world.given_up += 1
                return False
            await asyncio.sleep(_POST_AGAIN)
        world.lives.messages += 1
        world.lives.progress += 1
        world.delivered.append(sid)
        if self._luck.random() < 0.1:  # an old message once more, out of order and after its answer
            again = asyncio.create_task(world.fake.deliver(self._luck.choice(world.delivered[-200:])))
            world.late.add(again)
            again.add_done_callback(world.late.discard)
        return True

    async def _is_answered(self) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            _listen(self._world, self._oracle)
            if self._oracle.is_answered or self._oracle.is_troubled:
                break
            await asyncio.sleep(_LOOK_EVERY)
        return self._oracle.is_answered and not self._oracle.is_troubled


def _listen(world: World, oracle: Oracle) -> None:
    """Read what has arrived on the customer's phone."""
    arrived = [r for r in world.fake.conversation(f"whatsapp:{oracle.phone}") if r.direction is Direction.OUTBOUND]
    for record in arrived[len(oracle.heard) :]:
        oracle.hear(record.body, record.at)
        world.lives.progress += 1
