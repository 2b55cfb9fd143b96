"""Two processes' worth of the product in one: a web that only takes messages, and one that works, on PostgreSQL and Redis.

What one tells the other goes through Redis, as between processes; starting them takes a second.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bot import settings
from bot.channels.fake_twilio import Direction, FakeTwilio
from bot.conversations.tables import conversations
from bot.conversations.verify import verify
from bot.db import Database
from bot.runtime import build
from bot.web.app import create_app
from bot.web.hooks import MESSAGES_PATH
from tests.channels.serving import served
from tests.stack import ACCOUNT, SENDER, TOKEN

#: What everybody writes, again and again: the answers differ, so that a lost, doubled or swapped one shows.
WORDS = ("menú", "1")
#: A message that was claimed, and whose claimer heard nothing of it because its connection was cut, is free again after a minute.
_PATIENCE = 100.0


@dataclass
class Pair:
    """The stand-in, and the address of the web that only takes messages."""

    fake: FakeTwilio
    url: str
    database: Database
    expected: list[str] = field(default_factory=list)  #: the answers to WORDS
    written: dict[str, int] = field(default_factory=dict)  #: how many words each customer has written

    def said(self, person: str) -> list[str]:
        """All that a customer was told, oldest first."""
        return [record.body for record in self.fake.conversation(person) if record.direction is Direction.OUTBOUND]

    def write(self, person: str, rounds: int = 1) -> None:
        """A customer writes all the words, waiting for each answer. What is not taken is delivered again, as Twilio does."""
        for n in range(rounds * len(WORDS)):
            sid = self.fake.accept(person, text=WORDS[n % len(WORDS)])
            self.deliver(sid)
            self.written[person] = self.written.get(person, 0) + 1
            self.await_true(lambda: len(self.said(person)) >= self.written[person], person)

    def deliver(self, sid: str) -> None:
        """Post a customer's message until it is taken."""
        self.await_true(lambda: asyncio.run(self.fake.deliver(sid)) == 200, sid)

    def conversations(self) -> list[str]:
        """The ids of all conversations, the oldest first."""
        query = sa.select(conversations.c.id).order_by(conversations.c.last_message_at)
        return list(self.database.read_now(lambda connection: connection.scalars(query).all()))

    def write_all(self, people: list[str], rounds: int = 1) -> None:
        """Several customers at the same time."""
        with ThreadPoolExecutor(len(people)) as pool:
            list(pool.map(lambda person: self.write(person, rounds), people))

    def judge(self) -> None:
        """Everybody was told each answer once, and in order; and nothing more comes."""
        time.sleep(1)
        assert list(verify(self.database, datetime.now(UTC), lambda _done, _total: None)) == []
        for person, count in self.written.items():
            assert self.said(person) == self.expected * (count // len(WORDS)), person

    def health(self) -> tuple[int, str]:
        """The status of `/health/ready`, and what it says of the coordination."""
        answer = httpx.get(f"{self.url}/health/ready", timeout=10, trust_env=False)
        return answer.status_code, answer.json()["parts"]["coordination"]

    def await_health(self, coordination: str) -> None:
        """Wait until it says so, and always that the process is ready."""
        self.await_true(lambda: self.health() == (200, coordination), f"{coordination}, but it is {self.health()}")

    def await_true(self, happens: Callable[[], bool], what: str) -> None:
        """Wait until it happens."""
        deadline = time.monotonic() + _PATIENCE
        while not happens():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.02)


@contextmanager
def pair(folder: Path, **chosen: Any) -> Iterator[Pair]:
    """Start both; `chosen` are settings."""
    fake = FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=lambda: datetime.now(UTC))
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    fake.webhook_url = url + MESSAGES_PATH
    with listener, ExitStack() as stack:
        fake.api_url = stack.enter_context(served(fake.app))
        twilio = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER, "api_base_url": fake.api_url}
        read = settings.read(
            **{
                "public_url": url,
                "dev": True,
                "data_dir": folder,
                "twilio": twilio,
                "sender": {"look_up_after_seconds": 0.3},
                "overload": {"customer_per_minute": 0},
                **chosen,
            }
        )
        for works in (False, True):
            runtime = build(read)
            stack.callback(runtime.close)
            app = create_app(runtime, works=works)
            stack.enter_context(served(app) if works else served(app, listener=listener))
        running = Pair(fake, url, runtime.database)
        running.write("whatsapp:+573009990000")
        running.expected = running.said("whatsapp:+573009990000")
        assert len(set(running.expected)) == len(WORDS)
        yield running
