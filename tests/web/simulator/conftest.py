from collections.abc import Iterator

import httpx
import pytest

from tests.channels.line import Servers, Switch, connect, running_servers
from tests.channels.serving import served
from tests.web.simulator.stage import Stage, app_for


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as running:
        yield running


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[tuple[Switch, str]]:
    switch = Switch()
    with served(switch) as url:
        yield switch, url


@pytest.fixture
def stage(servers: Servers, simulator_server: tuple[Switch, str]) -> Iterator[Stage]:
    """Nobody has written yet."""
    switch, url = simulator_server
    line = connect(servers)
    switch.app = app = app_for(line)
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        yield Stage(client, line, app)
    line.channel.close()
