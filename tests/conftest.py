"""Fixtures for all tests: real servers, started once, and only when a test asks for them."""

import logging
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest

from bot import logs
from bot.db import Database
from bot.migrations import upgrade
from tests import memory, servers

#: Secrets and telephones that tests work with: none may stand in a line that the product logs, whatever is being tested.
CANARIES = ("a-token-of-nobody", "correcta-caballo-9", "3005550142", "3115550178")

os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory.place())
# Tests speak plain HTTP, yet every client would read all certificate authorities, which takes longer than most of them.
pytest.MonkeyPatch().setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))


#: Folders whose tests take longest: they begin first, so that in the end nobody waits for one of them.
LONGEST = ("crash", "scaled", "browser", "conversations", "web", "demo", "test_cli.py", "attachments")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order them so; within a folder nothing changes."""

    def rank(item: pytest.Item) -> int:
        part = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONGEST.index(part) if part in LONGEST else len(LONGEST)

    items.sort(key=rank)


class Listener(logging.Handler):
    """Keeps the lines of the product's in which a canary stands."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.Plain())
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look a line through, as it would be written."""
        if any(canary in (line := self.format(record)) for canary in CANARIES):
            self.found.append(line)


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    made = Listener()
    logging.getLogger("bot").addHandler(made)
    yield made
    logging.getLogger("bot").removeHandler(made)


@pytest.fixture(autouse=True)
def no_secret_is_logged(listener: Listener) -> Iterator[None]:
    """In every test."""
    listener.found.clear()
    yield
    assert listener.found == []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with servers.postgres() as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of its own on a real PostgreSQL, without a table."""
    with servers.database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """An address of a database with all tables of the product, to be copied: their steps take longer than most tests."""
    with servers.database(postgres_server) as url:
        database = Database(url)
        upgrade(database)
        database.close()
        yield url


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A database of its own on a real PostgreSQL, empty but for the product's tables."""
    with servers.database(postgres_server, template=postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with servers.redis() as url:
        yield url
