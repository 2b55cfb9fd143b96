"""A line to simulated customers: our channel, the stand-in for Twilio, and a place where its webhooks arrive."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.base import Outgoing, Parameters
from bot.channels.fake_twilio import FakeTwilio
from bot.channels.twilio import TwilioChannel
from tests.channels.serving import served

T = TypeVar("T")
ACCOUNT_SID = "AC" + "0a1b2c3d" * 4
AUTH_TOKEN = "token-of-a-test"
SENDER = "whatsapp:+573184114466"
CUSTOMER = "whatsapp:+573001112233"
START = datetime(2026, 11, 23, 15, 0, 0, 400_000, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Post:
    """One webhook as it arrived."""

    path: str
    url: str
    parameters: Parameters
    query: Parameters
    headers: dict[str, str]


@dataclass
class Hooks:
    """Takes all webhooks and answers with the statuses given, then with 200, each after `delay` seconds."""

    posts: list[Post] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    delay: float = 0.0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        async with request.form() as form:
            taken = _texts(form)
        query = Parameters(request.query_params.multi_items())
        self.posts.append(Post(request.url.path, str(request.url), taken, query, dict(request.headers)))
        await asyncio.sleep(self.delay)
        return Response("<Response/>", self.answers.pop(0) if self.answers else 200, media_type="text/xml")

    def statuses(self) -> list[str]:
        """The statuses called back, in the order in which they came."""
        return [post.parameters["MessageStatus"] for post in self.posts if post.path == "/status"]


def _texts(form: FormData) -> Parameters:
    return Parameters([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


class Waiting(TwilioChannel):
    """The channel for tests without an event loop: what is awaited, they wait for."""

    def send(self, message: Outgoing) -> str:  # type: ignore[override]
        return asyncio.run(self._closing_after(super().send(message)))

    def show_typing(self, sid: str) -> None:  # type: ignore[override]
        asyncio.run(self._closing_after(super().show_typing(sid)))

    def close(self) -> None:  # type: ignore[override]
        asyncio.run(super().close())

    async def _closing_after(self, call: Awaitable[T]) -> T:
        try:
            return await call
        finally:
            await super().close()


@dataclass
class Line:
    """Everything that a test of the channel needs."""

    clock: Clock
    hooks: Hooks
    fake: FakeTwilio
    channel: Waiting
    api_url: str
    hooks_url: str

    def another_channel(self, *, auth_token: str = AUTH_TOKEN, sender: str = SENDER, timeout: float = 5) -> Waiting:
        return Waiting(
            account_sid=ACCOUNT_SID,
            auth_token=auth_token,
            sender=sender,
            status_callback_url=f"{self.hooks_url}/status",
            api_base_url=self.api_url,
            timeout=timeout,
        )


def bubble(body: str = "Hola", *, to: str = CUSTOMER, message_id: str = "bubble-1") -> Outgoing:
    return Outgoing(message_id, to, body)


class Switch:
    """An application whose inside can be exchanged while it is served, so that a test need not wait for a server."""

    def __init__(self) -> None:
        self.app: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class Servers:
    """Two servers that run through all tests: one for the stand-in, one for what it calls."""

    api: Switch
    api_url: str
    hooks: Switch
    hooks_url: str


@contextmanager
def running_servers() -> Iterator[Servers]:
    api, hooks = Switch(), Switch()
    with served(api) as api_url, served(hooks) as hooks_url:
        yield Servers(api, api_url, hooks, hooks_url)


def connect(servers: Servers) -> Line:
    """A new line over running servers: nobody has written yet, nothing goes wrong."""
    clock, hooks = Clock(), Hooks()
    fake = FakeTwilio(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sender=SENDER,
        webhook_url=f"{servers.hooks_url}/message#rc=2&rp=all",
        clock=clock,
    )
    fake.api_url = servers.api_url
    servers.hooks.app, servers.api.app = hooks.app(), fake.app
    channel = Waiting(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sender=SENDER,
        status_callback_url=f"{servers.hooks_url}/status",
        api_base_url=servers.api_url,
        timeout=5,
    )
    return Line(clock, hooks, fake, channel, servers.api_url, servers.hooks_url)
