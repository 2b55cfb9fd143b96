"""Coordination of several processes by Redis: publish and subscribe; what is stored (who is where) ends by itself.

A message published while nobody listens, or while Redis is away, is lost; that costs seconds, not messages: see `base`.
Nobody who works waits for Redis: what is published leaves in the background, and once Redis is found away (gone, silent, full)
it is not asked again until the listener has found it back.
"""

import asyncio
import json
import logging
from collections import deque
from contextlib import AbstractContextManager, suppress
from time import monotonic
from typing import Any
from uuid import uuid4

from redis import asyncio as redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisClusterException, RedisError

from bot import metrics
from bot.coordination.base import Attendance, Change, Doing, Event, Subscription, Topic
from bot.coordination.in_process import InProcess
from bot.coordination.places import TIMEOUT, connect, disconnect

_log = logging.getLogger(__name__)
_AWAY = (RedisError, RedisClusterException, OSError)
_CHANNELS: dict[bytes, Topic] = {b"soporte:wake:inbox": "inbox", b"soporte:wake:outbox": "outbox"}
_EVENTS = b"soporte:events"
_RETRY_SECONDS = 1.0
_CHECK_SECONDS = 2.0
#: Events that wait to be published. Of more, the oldest are lost: whoever shows something looks again by itself.
_MOST_WAITING = 256
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
        """`url` in one of the forms of `places`. Raises ValueError."""
        self._client = connect(url)
        self._here = InProcess()
        self._name = uuid4().hex  # tells what this process published itself
        self._tasks: list[asyncio.Task[None]] = []
        self._is_well = True
        self._suspect = self._name  # the hash tag under which Redis was found away
        self._closing = False
        self._wakes: set[Topic] = set()
        self._events: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._has_news = asyncio.Event()
        self._attend = self._client.register_script(_ATTEND)
        self._present = self._client.register_script(_PRESENT)

    async def start(self) -> None:
        """Listen and tell in the background, for as long as this process lives."""
        self._tasks = [
            asyncio.create_task(self._listen(), name="redis-listener"),
            asyncio.create_task(self._tell(), name="redis-teller"),
        ]

    async def close(self) -> None:
        """Tell what is still to be told, and stop. redis-py can swallow a cancellation that meets one of its time-outs."""
        self._closing = True
        self._has_news.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * TIMEOUT)
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await disconnect(self._client)

    async def wake(self, topic: Topic) -> None:
        """Wake this process at once and the others by Redis; if that is away, they sweep."""
        await self._here.wake(topic)
        self._wakes.add(topic)
        self._has_news.set()

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
        self._events.append(json.dumps({"from": self._name, **about}).encode())
        self._has_news.set()

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
        found: list[bytes] | None = await self._run(self._present, place, _presence_keys(place)[:1])
        if found is None:
            return await self._here.present(place)
        told = [member.decode().split(" ", 1) for member in found]
        # What somebody writes counts more than that they look on.
        return {who: Doing(doing) for doing, who in sorted(told)}

    async def is_first(self, key: str, seconds: float) -> bool:
        """Ask Redis; while it is away, the first of this process."""
        here = await self._here.is_first(key, seconds)
        if not here or not self._is_well:
            return here
        try:
            return bool(await self._client.set(f"soporte:{{{key}}}:once", b"", nx=True, px=int(seconds * 1000)))
        except _AWAY as error:
            self._lose(error, key)
            return here

    async def is_well(self) -> bool:
        """Whether it takes writes; while it is known to be away it is not asked."""
        if self._is_well:
            try:
                await self._check()
            except _AWAY as error:
                self._lose(error)
        return self._is_well

    async def _note_presence(self, place: str, who: str, doing: str, seconds: float, *, otherwise: bool) -> bool:
        news: int | None = await self._run(self._attend, place, _presence_keys(place), who, doing, int(seconds * 1000))
        return otherwise if news is None else bool(news)

    async def _run(self, script: AsyncScript, place: str, keys: list[str], *arguments: str | int) -> Any:
        """What a script answers, or None while Redis is away: pages do not wait for it."""
        if not self._is_well:
            return None
        try:
            return await script(keys=keys, args=arguments)
        except _AWAY as error:
            self._lose(error, place)
            return None

    async def _tell(self) -> None:
        """Publish what is to be told; what cannot be is lost."""
        while not self._closing or self._has_news.is_set():
            await self._has_news.wait()
            self._has_news.clear()
            wakes, self._wakes = self._wakes, set()
            events, self._events = self._events, deque(maxlen=_MOST_WAITING)
            try:
                for topic in wakes if self._is_well else ():
                    await self._client.publish(f"soporte:wake:{topic}", b"")
                for event in events if self._is_well else ():
                    await self._client.publish(_EVENTS, event)
            except _AWAY as error:
                self._lose(error)

    async def _listen(self) -> None:
        """Hear what others publish, look now and then whether Redis is well, and find it back when it was away."""
        while not self._closing:
            try:
                await self._check()
                async with self._client.pubsub() as subscription:
                    await subscription.subscribe(*_CHANNELS, _EVENTS)
                    await self._find_back()
                    checked = monotonic()
                    while not self._closing:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=0.5)
                        if message is not None:
                            await self._hear(message["channel"], message["data"])
                        if monotonic() > checked + _CHECK_SECONDS or not self._is_well:
                            await self._check()
                            await self._find_back()
                            checked = monotonic()
            except _AWAY as error:
                self._lose(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _check(self) -> None:
        """Write something: a server without memory still answers whoever only asks. In a cluster, also ask every node."""
        if isinstance(self._client, redis.RedisCluster):
            await self._client.ping(target_nodes=redis.RedisCluster.PRIMARIES)
        await self._client.set(f"soporte:{{{self._suspect}}}:check", b"", px=10_000)

    async def _hear(self, channel: bytes, data: bytes) -> None:
        if channel in _CHANNELS:
            await self._here.wake(_CHANNELS[channel])
            return
        told = json.loads(data)
        if told["from"] != self._name:
            await self._here.publish(Attendance(told["place"]) if "place" in told else Change(told["conversation_id"]))

    def _lose(self, error: Exception, suspect: str | None = None) -> None:
        """Say it once when Redis goes away."""
        if not self._is_well:
            return
        self._is_well = False
        metrics.REDIS_WELL.set(0)
        self._suspect = suspect or self._name
        _log.warning("Redis is away (%s): workers find their work by sweeping, a little later", type(error).__name__)

    async def _find_back(self) -> None:
        """Say it once when it is back, and look at once for what nobody told meanwhile."""
        if self._is_well:
            return
        self._is_well = True
        metrics.REDIS_WELL.set(1)
        _log.warning("Redis is back")
        for topic in _CHANNELS.values():
            await self._here.wake(topic)


def _presence_keys(place: str) -> list[str]:
    return [f"soporte:{{{place}}}:presence", f"soporte:{{{place}}}:told"]
