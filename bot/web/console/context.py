"""What every page of the console works with: made once at start, and found again from the request."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol, cast

import jinja2
from starlette.requests import HTTPConnection

from bot.agents import factor
from bot.channels.base import Channel
from bot.coordination.base import Coordination
from bot.db import Database
from bot.engine.flow import Flow
from bot.messages.typing import Typing
from bot.settings import Settings
from bot.web.console.delivery import Reasons


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def outside(self) -> datetime:
        """The same, also where the product's time was moved forward: what the clock of an agent's phone shows."""


class ConsoleRuntime(Protocol):
    """The parts of the running product that the console needs."""

    @property
    def database(self) -> Database:
        """Where tickets, messages and agents are kept."""

    @property
    def settings(self) -> Settings:
        """What this installation has chosen."""

    @property
    def flow(self) -> Flow:
        """What the bot talks by: names the documented cases."""

    @property
    def coordination(self) -> Coordination:
        """Tells of what happens, in this process or another, and wakes those who deliver what an agent wrote."""

    @property
    def channel(self) -> Channel:
        """The way to customers: messages take it from the outbox; from here only "typing…"."""

    @property
    def clock(self) -> Clock:
        """The time that the whole product goes by; in the demo it can be moved forward."""


@dataclass(frozen=True)
class Console:
    """The console of one running product."""

    runtime: ConsoleRuntime
    reasons: Reasons
    templates: jinja2.Environment
    #: Set when the product is about to end: streams let go.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    #: Reports of browsers that were taken in the current minute (minutes since 1970 → how many).
    reports: dict[int, int] = field(default_factory=dict)
    #: Every check of a password takes 64 MiB for a while: two at a time, the others wait.
    checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def secure(self) -> bool:
        """True if agents come by https, going by the configured address and not by what a request claims."""
        return self.runtime.settings.public_url.startswith("https://")

    @cached_property
    def factor_key(self) -> bytes:
        """The key of the second factors: of the environment, else the one of this installation's folder."""
        chosen = self.runtime.settings.console.second_factor_key.get_secret_value()
        return chosen.encode() if chosen else factor.key_in(self.runtime.settings.folder)

    @cached_property
    def typing(self) -> Typing:
        """Shows customers that an agent writes."""
        return Typing(self.runtime.channel)

    @property
    def lifetime(self) -> timedelta:
        """How long a session may last."""
        return timedelta(hours=self.runtime.settings.console.session_hours)

    @property
    def factor_required(self) -> bool:
        """Whether nobody gets in without a second factor."""
        return self.runtime.settings.console.second_factor == "required"


def console_of(request: HTTPConnection) -> Console:
    """The console that this request came to."""
    return cast(Console, request.app.state.console)
