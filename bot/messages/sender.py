"""The loop that delivers the outbox: claim → hand over → settle. A slow send delays only its own conversation.

An outcome that is not known (a time-out, a 5xx, a crash) is looked up at the provider before anything is sent again.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.channels.base import Channel, Outcome, Outgoing, SendError
from bot.coordination.base import Change, Coordination
from bot.db import Database
from bot.messages import outbox
from bot.messages.outbox import Claimed

_log = logging.getLogger(__name__)
_SWEEP_SECONDS = 2.0
_TYPING_SECONDS = 1.5
#: The provider keeps whole seconds, and its clock may be a little behind ours.
_CLOCKS_APART = timedelta(seconds=5)
_LONGEST_PAUSE = 300.0


@dataclass(frozen=True)
class Policy:
    """How messages are delivered (`sender:` in config.yaml)."""

    parallel: int
    attempts: int
    look_up_after: timedelta
    typing: bool
    media_url: Callable[[str], str]  #: id of an agent's file → where the provider may fetch it


def pause(attempt: int, chance: float) -> timedelta:
    """Before the next try: 1, 2, 4 … 300 seconds, up to half of it left out (`chance` in 0…1) so that not all return at once."""
    return timedelta(seconds=min(_LONGEST_PAUSE, 2.0 ** (attempt - 1)) * (0.5 + chance / 2))


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
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Settle what is under way and claim no more."""
        self._stopping = True

    async def run(self) -> None:
        """Deliver until `stop`. Errors of the database are waited out: an unsettled message keeps its lease."""
        while not self._stopping:
            try:
                await self._claim()
            except SQLAlchemyError as error:
                _log.error("the outbox cannot be worked on: %s", type(error).__name__)
                await asyncio.sleep(_SWEEP_SECONDS)
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _claim(self) -> None:
        room = self._policy.parallel - len(self._under_way)
        claimed: list[Claimed] = []
        if room > 0:
            now = self._now()
            claimed = await self._database.write(partial(outbox.claim, now=now, limit=room))
        for message in claimed:
            task = asyncio.create_task(self._deliver(message), name=f"send {message.id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if not claimed:
            await self._coordination.wait("outbox", await self._idle_seconds())

    async def _idle_seconds(self) -> float:
        due = await self._database.read(outbox.next_due)
        if due is None or len(self._under_way) >= self._policy.parallel:
            return _SWEEP_SECONDS
        return min(_SWEEP_SECONDS, max(0.05, (due - self._now()).total_seconds()))

    async def _deliver(self, message: Claimed) -> None:
        try:
            if message.is_unknown:
                await self._look_up(message)
            else:
                await self._send(message)
        except SQLAlchemyError as error:
            _log.error("a message could not be settled: %s", type(error).__name__, extra={"message_id": message.id})
        await self._coordination.wake("outbox")
        await self._coordination.publish(Change(message.conversation_id))

    async def _send(self, message: Claimed) -> None:
        if message.answers_sid and self._policy.typing and message.attempts == 1:
            await self._show_typing(message.answers_sid)
        try:
            media_url = self._policy.media_url(message.file) if message.file else ""
            outgoing = Outgoing(message.id, message.address, message.body, message.content_sid, media_url)
            with metrics.SEND_SECONDS.time():
                sid = await asyncio.to_thread(self._channel.send, outgoing)
        except SendError as error:
            await self._settle_error(message, error)
        else:
            await self._database.write(partial(outbox.settle_accepted, claimed=message, sid=sid, now=self._now()))

    async def _settle_error(self, message: Claimed, error: SendError) -> None:
        now = self._now()
        match error.outcome:
            case Outcome.UNKNOWN:
                metrics.SENDS_UNCLEAR.inc()
                job = partial(outbox.settle_unknown, claimed=message, look_up_at=now + self._policy.look_up_after, now=now)
            case Outcome.BUSY if message.attempts < self._policy.attempts:
                due_at = now + pause(message.attempts, random.random())  # noqa: S311 (spreads load; no secret)
                job = partial(outbox.settle_later, claimed=message, due_at=due_at, code=error.code, now=now)
            case Outcome.BUSY | Outcome.REFUSED:
                metrics.SENDS_FAILED.labels(error.code or "none").inc()
                job = partial(outbox.settle_failed, claimed=message, code=error.code, now=now)
        _log.warning("a send did not succeed: %s", error, extra={"message_id": message.id, "attempts": message.attempts})
        await self._database.write(job)

    async def _look_up(self, message: Claimed) -> None:
        """Find out whether an earlier attempt arrived: a message with this text that belongs to no other row of ours."""
        try:
            since = message.created_at - _CLOCKS_APART
            listed = await asyncio.to_thread(self._channel.sent_since, message.address, since)
        except SendError as error:
            now = self._now()
            again_at = now + max(self._policy.look_up_after, pause(message.attempts, random.random()))  # noqa: S311
            _log.warning("an outcome could not be looked up: %s", error, extra={"message_id": message.id})
            if error.outcome is Outcome.REFUSED:  # nobody will ever tell: agents see it, and the messages behind it go on
                await self._database.write(partial(outbox.settle_failed, claimed=message, code=error.code, now=now))
                return
            await self._database.write(partial(outbox.settle_unknown, claimed=message, look_up_at=again_at, now=now))
            return
        known = await self._database.read(partial(outbox.known_sids, conversation_id=message.conversation_id))
        # A template's words are the provider's; nothing of this conversation overtakes it, so what is new is it.
        is_it = [sent for sent in listed if sent.sid not in known and (message.content_sid or sent.body == message.body)]
        found = next(iter(is_it), None)
        now = self._now()
        if found is not None:
            await self._database.write(partial(outbox.settle_accepted, claimed=message, sid=found.sid, now=now))
        else:
            await self._database.write(partial(outbox.settle_later, claimed=message, due_at=now, code=None, now=now))

    async def _show_typing(self, sid: str) -> None:
        """Best effort, and bounded: an answer never waits for it."""
        try:
            async with asyncio.timeout(_TYPING_SECONDS):
                await asyncio.to_thread(self._channel.show_typing, sid)
        except (SendError, TimeoutError) as error:
            _log.debug("typing could not be shown: %s", type(error).__name__)
