import asyncio
from collections.abc import Iterator

import pytest

from tests.channels.line import CUSTOMER, Line, Servers, connect, running_servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as running:
        yield running


@pytest.fixture
def line(servers: Servers) -> Iterator[Line]:
    """A customer wrote a moment ago, so the window is open; nothing else has happened."""
    connected = connect(servers)
    asyncio.run(connected.fake.receive(CUSTOMER, text="hola"))
    connected.hooks.posts.clear()
    yield connected
    asyncio.run(connected.fake.settle())
    connected.channel.close()
