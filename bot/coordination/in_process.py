"""Coordination of one process with itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.coordination.base import Doing, Event, Topic
from bot.coordination.presence import Presences

_MOST_WAITING = 256


class InProcess:
    """An event for each topic, and a queue for each subscription. Belongs to the event loop that uses it first."""

    def __init__(self) -> None:
        self._events: dict[Topic, asyncio.Event] = {"inbox": asyncio.Event(), "outbox": asyncio.Event()}
        self._subscriptions: set[_Queue] = set()
        self._presences = Presences()

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def wake(self, topic: Topic) -> None:
        """Set the topic's event."""
        self._events[topic].set()

    async def nudge(self, topic: Topic) -> None:
        """The same."""
        self._events[topic].set()

    async def wait(self, topic: Topic, seconds: float) -> bool:
        """Wait for the event and clear it."""
        event = self._events[topic]
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True

    async def publish(self, event: Event) -> None:
        """Put it into every queue."""
        for subscription in self._subscriptions:
            subscription.put(event)

    @contextmanager
    def subscribe(self) -> Iterator["_Queue"]:
        """A queue of its own."""
        subscription = _Queue()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def attend(self, place: str, who: str, doing: Doing, seconds: float) -> bool:
        """Note it here."""
        return self._presences.attend(place, who, doing, seconds)

    async def leave(self, place: str, who: str) -> bool:
        """Note it here."""
        return self._presences.leave(place, who)

    async def present(self, place: str) -> dict[str, Doing]:
        """As noted here."""
        return self._presences.present(place)

    async def is_first(self, key: str, seconds: float) -> bool:
        """The first here."""
        return self._presences.is_first(key, seconds)

    async def is_well(self) -> bool:
        """Always: there is nobody else."""
        return True


class _Queue:
    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)

    def put(self, event: Event) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(event)

    async def next(self, seconds: float) -> Event | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None
