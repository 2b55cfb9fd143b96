"""The loop that delivers the outbox: claim → hand over → settle. A slow send delays only its own conversation.

An outcome that is not known (a time-out, a 5xx, a crash) is looked up at the provider before anything is sent again.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot import metrics
from bot.channels.base import Channel, DeliveryReport, Outcome, Outgoing, SendError, Sent
from bot.coordination.base import Change, Coordination
from bot.db import Database
from bot.group_commit import Job
from bot.messages import delivery, outbox
from bot.messages.allowance import Allowance
from bot.messages.leases import LEASE
from bot.messages.looking import match
from bot.messages.outbox import MOST_LOOK_UPS, Claimed
from bot.messages.throttle import Throttle

_log = logging.getLogger(__name__)
_SWEEP_SECONDS = 2.0
_TYPING_SECONDS = 1.5
#: How far the provider's clock may be behind ours before a look-up misses what it looks for.
_CLOCKS_APART = timedelta(hours=1)
#: Of a lease: a sender that slept longer (a laptop, a stopped process) sends nothing, because somebody else may have.
_MOST_OF_LEASE = 0.5 * LEASE.total_seconds()
_LONGEST_PAUSE = 300.0
#: The database cannot be reached, or not in time; not: it does not take what it is given.
_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)


@dataclass(frozen=True)
class Policy:
    """How messages are delivered (`sender:` in config.yaml)."""

    parallel: int
    attempts: int
    look_up_after: timedelta
    typing: bool
    per_second: float  #: of this process; 0 is no limit
    allowance: Allowance
    media_url: Callable[[str], str]  #: id of an agent's file → where the provider may fetch it


def pause(attempt: int, chance: float) -> timedelta:
    """Before the next try: 1, 2, 4 … 300 seconds, up to half of it left out (`chance` in 0…1) so that not all return at once."""
    return timedelta(seconds=min(_LONGEST_PAUSE, 2.0 ** (attempt - 1)) * (0.5 + chance / 2))


def is_given_up(message: Claimed, attempts: int, now: datetime) -> bool:
    """Whether a message was tried so often, and for as long as the pauses between so many tries take at most.

    Its attempts also count look-ups and processes that died: a few bad minutes must not use them up.
    """
    patience = sum((pause(attempt, 1.0) for attempt in range(1, attempts)), timedelta(0))
    return message.attempts >= attempts and now - message.since >= patience


@dataclass(frozen=True)
class _Settlement:
    """What is to be written down about a message that came back."""

    message_id: str
    conversation_id: str
    job: Job[Any]
    until: float  #: by `time.monotonic()`: afterwards somebody else may have taken the message


class Sender:
    """Delivers messages; `run` is the loop, `stop` ends it when what is under way is settled."""

    def __init__(
        self, database: Database, coordination: Coordination, channel: Channel, policy: Policy, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._coordination = coordination
        self._channel = channel
        self._policy = policy
        self._now = now
        self._throttle = Throttle(policy.per_second)
        self._under_way: set[asyncio.Task[None]] = set()
        self._came_back: list[_Settlement] = []
        self._stopping = False

    def stop(self) -> None:
        """Settle what is under way and claim no more."""
        self._stopping = True

    async def run(self) -> None:
        """Deliver until `stop`. Errors of the database are waited out: an unsettled message keeps its lease."""
        while not self._stopping:
            try:
                due = await self._visit()
                await self._coordination.wait("outbox", self._idle_seconds(due))
            except SQLAlchemyError as error:
                _log.error("the outbox cannot be worked on: %s", type(error).__name__)
                await asyncio.sleep(_SWEEP_SECONDS)
        if self._under_way:
            await asyncio.wait(self._under_way)
        left, self._came_back = self._came_back, []
        await self._settle(left)

    async def _visit(self) -> datetime | None:
        """Write down what became of the messages that came back, and claim others; returns when the next one is due."""
        settled, self._came_back = self._came_back, []
        room = self._throttle.allowed(self._policy.parallel - len(self._under_way))
        since = time.monotonic()
        try:
            visit = partial(_settle_and_claim, settled=settled, now=self._now(), room=room, allowance=self._policy.allowance)
            claimed, due = await self._database.write(visit)
        except SQLAlchemyError:
            await self._settle(settled)
            raise
        self._throttle.spend(len(claimed))
        for message in claimed:
            task = asyncio.create_task(self._deliver(message, since), name=f"send {message.id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        for one in settled:
            await self._coordination.publish(Change(one.conversation_id))
        return due

    async def _settle(self, settled: list["_Settlement"]) -> None:
        """Write them down each for itself: whatever keeps one from being written does not keep the others.

        If the database is away they are kept for the next visit, as long as the messages are still this sender's.
        """
        for one in settled:
            try:
                await self._database.write(one.job)
            except SQLAlchemyError as error:
                _log.error("a message could not be settled: %s", type(error).__name__, extra={"message_id": one.message_id})
                if isinstance(error, _AWAY) and time.monotonic() < one.until:
                    self._came_back.append(one)

    def _idle_seconds(self, due: datetime | None) -> float:
        if due is None or len(self._under_way) >= self._policy.parallel:
            return _SWEEP_SECONDS
        return min(_SWEEP_SECONDS, max(0.05, (due - self._now()).total_seconds()))

    async def _deliver(self, message: Claimed, since: float) -> None:
        try:
            job = await (self._look_up(message) if message.is_unknown else self._send(message, since))
        except SQLAlchemyError as error:
            _log.error("an outcome could not be looked up: %s", type(error).__name__, extra={"message_id": message.id})
            return
        if job is not None:
            until = since + LEASE.total_seconds()
            self._came_back.append(_Settlement(message.id, message.conversation_id, job, until))
        await self._coordination.nudge("outbox")

    async def _send(self, message: Claimed, since: float) -> Job[Any] | None:
        """Hand it over; returns how to settle it."""
        if message.answers_sid and self._policy.typing and message.attempts == 1:
            await self._show_typing(message.answers_sid)
        if time.monotonic() - since > _MOST_OF_LEASE:
            _log.warning("a message was left to its lease: this process slept", extra={"message_id": message.id})
            return None
        try:
            media_url = self._policy.media_url(message.file) if message.file else ""
            outgoing = Outgoing(message.id, message.address, message.body, message.content_sid, media_url)
            with metrics.SEND_SECONDS.time():
                sid = await self._channel.send(outgoing)
        except SendError as error:
            return self._after_error(message, error)
        return partial(outbox.settle_accepted, claimed=message, sid=sid, now=self._now())

    def _after_error(self, message: Claimed, error: SendError) -> Job[Any]:
        now = self._now()
        job: Job[Any]
        match error.outcome:
            case Outcome.UNKNOWN:
                metrics.SENDS_UNCLEAR.inc()
                at = now + self._policy.look_up_after
                job = partial(outbox.settle_unknown, claimed=message, look_up_at=at, look_ups=0, now=now)
            case Outcome.BUSY if not is_given_up(message, self._policy.attempts, now):
                due_at = now + pause(message.attempts, random.random())  # noqa: S311 (spreads load; no secret)
                job = partial(outbox.settle_later, claimed=message, due_at=due_at, code=error.code, now=now)
            case Outcome.BUSY | Outcome.REFUSED:
                metrics.SENDS_FAILED.labels(error.code or "none").inc()
                job = partial(outbox.settle_failed, claimed=message, code=error.code, now=now)
        _log.warning("a send did not succeed: %s", error, extra={"message_id": message.id, "attempts": message.attempts})
        return job

    async def _look_up(self, message: Claimed) -> Job[Any]:
        """Find out whether an earlier attempt arrived. Nothing is sent before the list has lacked it a few times: it lags."""
        try:
            listed = await asyncio.to_thread(self._channel.sent_since, message.address, message.since - _CLOCKS_APART)
        except SendError as error:
            return self._unseen(message, error)
        known = await self._database.read(partial(outbox.known_sids, conversation_id=message.conversation_id))
        found = match(message, listed, known)
        now = self._now()
        if found is not None:
            return partial(_settle_found, claimed=message, found=found, now=now)
        if message.look_ups + 1 < MOST_LOOK_UPS:
            again_at = now + self._policy.look_up_after * 2**message.look_ups
            return partial(outbox.settle_unknown, claimed=message, look_up_at=again_at, look_ups=message.look_ups + 1, now=now)
        return partial(outbox.settle_later, claimed=message, due_at=now, code=None, now=now)

    def _unseen(self, message: Claimed, error: SendError) -> Job[Any]:
        """The list could not be had: later again. If it is refused nobody will ever tell: agents see it, and the rest goes on."""
        _log.warning("an outcome could not be looked up: %s", error, extra={"message_id": message.id})
        now = self._now()
        again_at = now + max(self._policy.look_up_after, pause(message.attempts, random.random()))  # noqa: S311
        if error.outcome is Outcome.REFUSED:
            return partial(outbox.settle_failed, claimed=message, code=error.code, now=now)
        return partial(outbox.settle_unknown, claimed=message, look_up_at=again_at, look_ups=message.look_ups, now=now)

    async def _show_typing(self, sid: str) -> None:
        """Best effort, and bounded: an answer never waits for it."""
        try:
            async with asyncio.timeout(_TYPING_SECONDS):
                await self._channel.show_typing(sid)
        except (SendError, TimeoutError) as error:
            _log.debug("typing could not be shown: %s", type(error).__name__)


def _settle_found(connection: Connection, claimed: Claimed, found: Sent, now: datetime) -> None:
    """It was accepted after all; how far it got since stands in the list."""
    if outbox.settle_accepted(connection, claimed, found.sid, now):
        retryable = False  # so long afterwards the agents decide
        delivery.record(connection, DeliveryReport(found.sid, claimed.id, found.status, found.error_code, retryable), now)


def _settle_and_claim(
    connection: Connection, settled: list[_Settlement], now: datetime, room: int, allowance: Allowance
) -> tuple[list[Claimed], datetime | None]:
    for one in settled:
        one.job(connection)
    claimed = outbox.claim(connection, now, room, allowance) if room > 0 else []
    return claimed, outbox.next_due(connection)
