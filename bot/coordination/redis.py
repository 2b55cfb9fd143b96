"""Coordination of several processes by Redis: publish and subscribe, nothing stored.

A message published while nobody listens, or while Redis is away, is lost; that costs seconds, not messages: see `base`.
"""

import asyncio
import json
import logging
from contextlib import AbstractContextManager, suppress
from uuid import uuid4

from redis import asyncio as redis
from redis.exceptions import RedisError

from bot.coordination.base import Change, Subscription, Topic
from bot.coordination.in_process import InProcess

_log = logging.getLogger(__name__)
_CHANNELS: dict[bytes, Topic] = {b"soporte:wake:inbox": "inbox", b"soporte:wake:outbox": "outbox"}
_EVENTS = b"soporte:events"
_RETRY_SECONDS = 1.0


class Redis:
    """Publishes wake-ups to all processes and passes those it hears on to its own."""

    def __init__(self, url: str) -> None:
        """`url` as redis-py writes it: `redis://host:6379/0`, `unix:///path`."""
        self._client = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._here = InProcess()
        self._name = uuid4().hex  # tells what this process published itself
        self._listener: asyncio.Task[None] | None = None
        self._well = True
        self._closing = False

    async def start(self) -> None:
        """Listen in the background, for as long as this process lives."""
        self._listener = asyncio.create_task(self._listen(), name="redis-listener")

    async def close(self) -> None:
        """Stop listening. redis-py can swallow a cancellation that meets one of its time-outs: the flag ends the loop then."""
        self._closing = True
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        await self._client.aclose()

    async def wake(self, topic: Topic) -> None:
        """Wake this process at once and the others by Redis; if that is away, they sweep."""
        await self._here.wake(topic)
        try:
            await self._client.publish(f"soporte:wake:{topic}", b"")
            self._note(well=True)
        except (RedisError, OSError):
            self._note(well=False)

    async def nudge(self, topic: Topic) -> None:
        """Wake this process; Redis is not asked."""
        await self._here.nudge(topic)

    async def wait(self, topic: Topic, seconds: float) -> bool:
        """Wait for a wake-up from any process."""
        return await self._here.wait(topic, seconds)

    async def publish(self, event: Change) -> None:
        """Tell those in this process at once and the others by Redis; if that is away, they look again a little later."""
        await self._here.publish(event)
        told = json.dumps({"from": self._name, "conversation_id": event.conversation_id})
        try:
            await self._client.publish(_EVENTS, told)
            self._note(well=True)
        except (RedisError, OSError):
            self._note(well=False)

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Hear of events from any process."""
        return self._here.subscribe()

    async def is_well(self) -> bool:
        """Ask Redis."""
        try:
            await self._client.ping()
        except (RedisError, OSError):
            self._note(well=False)
            return False
        self._note(well=True)
        return True

    async def _listen(self) -> None:
        while not self._closing:
            try:
                async with self._client.pubsub() as subscription:
                    await subscription.subscribe(*_CHANNELS, _EVENTS)
                    while not self._closing:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=0.5)
                        if message is not None:
                            await self._hear(message["channel"], message["data"])
            except (RedisError, OSError):
                self._note(well=False)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _hear(self, channel: bytes, data: bytes) -> None:
        if channel in _CHANNELS:
            await self._here.wake(_CHANNELS[channel])
            return
        told = json.loads(data)
        if told["from"] != self._name:
            await self._here.publish(Change(told["conversation_id"]))

    def _note(self, *, well: bool) -> None:
        """Say it once when Redis goes away, and once when it is back."""
        if well != self._well:
            _log.warning("Redis is back" if well else "Redis is away: workers find their work by sweeping, a little later")
        self._well = well
