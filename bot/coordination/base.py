"""What coordination offers, whether one process runs or many."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

#: What can be waited for: work in the inbox, or messages to send.
Topic = Literal["inbox", "outbox"]


@dataclass(frozen=True)
class Change:
    """Something of a conversation changed and is committed: whoever shows it may look again."""

    conversation_id: str


@dataclass(frozen=True)
class Attendance:
    """Who is at a place, or what they do there, changed: whoever shows it may ask again."""

    place: str


Event = Change | Attendance


class Doing(StrEnum):
    """What somebody does at a place."""

    LOOKING = "looking"
    WRITING = "writing"


class Subscription(Protocol):
    """What is published from now on, as long as the subscription is held."""

    async def next(self, seconds: float) -> Event | None:
        """The next event, or None if none comes within `seconds`. Of very many that nobody took, the oldest are lost."""


class Coordination(Protocol):
    """Wake-ups between those who make work and those who do it, and events for those who watch."""

    async def start(self) -> None:
        """Connect. Does not raise when the other side is away: wake-ups are then lost, and work is found by sweeping."""

    async def close(self) -> None:
        """Let go of connections."""

    async def wake(self, topic: Topic) -> None:
        """Tell whoever waits, in any process, that there is work."""

    async def nudge(self, topic: Topic) -> None:
        """Tell only who waits in this process: the work is its own."""

    async def wait(self, topic: Topic, seconds: float) -> bool:
        """Wait up to `seconds` for a wake-up; True if one came. One that came before the call counts."""

    async def publish(self, event: Event) -> None:
        """Tell everybody who has subscribed, in any process. To be called after the commit; a hint, like a wake-up."""

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Hear of every event that is published meanwhile, in this process or another, once."""

    async def attend(self, place: str, who: str, doing: Doing, seconds: float) -> bool:
        """Note that somebody does this at a place, for so many seconds (60 at most); True if that is news to the others there."""

    async def leave(self, place: str, who: str) -> bool:
        """Note that somebody left a place; True if that is news."""

    async def present(self, place: str) -> dict[str, Doing]:
        """Who is at a place at present, from any process. Without the other side, only who is there by this process."""

    async def is_first(self, key: str, seconds: float) -> bool:
        """True for the first who asks for this key within so many seconds, in any process."""

    async def is_well(self) -> bool:
        """Whether wake-ups get through at present."""
