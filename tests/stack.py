"""The whole product as it runs, on loopback: webhook, worker, sender, and the stand-in for Twilio as the outside party."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from bot import settings
from bot.channels.fake_twilio import Direction, FakeTwilio
from bot.conversations.tables import conversations, inbox
from bot.messages.tables import UNSETTLED, messages
from bot.runtime import Clock, Runtime, build
from bot.web.app import create_app
from bot.web.hooks import MESSAGES_PATH
from tests.channels.serving import served
from tests.empty import empty_file

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-of-nobody"
SENDER = "whatsapp:+573184114466"
TEMPLATE = f"HX{'0' * 31}1"
_PATIENCE = 20.0


@dataclass
class Stack:
    """A running product and its stand-in."""

    runtime: Runtime
    fake: FakeTwilio
    app: FastAPI
    url: str

    def settle(self) -> None:
        """Wait until everything that came in is handled and everything that is to go out has gone."""
        deadline = time.monotonic() + _PATIENCE
        while self.runtime.database.read_now(lambda connection: _work_left(connection, self.runtime.clock.now())):
            if time.monotonic() > deadline:
                raise TimeoutError("the product does not come to rest")
            time.sleep(0.005)
        asyncio.run(self.fake.settle())

    def receive(self, address: str, **incoming: Any) -> int:
        """A customer sends something; returns the HTTP status the webhook answered with."""
        return asyncio.run(self.fake.receive(address, **incoming)).status

    def said(self, address: str) -> list[str]:
        """All the bot has said to an address, oldest first."""
        return [record.body for record in self.fake.conversation(address) if record.direction is Direction.OUTBOUND]

    def await_said(self, address: str, count: int) -> None:
        """Wait until the bot has said so many things to an address."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.said(address)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the bot said only {self.said(address)}")
            time.sleep(0.01)

    def advance(self, hours: float) -> None:
        """Move the product's clock forward, as the demo does."""
        httpx.post(f"{self.url}/dev/clock", json={"advance_hours": hours}).raise_for_status()


def _work_left(connection: sa.Connection, now: datetime) -> bool:
    """Whether anything is to be handled, to be sent, or due."""
    queries = (
        sa.select(inbox.c.id).where(inbox.c.handled_at.is_(None)),
        sa.select(messages.c.id).where(messages.c.status.in_(UNSETTLED)),
        sa.select(conversations.c.id).where(conversations.c.wake_at <= now),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


@contextmanager
def running_stack(
    folder: Path, at: datetime | None = None, fake: FakeTwilio | None = None, clock: Clock | None = None, **chosen: Any
) -> Iterator[Stack]:
    """Start it all. `at` stops the clock at a time; `fake` and `clock` have lived before; `chosen` are settings."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if clock is None:
        clock = Clock(source=lambda: at.astimezone(UTC)) if at is not None else Clock()
    if fake is None:
        fake = FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=clock.now)
    fake.webhook_url = url + MESSAGES_PATH
    with served(fake.app) as api_url:
        fake.api_url = api_url
        fake.templates[TEMPLATE] = "Tienes una respuesta de nuestro equipo de soporte. Escribe *abrir* para leerla."
        account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER, "api_base_url": api_url}
        account |= {"reopen_template_sid": TEMPLATE}
        twilio = account | chosen.pop("twilio", {})
        # Days pass in some tests, and agents stay logged in meanwhile.
        console = {"idle_minutes": 60 * 24 * 30} | chosen.pop("console", {})
        chosen["console"] = console
        read = settings.read(**{"public_url": url, "dev": True, "data_dir": folder, "twilio": twilio, **chosen})
        file = read.folder / "soporte.db"
        if "database_url" not in chosen and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(empty_file())
        try:
            runtime = build(read, clock)
        except BaseException:
            listener.close()
            raise
        app = create_app(runtime, fake=fake)
        try:
            with served(app, listener=listener):
                yield Stack(runtime, fake, app, url)
        finally:
            runtime.close()
