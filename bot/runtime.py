"""Everything that runs, built once from the settings: the only place that picks implementations."""

import asyncio
import fcntl
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TextIO

from sqlalchemy.engine import make_url

from bot.account import channel_of
from bot.attachments import loop as attachments
from bot.attachments.fetch import Rules as FetchRules
from bot.attachments.links import Links, read_key
from bot.attachments.service import recover as fetch_again
from bot.channels.base import Channel
from bot.conversations import catch_up
from bot.conversations.catch_up import CatchUp
from bot.conversations.handle import Rules
from bot.conversations.worker import Worker
from bot.coordination.base import Change, Coordination
from bot.coordination.choosing import coordination_of
from bot.db import Database
from bot.engine.flow import Flow
from bot.flows import our_flow
from bot.housekeeping import forgets, keep_erased, means_with, terms_of
from bot.messages import outbox
from bot.messages.allowance import Allowance
from bot.messages.queries import conversation_of
from bot.messages.sender import Policy, Sender
from bot.migrations import step_of, steps, upgrade
from bot.privacy.finish import Means
from bot.privacy.keeper import Keeper, Night
from bot.settings import Settings, SettingsProblem
from bot.tickets.exporter import Exporter
from bot.tickets.promises import Promises, Target
from bot.unlocking import with_keys, with_keys_to_read

_log = logging.getLogger(__name__)
MEDIA_PATH = "/media"


