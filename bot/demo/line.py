"""A whole support line on this machine: the product, and in Twilio's place the stand-in that it talks to."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bot import runtime, settings
from bot.channels.fake_twilio import FakeTwilio
from bot.demo.account import DemoAccount, kept_account
from bot.runtime import Runtime
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.hooks import MESSAGES_PATH
from bot.web.serving import address_of, listen, serving

#: What customers are told to write behind the webhook's address: two more tries, whatever went wrong.
_RETRIES = "#rc=2&rp=all"

#: A template that the stand-in has approved.
_TEMPLATE = f"HX{'0' * 31}1"


@dataclass(frozen=True)
class Line:
    """The parts, and where they answer."""

    runtime: Runtime
    fake: FakeTwilio
    address: str
    fake_address: str


@asynccontextmanager
async def running(folder: Path, listening: socket.socket) -> AsyncIterator[Line]:
    """Run everything meanwhile, with its data in `folder`, the product on the given socket and the stand-in on a free port.

    Raises OSError and ValueError if the folder cannot be used, BrokenFlow, SettingsProblem, and StartFailedError.
    """
    account = kept_account(folder)
    with listen(0) as fake_listening:
        chosen = _settings(folder, account, address_of(listening), address_of(fake_listening))
        built = runtime.build(chosen)
        fake = FakeTwilio(
            account_sid=account.account_sid,
            auth_token=account.auth_token,
            sender=account.sender,
            webhook_url=f"{chosen.public_url}{MESSAGES_PATH}{_RETRIES}",
            clock=built.clock.now,
        )
        fake.api_url = chosen.twilio.api_base_url
        fake.templates[_TEMPLATE] = built.flow.phrases["invitation"]
        app = create_app(built, fake=fake)
        try:
            # The product ends first: what it still sends, the stand-in has to take.
            async with serving(fake.app, fake_listening, lifespan=False), serving(app, listening, lifespan=True):
                try:
                    yield Line(built, fake, chosen.public_url, fake.api_url)
                finally:
                    app.state.stopping.set()  # open pages let go of their streams
        finally:
            built.close()


def _settings(folder: Path, account: DemoAccount, address: str, fake_address: str) -> Settings:
    """Embedded database, no Redis, no keys, whatever the environment says: a demo shares nothing with the real line."""
    twilio = asdict(account) | {"api_base_url": fake_address, "reopen_template_sid": _TEMPLATE}
    own = {"database_url": "", "redis_url": "", "encryption_keys": ""}
    return settings.read(dev=True, data_dir=folder, public_url=address, twilio=twilio, **own)
