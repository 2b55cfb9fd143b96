"""The whole product in this process, for browsers: agents are logged in without the login, customers write by the webhook.

Playwright keeps the main thread's event loop, so whatever needs one of its own happens in another thread.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.agents import accounts, sessions
from bot.agents.accounts import AccountRefusedError
from bot.agents.rights import Role
from tests.stack import Stack, running_stack

#: The machine may be busy with other things.
expect.set_options(timeout=20_000)

WIDE, PHONE, NARROWEST = (
    {"width": 1360, "height": 860},
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
)


@dataclass
class Desk:
    """A running product with browsers at it."""

    stack: Stack
    aside: ThreadPoolExecutor

    def hear(self, address: str, **incoming: Any) -> None:
        """A customer sends something, and what comes of it is done."""
        assert self.send(address, **incoming) == 200
        self.settle()

    def send(self, address: str, **incoming: Any) -> int:
        """A customer sends something; the webhook's status."""
        return self.aside.submit(partial(self.stack.receive, address, **incoming)).result()

    def settle(self) -> None:
        """Wait until the product is at rest."""
        self.aside.submit(self.stack.settle).result()

    def said(self, address: str) -> list[str]:
        """All that this customer was told."""
        return self.stack.said(f"whatsapp:{address}")

    def write(self, job: Any, **values: Any) -> Any:
        """Change the database in one transaction."""
        return self.stack.runtime.database.write_now(partial(job, **values))

    def read(self, job: Any, **values: Any) -> Any:
        """Ask the database."""
        return self.stack.runtime.database.read_now(partial(job, **values))

    def add(self, username: str, name: str, role: Role = Role.AGENT) -> None:
        """An account, if there is none."""
        now = self.stack.runtime.clock.now()
        with suppress(AccountRefusedError):
            self.write(accounts.add, name=name, username=username, password_hash="-", now=now)
            self.write(accounts.set_role, username=username, role=role, now=now)

    @contextmanager
    def seat(self, browser: Browser, username: str = "", *, proved: bool = False, **chosen: Any) -> Iterator[BrowserContext]:
        """A browser of its own in which this agent is logged in; nobody if there is no name."""
        usual = {"locale": "es-CO", "viewport": WIDE, "reduced_motion": "reduce"}
        with browser.new_context(base_url=self.stack.url, **{**usual, **chosen}) as context:
            context.set_default_timeout(20_000)
            if username:
                found = self.read(accounts.credentials, username=username)
                start = partial(sessions.start, agent_id=found.agent.id, lifetime=timedelta(days=60), proved=proved)
                token = self.write(start, now=self.stack.runtime.clock.now())
                context.add_cookies([{"name": "soporte-session", "value": token, "url": self.stack.url}])
            yield context


@contextmanager
def desk_in(folder: Path, **chosen: Any) -> Iterator[Desk]:
    """Start it all in an empty folder; `chosen` are settings."""
    with running_stack(folder, **chosen) as stack, ThreadPoolExecutor(1) as aside:
        yield Desk(stack, aside)


def open_page(context: BrowserContext, path: str) -> Page:
    """A tab at this path of the console."""
    page = context.new_page()
    page.goto(f"/consola{path}")
    return page
