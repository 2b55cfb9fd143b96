"""What coordination offers, whether one process runs or many."""

from typing import Literal, Protocol

#: What can be waited for: work in the inbox, or messages to send.
Topic = Literal["inbox", "outbox"]


class Coordination(Protocol):
    """Wake-ups between those who make work and those who do it."""

    async def start(self) -> None:
        """Connect. Does not raise when the other side is away: wake-ups are then lost, and work is found by sweeping."""

    async def close(self) -> None:
        """Let go of connections."""

    async def wake(self, topic: Topic) -> None:
        """Tell whoever waits, in any process, that there is work."""

    async def wait(self, topic: Topic, seconds: float) -> bool:
        """Wait up to `seconds` for a wake-up; True if one came. One that came before the call counts."""

    async def is_well(self) -> bool:
        """Whether wake-ups get through at present."""
