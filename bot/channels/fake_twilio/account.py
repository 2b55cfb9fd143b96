"""Whose Twilio account the stand-in plays, and what time it is there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Account:
    """One account with one WhatsApp sender (`whatsapp:+…`). `clock` gives aware times and may jump ahead."""

    sid: str
    auth_token: str = field(repr=False)
    sender: str
    clock: Callable[[], datetime]
    largest_page: int = 1000  #: of a listing, in messages
    templates: dict[str, str] = field(default_factory=dict)  #: approved: ContentSid → what it says

    def now(self) -> datetime:
        """Now, in UTC."""
        return self.clock().astimezone(UTC)
