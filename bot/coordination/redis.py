"""Coordination of several processes by Redis: publish and subscribe; what is stored (who is where) ends by itself.

A message published while nobody listens, or while Redis is away, is lost; that costs seconds, not messages: see `base`.
"""

import asyncio
import json
import logging
from contextlib import AbstractContextManager, suppress
from typing import Any
from uuid import uuid4

from redis import asyncio as redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from bot.coordination.base import Attendance, Change, Doing, Event, Subscription, Topic
from bot.coordination.in_process import InProcess

_log = logging.getLogger(__name__)
_CHANNELS: dict[bytes, Topic] = {b"soporte:wake:inbox": "inbox", b"soporte:wake:outbox": "outbox"}
_EVENTS = b"soporte:events"
_RETRY_SECONDS = 1.0
#: Who is at a place: a sorted set of `doing who` by when it ends, and beside it what the others were told of each. Times are
#: Redis' own, so that the clocks of machines do not matter; both keys share a hash tag, so that they lie on one node.
_ATTEND = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[1], 'looking ' .. ARGV[1], 'writing ' .. ARGV[1])
else
  redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2] .. ' ' .. ARGV[1])
end
local is = ''
for _, doing in ipairs({'writing', 'looking'}) do
  if is == '' and redis.call('ZSCORE', KEYS[1], doing .. ' ' .. ARGV[1]) then is = doing end
end
local told = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if is == '' then redis.call('HDEL', KEYS[2], ARGV[1]) else redis.call('HSET', KEYS[2], ARGV[1], is) end
redis.call('PEXPIRE', KEYS[1], 120000)
redis.call('PEXPIRE', KEYS[2], 120000)
return told == is and 0 or 1
"""
_PRESENT = """
local time = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (time[1] * 1000 + math.floor(time[2] / 1000)), '+inf')
"""


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
        self._attend = self._client.register_script(_ATTEND)
        self._present = self._client.register_script(_PRESENT)

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

    async def publish(self, event: Event) -> None:
        """Tell those in this process at once and the others by Redis; if that is away, they look again a little later."""
        await self._here.publish(event)
        about = {"place": event.place} if isinstance(event, Attendance) else {"conversation_id": event.conversation_id}
        told = json.dumps({"from": self._name, **about})
        try:
            await self._client.publish(_EVENTS, told)
            self._note(well=True)
        except (RedisError, OSError):
            self._note(well=False)

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Hear of events from any process."""
        return self._here.subscribe()

    async def attend(self, place: str, who: str, doing: Doing, seconds: float) -> bool:
        """Note it for all processes; here too, for as long as Redis is away."""
        here = await self._here.attend(place, who, doing, seconds)
        return await self._note_presence(place, who, doing.value, seconds, otherwise=here)

    async def leave(self, place: str, who: str) -> bool:
        """Note it for all processes."""
        return await self._note_presence(place, who, "", 0, otherwise=await self._here.leave(place, who))

    async def present(self, place: str) -> dict[str, Doing]:
        """Ask Redis; while it is away, who is there by this process."""
        found: list[bytes] | None = await self._ask(self._present, _presence_keys(place)[:1])
        if found is None:
            return await self._here.present(place)
        told = [member.decode().split(" ", 1) for member in found]
        # What somebody writes counts more than that they look on.
        return {who: Doing(doing) for doing, who in sorted(told)}

    async def is_first(self, key: str, seconds: float) -> bool:
        """Ask Redis; while it is away, the first of this process."""
        here = await self._here.is_first(key, seconds)
        if not here or not self._well:
            return here
        try:
            return bool(await self._client.set(f"soporte:{{{key}}}:once", b"", nx=True, px=int(seconds * 1000)))
        except (RedisError, OSError):
            self._note(well=False)
            return here

    async def _note_presence(self, place: str, who: str, doing: str, seconds: float, *, otherwise: bool) -> bool:
        news: int | None = await self._ask(self._attend, _presence_keys(place), who, doing, int(seconds * 1000))
        return otherwise if news is None else bool(news)

    async def _ask(self, script: AsyncScript, keys: list[str], *arguments: str | int) -> Any:
        """What a script answers, or None while Redis is away: pages do not wait for it; whoever publishes finds it back."""
        if not self._well:
            return None
        try:
            return await script(keys=keys, args=arguments)
        except (RedisError, OSError):
            self._note(well=False)
            return None

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
            await self._here.publish(Attendance(told["place"]) if "place" in told else Change(told["conversation_id"]))

    def _note(self, *, well: bool) -> None:
        """Say it once when Redis goes away, and once when it is back."""
        if well != self._well:
            _log.warning("Redis is back" if well else "Redis is away: workers find their work by sweeping, a little later")
        self._well = well


def _presence_keys(place: str) -> list[str]:
    return [f"soporte:{{{place}}}:presence", f"soporte:{{{place}}}:told"]
