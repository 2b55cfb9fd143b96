from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot.agents import accounts, passwords, sessions
from bot.agents.tables import audit
from bot.channels.base import Channel
from bot.channels.twilio import TwilioChannel
from bot.coordination.in_process import InProcess
from bot.db import Database
from bot.engine.flow import Flow
from bot.flows import our_flow
from bot.settings import Settings
from bot.web.console import create_console
from tests.empty import new_database
from tests.tickets.world import NOW, add_customer
from tests.web.console.browser import PASSWORD, Browser


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def outside(self) -> datetime:
        return self.at

    def advance(self, **amount: float) -> None:
        self.at += timedelta(**amount)


def nobody_answers() -> Channel:
    """A way to customers that leads nowhere."""
    nowhere = {"status_callback_url": "http://127.0.0.1:9/", "api_base_url": "http://127.0.0.1:9"}
    return TwilioChannel(account_sid=f"AC{'0' * 32}", auth_token="nobody", sender="whatsapp:+573184114466", timeout=1, **nowhere)


@dataclass
class World:
    """A running product as far as the console needs it."""

    database: Database
    settings: Settings
    flow: Flow
    clock: Clock = field(default_factory=Clock)
    coordination: InProcess = field(default_factory=InProcess)
    channel: Channel = field(default_factory=nobody_answers)

    def app(self) -> FastAPI:
        """An application with the console under /consola."""
        outer = FastAPI()
        outer.mount("/consola", create_console(self))
        return outer

    def write(self, job: Callable[..., Any], **values: Any) -> Any:
        return self.database.write_now(partial(job, **values))

    def trail(self) -> list[tuple[str, str, str, str]]:
        """Action, agent, object and address of every line of the audit trail."""
        query = sa.select(audit.c.action, audit.c.agent_id, audit.c.object, audit.c.address).order_by(audit.c.id)
        return [tuple(row) for row in self.database.read_now(lambda connection: connection.execute(query).all())]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


@pytest.fixture(scope="session")
def flow() -> Flow:
    return our_flow()


@pytest.fixture
def world(tmp_path: Path, password_hash: str, flow: Flow) -> Iterator[World]:
    """Two agents with the same password, two customers, no tickets."""
    # Hours pass in some tests, and agents stay logged in meanwhile.
    settings: dict[str, Any] = {"public_url": "http://testserver", "data_dir": tmp_path, "console": {"idle_minutes": 7 * 24 * 60}}
    made = World(new_database(tmp_path), Settings(**settings), flow)
    for username, name in (("ana.gomez", "Ana Gómez"), ("luis.paz", "Luis Paz")):
        made.write(accounts.add, name=name, username=username, password_hash=password_hash, now=NOW)
    for customer in ("ana", "luis"):
        made.write(add_customer, name=customer)
    yield made
    made.database.close()


@pytest.fixture
def open_browser(world: World) -> Iterator[Callable[..., Browser]]:
    """Opens browsers at the same console; each has its own cookies."""
    with ExitStack() as stack:
        app = world.app()
        yield lambda **chosen: stack.enter_context(Browser(chosen.pop("app", app), **chosen))


@pytest.fixture
def browser(open_browser: Callable[..., Browser]) -> Browser:
    """A browser in which nobody is logged in."""
    return open_browser()


@pytest.fixture
def agent(browser: Browser, world: World) -> Browser:
    """A browser in which Ana is logged in; without the slow check of her password, which `test_login` is about."""
    found = world.database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    hours = timedelta(hours=world.settings.console.session_hours)
    token = world.write(sessions.start, agent_id=found.agent.id, now=NOW, lifetime=hours)
    browser.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    return browser
