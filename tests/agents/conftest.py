from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import Database
from tests.empty import new_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    made = new_database(tmp_path)
    yield made
    made.close()
