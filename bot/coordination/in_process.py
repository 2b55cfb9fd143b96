"""Coordination of one process with itself."""

import asyncio

from bot.coordination.base import Topic


class InProcess:
    """An event for each topic. Belongs to the event loop that uses it first."""

    def __init__(self) -> None:
        self._events: dict[Topic, asyncio.Event] = {"inbox": asyncio.Event(), "outbox": asyncio.Event()}

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def wake(self, topic: Topic) -> None:
        """Set the topic's event."""
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

    async def is_well(self) -> bool:
        """Always: there is nobody else."""
        return True