class Clock:
    """The product's time. In the demo it can be moved forward, to try out what happens after hours of silence."""

    def __init__(self, file: Path | None = None, source: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`file` keeps how far it was moved, so that time does not jump back when the demo is started again."""
        self._file = file
        self._source = source
        self._ahead = timedelta(0)
        if file is not None and file.exists():
            self._ahead = timedelta(seconds=float(json.loads(file.read_text())["ahead_seconds"]))

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._source() + self._ahead

    def outside(self) -> datetime:
        """The time without what it was moved by: what the clock of somebody's phone shows."""
        return self._source()

    def advance(self, by: timedelta) -> datetime:
        """Move it forward and return the new time."""
        self._ahead += by
        if self._file is not None:
            self._file.write_text(json.dumps({"ahead_seconds": self._ahead.total_seconds()}))
        return self.now()


@dataclass(frozen=True)
class Runtime:
    """All that the web, the workers and the commands need."""

    settings: Settings
    flow: Flow
    database: Database
    channel: Channel
    coordination: Coordination
    clock: Clock
    links: Links
    lock: TextIO | None  #: held while this process alone works on an embedded database

    def close(self) -> None:
        """Finish what was accepted and let go of the database."""
        self.database.close()
        if self.lock is not None:
            self.lock.close()


def open_database(settings: Settings, *, starts: bool = False) -> Database:
    """The database of this installation, brought to the schema of this version and opened with its keys.

    `starts`: it is the product that opens it, not a command (`vault.opening.unlock`). Raises SettingsProblem if a key is missing.
    """
    database = Database(settings.database)
    upgrade(database)
    return with_keys(database, settings, starts=starts)


def open_to_read(settings: Settings, *, sealed: bool = False) -> Database:
    """The database as it is, also while the product runs: nothing is made and nothing changed.

    With `sealed` what is encrypted stays so, and no key is needed. Raises SettingsProblem if there is no database, if it is of
    another version, or if a key is missing.
    """
    if not _is_there(settings):
        raise SettingsProblem([f"{settings.folder} holds no data yet (SOPORTE_DATA_DIR says where to look)"])
    database = Database(settings.database)
    found = database.read_now(step_of)
    if found == steps()[0]:
        return database if sealed else with_keys_to_read(database, settings)
    database.close()
    if found is None:
        raise SettingsProblem(["the database holds no data yet (SOPORTE_DATABASE_URL says where to look)"])
    raise SettingsProblem([f"the data stands at step {found} and this version at {steps()[0]}: start this version once"])


def _is_there(settings: Settings) -> bool:
    """Whether the file of an embedded database exists; looking into one that does not would make it."""
    file = make_url(settings.database).database if not settings.database_url.get_secret_value() else None
    return file is None or Path(file).exists()


def build(settings: Settings, clock: Clock | None = None) -> Runtime:
    """Build everything; the flow first, because nothing starts on a broken one. Raises BrokenFlow."""
    flow = our_flow()
    lock = None if settings.database_url.get_secret_value() else _alone(settings.folder)
    try:
        database = open_database(settings, starts=True)
    except SettingsProblem:
        if lock is not None:
            lock.close()
        raise
    if clock is None:
        clock = Clock(settings.folder / "dev-clock.json") if settings.dev else Clock()
    keep_erased(database, settings, clock.now())
    channel = channel_of(settings)
    coordination = coordination_of(settings.redis_url.get_secret_value())
    base = settings.public_url.rstrip("/") + MEDIA_PATH
    links = Links(base, read_key(settings.attachments_folder / "links.key"), clock.now)
    return Runtime(settings, flow, database, channel, coordination, clock, links, lock)


def _alone(folder: Path) -> TextIO:
    """Make sure that no other process works on the embedded database: two senders would take each other for dead.

    The lock ends with the process, however that ends. Raises SettingsProblem.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "running.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SettingsProblem(
            [f"{folder} is in use by another soporte: end that one, or choose a folder with SOPORTE_DATA_DIR"]
        ) from None
    return lock


def rules_of(settings: Settings, flow: Flow) -> Rules:
    """What every turn is made with, whoever makes it."""
    return Rules(
        flow=flow,
        reminder_after=timedelta(minutes=settings.conversation.reminder_after_minutes),
        resume_after=timedelta(hours=settings.conversation.resume_after_hours),
        agent_idle_after=timedelta(minutes=settings.conversation.agent_idle_minutes),
        reopen_within=timedelta(days=settings.conversation.reopen_days),
        template=settings.twilio.reopen_template_sid,
        files_per_hour=settings.overload.files_per_hour,
        burst=timedelta(seconds=settings.overload.burst_seconds),
        late_after=timedelta(minutes=settings.overload.late_minutes),
        questions_last=timedelta(minutes=settings.sender.questions_last_minutes),
        promises=promises_of(settings, flow),
    )


def promises_of(settings: Settings, flow: Flow) -> Promises:
    """What customers are promised, in the flow's business hours."""

    def target(first_response: float, resolution: float) -> Target:
        return Target(timedelta(hours=first_response), timedelta(hours=resolution))

    chosen = settings.promises
    categories = {name: target(its.first_response_hours, its.resolution_hours) for name, its in chosen.categories.items()}
    return Promises(flow.hours, target(chosen.first_response_hours, chosen.resolution_hours), categories)


@asynccontextmanager
async def working(runtime: Runtime, *, works: bool = True) -> AsyncIterator[None]:
    """Look for what was missed, then run what runs beside whatever the caller does; on the way out, finish what is under way.

    Without `works` the messages are handled and sent by other processes on the same database.
    """
    await runtime.coordination.start()
    loops: list[Worker | Sender | attachments.Fetcher | Exporter | Keeper] = []
    if works:
        policy = _sender_policy(runtime)
        if runtime.database.embedded:
            await _recover(runtime, policy)
        rules, now = rules_of(runtime.settings, runtime.flow), runtime.clock.now
        sender = Sender(runtime.database, runtime.coordination, runtime.channel, policy, now)
        loops = [Worker(runtime.database, runtime.coordination, rules, now), sender, _fetcher(runtime), _exporter(runtime)]
        loops.append(_keeper(runtime))
    looking = _catch_up(runtime)
    await looking.before_listening(runtime.clock.now())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(looking.run(runtime.clock.now), name="catch-up")
        for loop in loops:
            tasks.create_task(loop.run(), name=type(loop).__name__.lower())
        try:
            yield
        finally:
            looking.stop()
            for loop in loops:
                loop.stop()
            await runtime.coordination.wake("inbox")
            await runtime.coordination.wake("outbox")
    await runtime.channel.close()
    await runtime.coordination.close()


def _sender_policy(runtime: Runtime) -> Policy:
    settings = runtime.settings
    return Policy(
        parallel=settings.sender.parallel,
        attempts=settings.sender.attempts,
        look_up_after=timedelta(seconds=settings.sender.look_up_after_seconds),
        typing=settings.sender.typing,
        per_second=settings.overload.sends_per_second,
        allowance=Allowance(settings.overload.sends_per_day, runtime.flow.zone),
        media_url=runtime.links.url,
    )


def _catch_up(runtime: Runtime) -> CatchUp:
    chosen = runtime.settings.catch_up
    policy = catch_up.Policy(
        line=runtime.settings.twilio.sender,
        every=timedelta(seconds=chosen.every_seconds),
        overlap=timedelta(minutes=chosen.overlap_minutes),
        reach=timedelta(hours=chosen.reach_hours),
    )
    forgotten = forgets(runtime.settings)
    return CatchUp(runtime.database, runtime.channel, runtime.coordination, runtime.flow, policy, forgotten)


def _fetcher(runtime: Runtime) -> attachments.Fetcher:
    settings = runtime.settings
    policy = attachments.Policy(
        folder=settings.attachments_folder,
        rules=FetchRules(settings.attachments.hosts, is_dev=settings.dev),
        parallel=settings.attachments.parallel,
        attempts=settings.attachments.attempts,
    )

    async def tell(message_id: str) -> None:
        conversation_id = await runtime.database.read(partial(conversation_of, message_id=message_id))
        await runtime.coordination.publish(Change(conversation_id))

    return attachments.Fetcher(runtime.database, runtime.channel, policy, runtime.clock.now, tell)


def means_of(runtime: Runtime) -> Means:
    """What erasures are finished with, in a running product."""
    return means_with(runtime.database, runtime.channel, runtime.settings, runtime.clock.now)


def _keeper(runtime: Runtime) -> Keeper:
    async def tell(conversation_id: str) -> None:
        await runtime.coordination.publish(Change(conversation_id))

    terms = terms_of(runtime.settings, runtime.flow)
    return Keeper(means_of(runtime), terms, Night(runtime.settings.retention.hour), tell)


def _exporter(runtime: Runtime) -> Exporter:
    async def tell(export_id: str) -> None:
        await runtime.coordination.publish(Change(export_id))

    settings, flow = runtime.settings, runtime.flow
    return Exporter(runtime.database, settings.exports_folder, flow.zone, runtime.clock.now, tell)


async def _recover(runtime: Runtime, policy: Policy) -> None:
    """Nobody else sends from an embedded database: what was being sent when the process died has an unknown outcome."""
    look_up_at = runtime.clock.now() + policy.look_up_after
    left = await runtime.database.write(partial(outbox.recover, look_up_at=look_up_at))
    await runtime.database.write(partial(fetch_again, now=runtime.clock.now()))
    if left:
        _log.warning("%d messages were being sent when the process ended; looking them up", left)
