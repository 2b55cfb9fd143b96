from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import Database
from tests.empty import new_database
from tests.tickets.world import add_customer


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind, in which ana and luis have written."""
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    made.write_now(lambda connection: add_customer(connection, "ana"))
    made.write_now(lambda connection: add_customer(connection, "luis"))
    yield made
    made.close()
